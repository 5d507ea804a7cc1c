//! A workload of one file: answers its health and its faults, or crashes if its version says so.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Set for the processes that serve instead of testing.
pub const SWITCH: &str = "ANDON_FAKE";
/// The version that never comes up.
pub const CRASHES: &str = "v-crashes";

/// A test that fails leaves nothing behind for longer.
const LIFE: Duration = Duration::from_secs(120);

pub fn serve() {
    let told = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    std::thread::spawn(|| {
        std::thread::sleep(LIFE);
        std::process::exit(4);
    });
    let urls = told("SHOP_URLS");
    assert!(urls.contains(&format!("http://127.0.0.1:{}", told("PORT"))), "{urls}");
    let file = told("SHOP_URLS_FILE");
    assert!(file.ends_with("/platform/addresses/shop"), "{file}");
    if told("VERSION") == CRASHES {
        std::process::exit(3);
    }
    let port: u16 = told("PORT").parse().expect("a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port was free");
    for stream in listener.incoming().flatten() {
        // A client that breaks off is not the workload's trouble.
        let _ = answer(stream);
    }
}

fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    let status = match first.split(' ').nth(1) {
        Some("/healthz" | "/faults/leak") => "200 OK",
        _ => "404 Not Found",
    };
    write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
