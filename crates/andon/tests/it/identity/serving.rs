//! A real server where people say who they are, and its first admin.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::Duration;

use super::site::PASSWORD;
use crate::real::{Home, http};

/// A server, and what it prints.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    said: BufReader<std::process::ChildStdout>,
}

impl Serving {
    pub fn of(home: &Home) -> Serving {
        Serving::logging(home, "warn")
    }

    /// With a log that tells so much.
    pub fn logging(home: &Home, level: &str) -> Serving {
        let mut child = home.spawn_logging(level);
        let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut first = String::new();
        said.read_line(&mut first).expect("a line");
        let address =
            first.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("it did not start, but said {first:?}\n{}", home.log_text());
        };
        Serving { child, address, said }
    }

    /// The link that it prints for the first admin.
    pub fn link(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.said.read_line(&mut line).expect("text") > 0, "it ended without a link");
            if let Some((_, link)) = line.trim().split_once("/welcome?link=") {
                return link.to_owned();
            }
        }
    }

    /// A request over a connection of its own: status line, headers and body.
    pub fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it answers");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    }

    pub fn get(&self, path: &str, more: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{more}\r\n", self.address))
    }

    pub fn post(&self, path: &str, more: &str, body: &str) -> String {
        let kind = "content-type: application/x-www-form-urlencoded";
        let length = body.len();
        let host = self.address;
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{kind}\r\ncontent-length: {length}\r\n{more}\r\n{body}"
        ))
    }

    /// The first admin chooses a password by the link.
    pub fn first_admin(&mut self) {
        let link = self.link();
        let (more, body) = self.accept(&link, "ana");
        let again = self.post("/welcome", &more, &body);
        assert!(again.starts_with("HTTP/1.1 403"), "it works once: {again}");
    }

    /// Somebody chooses a password by a link; with what to do it once more.
    pub fn accept(&self, link: &str, handle: &str) -> (String, String) {
        let page = self.get(&format!("/welcome?link={link}"), "");
        let cookie = between(&page, "andon_form=", ";");
        let form = between(&page, "name=\"form\" value=\"", "\"");
        let password = PASSWORD.replace(' ', "+");
        let body = format!("form={form}&link={link}&handle={handle}&password={password}&again={password}");
        let more = format!("cookie: andon_form={cookie}\r\n");
        let answer = self.post("/welcome", &more, &body);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        (more, body)
    }

    /// What a sign-in by ana's password gives to a program.
    pub fn token(&self) -> String {
        let body = format!("{{\"handle\":\"ana\",\"password\":{PASSWORD:?}}}");
        let headers = [("content-type", "application/json")];
        let (status, said) =
            http::request(self.address, "POST", "/api/v1/andon/sign-in", &headers, &body).expect("an answer");
        assert_eq!(status, 200, "{said}");
        let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        said["token"].as_str().expect("a token").to_owned()
    }

    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).expect("an end").0
}
