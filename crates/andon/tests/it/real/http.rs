//! As much of HTTP/1.1 as the world around a server needs, over plain sockets: what is measured is the server.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Response {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response { status, body: body.into() }
    }
}

/// Answers on a port of its own until it is dropped.
pub struct Listener {
    pub address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl Listener {
    pub fn serve(answer: impl Fn(Request) -> Response + Send + Sync + 'static) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let closed = Arc::new(AtomicBool::new(false));
        let (is_closed, answer) = (Arc::clone(&closed), Arc::new(answer));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                if is_closed.load(Ordering::Relaxed) {
                    return;
                }
                let answer = Arc::clone(&answer);
                // Whoever breaks off, as one who is killed does, ends its own connection only.
                std::thread::spawn(move || connection.and_then(|stream| converse(&stream, &*answer)));
            }
        });
        Listener { address, closed }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts; if nobody is there, it has gone already.
        let _ = TcpStream::connect(self.address);
    }
}

fn converse(stream: &TcpStream, answer: &(dyn Fn(Request) -> Response + Send + Sync)) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let response = answer(request);
        let mut writer = stream;
        let head =
            format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\n\r\n", response.status, response.body.len());
        if response.body.len() < 64 * 1024 {
            writer.write_all(&[head.as_bytes(), &response.body].concat())?;
        } else {
            writer.write_all(head.as_bytes())?;
            writer.write_all(&response.body)?;
        }
    }
    Ok(())
}

/// None at the end of the connection.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let (first, headers) = head(reader)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let (method, path) = (method.to_owned(), path.to_owned());
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, path, headers, body }))
}

fn head(reader: &mut impl BufRead) -> io::Result<(String, BTreeMap<String, String>)> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok((first, headers));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
}

/// One request on a connection of its own: the status and the body.
pub fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("connection: close\r\n\r\n");
    text.push_str(body);
    stream.write_all(text.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let (first, headers) = head(&mut reader)?;
    let broke_off = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let status =
        first.split_whitespace().nth(1).and_then(|status| status.parse().ok()).ok_or_else(broke_off)?;
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
        while let Some(piece) = chunk(&mut reader)? {
            body.extend(piece);
        }
    } else if status != 204 {
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        body.resize(length.ok_or_else(broke_off)?, 0);
        reader.read_exact(&mut body)?;
    }
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// None: that was the last.
fn chunk(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut size = String::new();
    reader.read_line(&mut size)?;
    let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
    let mut piece = vec![0; size + 2];
    reader.read_exact(&mut piece)?;
    piece.truncate(size);
    Ok(Some(piece).filter(|piece| !piece.is_empty()))
}
