//! Why there is no answer, in Alertmanager's two forms: a string where it understood the request, and
//! `{"code":…,"message":…}` where its framework did not.

use andon_vocabulary::RefusalKind;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::framework::Refused;
use crate::port::TellError;
use crate::problem::Problem;
use crate::routes::prometheus::go;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    status: StatusCode,
    said: Said,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    /// The status says it all.
    Nothing,
    Text(String),
    /// A number of the framework's own, which is not always the status.
    Code(u16, String),
}

impl Failure {
    /// Understood, and wrong.
    pub fn bad(why: impl Into<String>) -> Failure {
        Failure { status: StatusCode::BAD_REQUEST, said: Said::Text(why.into()) }
    }

    /// Not taken, for no fault of the sender's.
    pub fn unavailable(why: impl Into<String>) -> Failure {
        Failure { status: StatusCode::INTERNAL_SERVER_ERROR, said: Said::Text(why.into()) }
    }

    /// `what` is the name of what was sent.
    pub fn malformed(what: &str, why: impl std::fmt::Display) -> Failure {
        let why = format!("parsing {what} body from \"\" failed, because {why}");
        Failure { status: StatusCode::BAD_REQUEST, said: Said::Code(400, why) }
    }

    /// `what` is a path such as `matchers.0.name`.
    pub fn required(what: &str) -> Failure {
        Failure::invalid(602, format!("{what} in body is required"))
    }

    /// The numbers of go-openapi/errors.
    pub fn invalid(code: u16, why: impl Into<String>) -> Failure {
        Failure { status: StatusCode::UNPROCESSABLE_ENTITY, said: Said::Code(code, why.into()) }
    }

    pub fn media_type(kind: &str) -> Failure {
        let kind = go::quote(if kind.is_empty() { "application/octet-stream" } else { kind });
        let why = format!("unsupported media type {kind}, only [application/json] are allowed");
        Failure { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, said: Said::Code(415, why) }
    }

    pub fn method(why: String) -> Failure {
        Failure { status: StatusCode::METHOD_NOT_ALLOWED, said: Said::Code(405, why) }
    }

    pub fn not_found(why: String) -> Failure {
        Failure { status: StatusCode::NOT_FOUND, said: Said::Code(404, why) }
    }

    pub fn no_silence() -> Failure {
        Failure { status: StatusCode::NOT_FOUND, said: Said::Nothing }
    }

    pub fn no_silence_to_change() -> Failure {
        Failure { status: StatusCode::NOT_FOUND, said: Said::Text("silence not found".to_owned()) }
    }
}

impl From<TellError> for Failure {
    fn from(error: TellError) -> Failure {
        match error {
            TellError::Refused(refusal) if refusal.kind == RefusalKind::NotFound => {
                Failure::no_silence_to_change()
            }
            TellError::Refused(refusal) => match refusal.hint {
                Some(hint) => Failure::bad(format!("{}; {hint}", refusal.what)),
                None => Failure::bad(refusal.what),
            },
            TellError::Unavailable(why) => Failure::unavailable(why),
        }
    }
}

/// That it is too long is said of what it brings; the rest is the framework's there too.
impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        let said = match refused.status {
            StatusCode::PAYLOAD_TOO_LARGE => Said::Text(refused.sentence()),
            status => Said::Code(status.as_u16(), refused.why),
        };
        Failure { status: refused.status, said }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        match problem.status {
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Failure { status, said: Said::Text(problem.detail) }
            }
            _ => Failure::unavailable(problem.detail),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = Vec::new();
        match &self.said {
            Said::Nothing => return self.status.into_response(),
            Said::Text(why) => {
                go::escaped(why, &mut body);
                body.push(b'\n');
            }
            Said::Code(code, why) => {
                go::push(&mut body, format_args!("{{\"code\":{code},\"message\":"));
                go::escaped(why, &mut body);
                body.push(b'}');
            }
        }
        json(self.status, body)
    }
}

/// A text of JSON as an answer.
pub fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}
