//! A mail server that takes everything and keeps it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail as it came.
#[derive(Clone, Default, Debug)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
}

impl Received {
    /// One line of the head, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    }
}

pub struct Mailbox {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Mailbox {
    /// Until the test's process ends.
    pub fn open() -> Mailbox {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || converse(&stream, &kept));
            }
        });
        Mailbox { address, received }
    }

    pub fn forget(&self) {
        self.received.lock().expect("nobody panics").clear();
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("nobody panics").clone()
    }
}

fn converse(stream: &TcpStream, kept: &Mutex<Vec<Received>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let say = |text: &str| {
        let mut writer = stream;
        writer.write_all(text.as_bytes())
    };
    say("220 mailbox\r\n")?;
    let mut mail = Received::default();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        let inside = |text: &str| text.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match command.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "MAIL" => mail.from = inside(&command),
            "RCPT" => mail.to.push(inside(&command)),
            "DATA" => {
                say("354 go on\r\n")?;
                while reader.read_line(&mut line)? > 0 && line != ".\r\n" {
                    mail.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    line.clear();
                }
                line.clear();
                kept.lock().expect("nobody panics").push(std::mem::take(&mut mail));
            }
            "QUIT" => return say("221 bye\r\n"),
            _ => {}
        }
        say("250 ok\r\n")?;
    }
    Ok(())
}
