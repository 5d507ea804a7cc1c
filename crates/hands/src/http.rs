//! The action `http`: one request, never a second. What was certainly not sent has failed; what may have been
//! received without an answer is unknown.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use andon_vocabulary::OrderResult;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, redirect, retry};

use crate::output::{KEPT_BYTES_MAX, Output};

pub struct Request<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a BTreeMap<String, String>,
    pub body: Option<&'a str>,
    /// Sent as `Idempotency-Key`; a look-up has none.
    pub key: Option<&'a str>,
}

/// What came of a request.
enum Reply {
    Answered(StatusCode, String),
    NotSent(String),
    Unknown(String),
}

pub async fn carry(request: Request<'_>, timeout: Duration) -> OrderResult {
    match send(request, timeout).await {
        Reply::Answered(status, text) if status.is_success() => {
            OrderResult::Done { detail: join(status, &text) }
        }
        Reply::Answered(status, text) => OrderResult::Failed { error: join(status, &text) },
        Reply::NotSent(error) => OrderResult::Failed { error },
        Reply::Unknown(why) => OrderResult::Unknown { why },
    }
}

/// The status of a GET, with the answer in words.
pub async fn get(url: &str, timeout: Duration) -> Result<(StatusCode, String), String> {
    let request = Request { method: "GET", url, headers: &BTreeMap::new(), body: None, key: None };
    match send(request, timeout).await {
        Reply::Answered(status, text) => Ok((status, join(status, &text))),
        Reply::NotSent(why) | Reply::Unknown(why) => Err(why),
    }
}

fn join(status: StatusCode, text: &str) -> String {
    format!("{status}\n{text}").trim_end().to_owned()
}

async fn send(request: Request<'_>, timeout: Duration) -> Reply {
    let built = match build(&request, timeout) {
        Ok(built) => built,
        Err(why) => return Reply::NotSent(why),
    };
    let deadline = tokio::time::Instant::now() + timeout;
    match tokio::time::timeout_at(deadline, built.send()).await {
        Ok(Ok(response)) => read(response, deadline).await,
        Ok(Err(error)) if error.is_connect() || error.is_builder() => {
            Reply::NotSent(format!("{} was not reached: {}", request.url, chain(&error)))
        }
        Ok(Err(error)) => Reply::Unknown(format!("{} broke off: {}", request.url, chain(&error))),
        Err(_) => Reply::Unknown(format!("{} did not answer within {timeout:?}", request.url)),
    }
}

fn build(request: &Request<'_>, timeout: Duration) -> Result<reqwest::RequestBuilder, String> {
    let method: Method =
        request.method.parse().map_err(|_| format!("{:?} is not an HTTP method", request.method))?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers {
        headers.insert(header_name(name)?, header_value(name, value)?);
    }
    if let Some(key) = request.key {
        headers.insert(HeaderName::from_static("idempotency-key"), header_value("Idempotency-Key", key)?);
    }
    // A client of its own for each order: a connection that was kept may be dead without our knowing, and then
    // nobody could say whether the request arrived.
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .connect_timeout(timeout / 2)
        .build()
        .map_err(|error| format!("no HTTP client: {}", chain(&error)))?;
    let built = client.request(method, request.url).headers(headers);
    Ok(match request.body {
        Some(body) => built.body(body.to_owned()),
        None => built,
    })
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    name.parse().map_err(|_| format!("{name:?} is not a header name"))
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    let mut value: HeaderValue = value
        .parse()
        .map_err(|_| format!("the value of the header {name} holds characters that no header may"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The status has decided already: a body that breaks off or never ends changes nothing.
async fn read(mut response: Response, deadline: tokio::time::Instant) -> Reply {
    let status = response.status();
    let mut output = Output::default();
    let mut left = KEPT_BYTES_MAX;
    while left > 0 {
        match tokio::time::timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let taken = chunk.len().min(left);
                output.add(&chunk[..taken]);
                left -= taken;
            }
            _ => break,
        }
    }
    Reply::Answered(status, output.into_text())
}

/// An error with its causes: reqwest's own text names only the outermost.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Once;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn provider() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            rustls::crypto::ring::default_provider().install_default().expect("nobody else installs one");
        });
    }

    /// Answers one request with `answer`, and gives back what was asked; without an answer it hangs.
    async fn server(answer: Option<String>) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/do", listener.local_addr().expect("it is bound"));
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("somebody connects");
            let mut asked = vec![0; 4096];
            let read = stream.read(&mut asked).await.expect("a request");
            match answer {
                // The client may have read enough and left.
                Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                None => std::future::pending().await,
            }
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        (url, task)
    }

    async fn post(url: &str) -> OrderResult {
        provider();
        let headers = BTreeMap::from([("X-Team".to_owned(), "payments".to_owned())]);
        let request =
            Request { method: "POST", url, headers: &headers, body: Some("{}"), key: Some("run-7-act") };
        carry(request, Duration::from_millis(500)).await
    }

    fn answer(status: &str, body: &str) -> Option<String> {
        let length = body.len();
        Some(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    #[tokio::test]
    async fn the_status_decides_and_the_key_travels() {
        let (url, task) = server(answer("201 Created", "made")).await;
        let result = post(&url).await;
        assert_eq!(result, OrderResult::Done { detail: "201 Created\nmade".to_owned() });
        let asked = task.await.expect("it answered").to_lowercase();
        assert!(asked.contains("idempotency-key: run-7-act"), "{asked}");
        let (url, _) = server(answer("503 Service Unavailable", "no")).await;
        assert!(matches!(post(&url).await, OrderResult::Failed { error } if error.starts_with("503")));
        let (url, _) = server(answer("302 Found\r\nLocation: http://127.0.0.1:1/", "")).await;
        assert!(matches!(post(&url).await, OrderResult::Failed { error } if error.starts_with("302")));
    }

    #[tokio::test]
    async fn silence_after_sending_is_unknown_and_nobody_there_is_failed() {
        let (url, task) = server(None).await;
        assert!(matches!(post(&url).await, OrderResult::Unknown { why } if why.contains("within 500ms")));
        task.abort();
        assert!(matches!(post("http://127.0.0.1:1/").await, OrderResult::Failed { .. }));
        assert!(matches!(post("ftp://127.0.0.1/").await, OrderResult::Failed { .. }));
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut() {
        let body = "y".repeat(4 * KEPT_BYTES_MAX);
        let (url, _) = server(answer("200 OK", &body)).await;
        let OrderResult::Done { detail } = post(&url).await else {
            panic!("200 is done");
        };
        assert!(detail.len() <= KEPT_BYTES_MAX + 16, "{}", detail.len());
    }
}
