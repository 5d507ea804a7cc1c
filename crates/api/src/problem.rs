//! Errors as problem details (RFC 9457): what happened, where, what to try.

use andon_vocabulary::{Refusal, RefusalKind};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::framework::Refused;
use crate::port::TellError;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub title: &'static str,
    #[serde(serialize_with = "number")]
    pub status: StatusCode,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            title: status.canonical_reason().unwrap_or("error"),
            status,
            detail: detail.into(),
            hint: None,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    pub fn not_found(what: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, what)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let status = match refusal.kind {
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        };
        Problem { hint: refusal.hint, ..Problem::new(status, refusal.what) }
    }
}

impl From<TellError> for Problem {
    fn from(error: TellError) -> Problem {
        match error {
            TellError::Refused(refusal) => refusal.into(),
            TellError::Unavailable(why) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, why)
                .hint("try again with the same idempotency key"),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        Problem::new(refused.status, refused.why).hint(refused.hint)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}
