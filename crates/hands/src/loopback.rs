//! One HTTP/1.1 exchange with an instance on this machine: no TLS, no proxy, no pool, and exact knowledge of whether
//! the request was sent.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// "HTTP/1.1 200" and some more.
const STATUS_BYTES: usize = 12;

/// Why there is no answer.
#[derive(Debug)]
pub enum Silence {
    /// Nothing was sent.
    Unreachable(String),
    /// The request left; what became of it is unknown.
    Broken(String),
}

impl std::fmt::Display for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Silence::Unreachable(why) | Silence::Broken(why) => f.write_str(why),
        }
    }
}

/// The status of the answer to a GET.
pub async fn get(port: u16, path: &str, patience: Duration) -> Result<u16, Silence> {
    exchange(port, format!("GET {path} HTTP/1.1"), "", patience).await
}

/// The status of the answer to a POST of JSON.
pub async fn post(port: u16, path: &str, key: &str, body: &str, patience: Duration) -> Result<u16, Silence> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}",
        body.len()
    );
    exchange(port, head, body, patience).await
}

async fn exchange(port: u16, head: String, body: &str, patience: Duration) -> Result<u16, Silence> {
    let connect = tokio::time::timeout(patience, TcpStream::connect((Ipv4Addr::LOCALHOST, port)));
    let mut stream = match connect.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Silence::Unreachable(error.to_string())),
        Err(_) => return Err(Silence::Unreachable(format!("no connection within {patience:?}"))),
    };
    let request = format!("{head}\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n{body}");
    let talk = async {
        stream.write_all(request.as_bytes()).await?;
        let mut answer = [0; STATUS_BYTES];
        stream.read_exact(&mut answer).await?;
        status(&answer).ok_or_else(|| io::Error::other("the answer is not HTTP"))
    };
    match tokio::time::timeout(patience, talk).await {
        Ok(Ok(status)) => Ok(status),
        Ok(Err(error)) => Err(Silence::Broken(error.to_string())),
        Err(_) => Err(Silence::Broken(format!("no answer within {patience:?}"))),
    }
}

fn status(answer: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(answer).ok()?;
    text.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_port_is_unreachable_and_a_hanging_one_is_broken() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let patience = Duration::from_millis(50);
        assert!(matches!(get(port, "/", patience).await, Err(Silence::Broken(_))));
        drop(listener);
        assert!(matches!(get(port, "/", patience).await, Err(Silence::Unreachable(_))));
        assert_eq!(status(b"HTTP/1.1 204"), Some(204));
        assert_eq!(status(b"SSH-2.0-Open"), None);
    }
}
