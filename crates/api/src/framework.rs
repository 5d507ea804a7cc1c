//! What the HTTP framework refuses by itself, in the words of the door that it was refused at.
//!
//! Before a handler is asked, the framework looks at the method, the path, the parameters and the length of the body,
//! and says in plain text what it does not take. A program reads what its API always answers with instead.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Of what the framework says; what is longer is a handler's own text.
const SAID_BYTES_MAX: usize = 16 * 1024;

/// What was refused.
pub struct Refused {
    pub status: StatusCode,
    pub why: String,
    pub hint: &'static str,
}

impl Refused {
    /// In one sentence, for who has no place for a hint.
    pub fn sentence(&self) -> String {
        format!("{}; {}", self.why, self.hint)
    }
}

/// Runs a request that may have `bytes_max`, and says in `words` what the framework refuses of it.
pub async fn run<R: IntoResponse>(
    request: Request,
    next: Next,
    bytes_max: usize,
    words: impl FnOnce(Refused) -> R,
) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() || !is_frameworks(&response) {
        return response;
    }
    let refused = match status {
        StatusCode::METHOD_NOT_ALLOWED => not_so(&method, &path),
        StatusCode::PAYLOAD_TOO_LARGE => too_long(bytes_max),
        status => {
            let said = to_bytes(response.into_body(), SAID_BYTES_MAX).await.unwrap_or_default();
            unread(status, &String::from_utf8_lossy(&said))
        }
    };
    words(refused).into_response()
}

/// Handlers answer in JSON, or with a status that says it all.
fn is_frameworks(response: &Response) -> bool {
    match response.headers().get(header::CONTENT_TYPE) {
        Some(kind) => kind.as_bytes().starts_with(b"text/plain"),
        None => response.status() == StatusCode::METHOD_NOT_ALLOWED,
    }
}

/// Which methods are taken stands in `Allow`, which the framework adds to any answer.
fn not_so(method: &Method, path: &str) -> Refused {
    Refused {
        status: StatusCode::METHOD_NOT_ALLOWED,
        why: format!("{method} is not taken at {path}"),
        hint: "/api/v1/openapi.json says what each path takes",
    }
}

/// Of a body that may have so many bytes.
pub fn too_long(bytes_max: usize) -> Refused {
    let most = match bytes_max {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes => format!("{} KiB", bytes >> 10),
    };
    Refused {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        why: format!("the body is longer than {most}, which is the most that is taken here"),
        hint: "send it in parts",
    }
}

/// In the framework's own words, which begin with a capital.
fn unread(status: StatusCode, said: &str) -> Refused {
    let mut letters = said.trim().chars();
    let why = letters.next().map(|first| first.to_lowercase().chain(letters).collect());
    Refused {
        status,
        why: why.unwrap_or_else(|| "the request cannot be read".to_owned()),
        hint: "/api/v1/openapi.json says what each path takes",
    }
}
