//! One request to a provider, and what its answer means.

use std::time::Duration;

use andon_definitions::alertmanager::receiver::Kind;
use andon_respond::receiver::{Answer, Method, Request, Verdict, verdict};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;

use super::Failed;
use crate::caller::Caller;
use crate::http::{in_words, read_body};

/// So much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The receipt. The provider may drop repetitions by `Idempotency-Key`.
pub async fn send(
    caller: &Caller,
    request: Request,
    kind: &Kind,
    key: &str,
    patience: Duration,
) -> Result<String, Failed> {
    let method = match request.method {
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
    };
    // A file that cannot be read now may be there again soon.
    let again = |error: String| Failed { error, lasting: false };
    let mut asking = caller.request(method, &request.url).map_err(again)?;
    for (name, value) in &request.headers {
        asking = asking.header(*name, value);
    }
    let asking = asking.header("Idempotency-Key", key).timeout(patience).body(request.body);
    let mut response = asking
        .send()
        .await
        .map_err(|error| Failed { lasting: error.is_builder(), error: in_words(&error) })?;
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let mut body = Vec::new();
    // What was read before it became too long is enough; the status stands.
    let _ = read_body(&mut response, ANSWER_BYTES_MAX, &mut body).await;
    judge(kind, status, &content_type, &body)
}

fn judge(kind: &Kind, status: StatusCode, content_type: &str, body: &[u8]) -> Result<String, Failed> {
    match verdict(kind, Answer { status: status.as_u16(), content_type, body }) {
        Verdict::Delivered => Ok(status.to_string()),
        Verdict::Again { why } => {
            Err(Failed { error: format!("the receiver answers {why}"), lasting: false })
        }
        Verdict::Refused { why } => Err(Failed::lasting(format!("the receiver answers {why}"))),
    }
}
