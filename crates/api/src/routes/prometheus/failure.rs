//! Why there is no answer, in Prometheus's form: `{"status":"error","errorType":…,"error":…}` and its status code.

use andon_promql::{EvalError, ParseError};
use andon_timeseries::SelectError;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::go;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    kind: Kind,
    error: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    BadData,
    Execution,
    Timeout,
    Canceled,
    Internal,
    Unavailable,
    TooLarge,
}

impl Failure {
    fn new(kind: Kind, error: impl Into<String>) -> Failure {
        Failure { kind, error: error.into() }
    }

    pub fn bad_data(error: impl Into<String>) -> Failure {
        Failure::new(Kind::BadData, error)
    }

    /// What is wrong with one parameter.
    pub fn parameter(name: &str, why: impl std::fmt::Display) -> Failure {
        Failure::bad_data(format!("invalid parameter {}: {why}", go::quote(name)))
    }

    pub fn internal(error: impl Into<String>) -> Failure {
        Failure::new(Kind::Internal, error)
    }

    /// `within` says what it was doing.
    pub fn timed_out(within: &str) -> Failure {
        Failure::new(Kind::Timeout, format!("query timed out in {within}"))
    }

    pub fn canceled(within: &str) -> Failure {
        Failure::new(Kind::Canceled, format!("query was canceled in {within}"))
    }

    pub fn unavailable(error: impl Into<String>) -> Failure {
        Failure::new(Kind::Unavailable, error)
    }

    pub fn too_large(error: impl Into<String>) -> Failure {
        Failure::new(Kind::TooLarge, error)
    }

    /// An evaluation that failed for another reason than its end being wanted.
    pub fn evaluation(error: &EvalError) -> Failure {
        let kind = match error {
            EvalError::Store(_) => Kind::Internal,
            _ => Kind::Execution,
        };
        Failure::new(kind, error.to_string())
    }

    pub fn status(&self) -> StatusCode {
        match self.kind {
            Kind::BadData => StatusCode::BAD_REQUEST,
            Kind::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            // What nginx calls a client that has gone; nobody is there to read it.
            Kind::Canceled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
            // So does Prometheus answer when its admin API is off.
            Kind::Internal | Kind::Unavailable => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn word(&self) -> &'static str {
        match self.kind {
            Kind::BadData | Kind::TooLarge => "bad_data",
            Kind::Execution => "execution",
            Kind::Timeout => "timeout",
            Kind::Canceled => "canceled",
            Kind::Internal => "internal",
            Kind::Unavailable => "unavailable",
        }
    }
}

/// The words of a query's error: the line and the column, counted in bytes from 1, then what is wrong.
pub fn parse_error(text: &str, error: &ParseError) -> String {
    let before = &text.as_bytes()[..error.span.start.min(text.len())];
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    format!("{line}:{column}: parse error: {}", error.message)
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Failure {
        Failure::internal(error.0)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = br#"{"status":"error","errorType":""#.to_vec();
        body.extend_from_slice(self.word().as_bytes());
        body.extend_from_slice(br#"","error":"#);
        go::escaped(&self.error, &mut body);
        body.push(b'}');
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_wrong_at_a_place() {
        let error = |at: usize| ParseError { message: "no".to_owned(), span: at..at };
        assert_eq!(parse_error("up up", &error(3)), "1:4: parse error: no");
        assert_eq!(parse_error("up\n  up", &error(5)), "2:3: parse error: no");
        assert_eq!(parse_error("", &error(9)), "1:1: parse error: no");
    }
}
