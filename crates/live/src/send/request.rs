//! One request to a provider, and what its answer means.

use std::time::Duration;

use andon_respond::receiver::{Answer, Method, Provider, Request, Verdict, verdict};
use andon_vocabulary::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};

use super::Failed;
use crate::http::{in_words, reach, read_body};

/// So much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Whose words are spoken, and how long is waited for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    pub provider: Provider,
    /// The provider may drop repetitions by `Idempotency-Key`.
    pub key: &'a str,
    pub patience: Duration,
    pub now: Timestamp,
}

/// The receipt. `ask` begins a request with this method and address, and with all that its configuration says.
pub async fn send(
    ask: impl Fn(reqwest::Method, &str) -> Result<RequestBuilder, String>,
    request: Request,
    sending: Sending<'_>,
) -> Result<String, Failed> {
    let method = match request.method {
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
    };
    let headers = headers(&request, sending.key).map_err(Failed::lasting)?;
    // Also where a template has written it, from labels that come from outside.
    reach::may_be_asked(&request.url).map_err(Failed::lasting)?;
    // A file that cannot be read now may be there again soon.
    let asking = ask(method, &request.url).map_err(Failed::for_now)?;
    let asking = asking.headers(headers).timeout(sending.patience).body(request.body);
    let mut response = asking.send().await.map_err(|error| Failed {
        lasting: error.is_builder(),
        error: in_words(&error),
        retry_after: None,
    })?;
    let status = response.status();
    let header = |name| {
        let value: Option<&HeaderValue> = response.headers().get(name);
        value.and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let (content_type, retry_after) = (header(CONTENT_TYPE).unwrap_or_default(), header(RETRY_AFTER));
    let mut body = Vec::new();
    // What was read before it became too long is enough; the status stands.
    let _ = read_body(&mut response, ANSWER_BYTES_MAX, &mut body).await;
    let answer = Answer {
        status: status.as_u16(),
        content_type: &content_type,
        retry_after: retry_after.as_deref(),
        body: &body,
        now: sending.now,
    };
    judge(sending.provider, status, answer)
}

fn headers(request: &Request, key: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let own = [("Idempotency-Key", key)];
    let given = request.headers.iter().map(|(name, value)| (&**name, value.as_str()));
    for (name, value) in own.into_iter().chain(given) {
        let wrong = || format!("the header {name:?} cannot be sent");
        headers.insert(
            name.parse::<HeaderName>().map_err(|_| wrong())?,
            HeaderValue::from_str(value).map_err(|_| wrong())?,
        );
    }
    Ok(headers)
}

fn judge(provider: Provider, status: StatusCode, answer: Answer) -> Result<String, Failed> {
    match verdict(provider, answer) {
        Verdict::Delivered { receipt: Some(receipt) } => Ok(format!("{status}, {receipt}")),
        Verdict::Delivered { receipt: None } => Ok(status.to_string()),
        Verdict::Again { why, after } => {
            Err(Failed { error: format!("the receiver answers {why}"), lasting: false, retry_after: after })
        }
        Verdict::Refused { why } => Err(Failed::lasting(format!("the receiver answers {why}"))),
    }
}
