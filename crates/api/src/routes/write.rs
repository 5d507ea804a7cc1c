//! Remote write, versions 1.0 and 2.0: `POST /api/v1/write`.
//!
//! Status codes are what a sender acts on: 400 and 415 mean "never again", 503 means "again later". Words stand in the
//! body, and the statistics of version 2.0 in its headers, whatever became of the request.

use std::sync::{LazyLock, Mutex, PoisonError};

use andon_remote::{Answer, Head, Limits, Trouble};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::Shared;
use super::instance::blocking;
use crate::framework;
use crate::port::Loop;

/// Packed. Senders keep below a few.
pub const BODY_BYTES_MAX: usize = 16 << 20;

/// Requests that are unpacked at the same time: they take memory, and the store is written by one at a time anyway.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(4));

/// Memory that requests are unpacked into, for the next ones.
static ROOMS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// A request that took more gives it back to the system.
const ROOM_BYTES_MAX: usize = 1 << 20;

pub async fn write(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let refused = framework::too_long(BODY_BYTES_MAX);
            return words(refused.status, &refused.sentence());
        }
        Err(rejection) => return words(rejection.status(), &rejection.body_text()),
    };
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let head = match Head::by(text(header::CONTENT_TYPE), text(header::CONTENT_ENCODING)) {
        Ok(head) => head,
        Err(unsupported) => return words(StatusCode::UNSUPPORTED_MEDIA_TYPE, &unsupported.0),
    };
    // The permit is held until the request is written; the semaphore is never closed.
    let _permit = AT_ONCE.acquire().await;
    match blocking(move || Ok(taken(&*shared, head, &body))).await {
        Ok(answer) => answered(&answer),
        Err(problem) => words(problem.status, &problem.detail),
    }
}

fn taken(port: &dyn Loop, head: Head, body: &[u8]) -> Answer {
    let rooms = || ROOMS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut room = rooms().pop().unwrap_or_default();
    let answer = match head.unpack_into(body, &Limits::default(), &mut room) {
        Ok(unpacked) => port.ingest().write(head.version, unpacked),
        Err(malformed) => Answer { trouble: Some(Trouble::Refused(malformed.0)), ..Answer::default() },
    };
    if room.capacity() <= ROOM_BYTES_MAX {
        rooms().push(room);
    }
    answer
}

fn answered(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match &answer.trouble {
        None => status.into_response(),
        Some(trouble) => words(status, trouble.words()),
    };
    for (name, count) in answer.written.headers() {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(count));
    }
    response
}

/// Prometheus puts the first line into its log.
fn words(status: StatusCode, words: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{words}\n")).into_response()
}

#[cfg(test)]
mod tests;
