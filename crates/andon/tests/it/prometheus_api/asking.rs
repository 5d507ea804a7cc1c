//! Asking a server over HTTP, and what is told apart in its answers.

use std::net::SocketAddr;

use serde_json::Value;

use crate::real::http;

#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub status: u16,
    pub body: Value,
}

pub fn get(from: SocketAddr, path: &str, query: &[(&str, &str)]) -> Said {
    let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", encoded(query)) };
    said(http::request(from, "GET", &address, &[], "").expect("an answer"))
}

pub fn post(from: SocketAddr, path: &str, form: &[(&str, &str)]) -> Said {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    said(http::request(from, "POST", path, &headers, &encoded(form)).expect("an answer"))
}

fn said((status, body): (u16, String)) -> Said {
    let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
    Said { status, body }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
        .collect::<Vec<_>>()
        .join("&")
}
