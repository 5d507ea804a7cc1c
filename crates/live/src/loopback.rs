//! Small hostile servers on loopback, for tests.

mod mailbox;

use std::sync::{Arc, Once};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

pub use mailbox::mailbox;

/// How a server treats each request.
#[derive(Clone, Debug)]
pub enum Manner {
    /// This status and body, with a content type.
    Say(u16, &'static str, String),
    /// A plain text that may change; while it is empty, as `Hang`.
    Changing(watch::Receiver<String>),
    /// This status, with this `Retry-After`.
    Busy(u16, &'static str),
    /// This status, and where to go instead.
    Redirect(u16, String),
    /// Takes the request and never answers.
    Hang,
    /// Resets the connection once it has the request.
    Reset,
    /// Closes the connection in the middle of the answer.
    BreakOff,
    /// This many bytes of body, announced by no length.
    Flood(usize),
    /// These very bytes as the body, said to be of this content type and packed by gzip.
    Packed(&'static str, Vec<u8>),
    /// One byte of a body now and then, for ever.
    Drip,
}

/// `host:port` of a server that lives as long as the runtime, and what it is asked: the whole head and body.
pub async fn server(manner: Manner) -> (String, mpsc::UnboundedReceiver<String>) {
    install_tls();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (asked, requests) = mpsc::unbounded_channel();
    let manner = Arc::new(manner);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, manner.clone(), asked.clone()));
        }
    });
    (address, requests)
}

/// The binary does this in `main`.
pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("no other provider was installed");
    });
}

/// An error ends the connection: the client has gone, which is what some tests are about.
async fn serve(mut connection: TcpStream, manner: Arc<Manner>, asked: mpsc::UnboundedSender<String>) {
    while let Some(request) = request(&mut connection).await {
        let _ = asked.send(request);
        let done = match &*manner {
            Manner::Say(status, kind, body) => say(&mut connection, *status, kind, body).await,
            Manner::Changing(body) => {
                let body = body.borrow().clone();
                if body.is_empty() {
                    std::future::pending::<()>().await;
                }
                say(&mut connection, 200, "text/plain", &body).await
            }
            Manner::Busy(status, after) => busy(&mut connection, *status, after).await,
            Manner::Redirect(status, to) => redirect(&mut connection, *status, to).await,
            Manner::Hang => std::future::pending().await,
            Manner::Reset => {
                // Closing with nothing left to send and no time to linger is a reset.
                let _ = connection.set_zero_linger();
                return;
            }
            Manner::BreakOff => {
                let _ = connection
                    .write_all(
                        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\nup 1\n",
                    )
                    .await;
                return;
            }
            Manner::Packed(kind, bytes) => packed(&mut connection, kind, bytes).await,
            Manner::Drip => drip(&mut connection).await,
            Manner::Flood(bytes) => flood(&mut connection, *bytes).await,
        };
        if done.is_err() {
            return;
        }
    }
}

async fn say(connection: &mut TcpStream, status: u16, kind: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    connection.write_all(format!("{head}{body}").as_bytes()).await
}

async fn busy(connection: &mut TcpStream, status: u16, after: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status} Busy\r\nretry-after: {after}\r\ncontent-length: 0\r\n\r\n");
    connection.write_all(head.as_bytes()).await
}

async fn redirect(connection: &mut TcpStream, status: u16, to: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    connection.write_all(head.as_bytes()).await
}

async fn packed(connection: &mut TcpStream, kind: &str, bytes: &[u8]) -> std::io::Result<()> {
    let length = bytes.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(bytes).await
}

async fn drip(connection: &mut TcpStream) -> std::io::Result<()> {
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n").await?;
    loop {
        connection.write_all(b"#").await?;
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn flood(connection: &mut TcpStream, bytes: usize) -> std::io::Result<()> {
    connection.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
    let block = [b'#'; 65536];
    for _ in 0..bytes / block.len() {
        connection.write_all(&block).await?;
    }
    connection.shutdown().await
}

async fn request(connection: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return Some(text);
            }
        }
        match connection.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}
