//! An answer that is not the one that was hoped for: its status, a reason from a short list for the metrics,
//! and a sentence for the person who reads it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug)]
pub struct Failure {
    pub code: StatusCode,
    pub reason: Reason,
    pub says: String,
}

/// Few and fixed, since each is the value of a metric's label. It travels with the response, so that counting
/// and logging happen in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The request itself was wrong; the service is well.
    Request,
    NoDatabaseConnection,
    CatalogUnavailable,
    CartUnavailable,
    Internal,
}

impl Reason {
    /// The reasons for which a checkout that was right fails all the same.
    pub const OF_CHECKOUT: [Reason; 3] =
        [Reason::NoDatabaseConnection, Reason::CartUnavailable, Reason::Internal];

    pub fn word(self) -> &'static str {
        match self {
            Reason::Request => "request",
            Reason::NoDatabaseConnection => "no_database_connection",
            Reason::CatalogUnavailable => "catalog_unavailable",
            Reason::CartUnavailable => "cart_unavailable",
            Reason::Internal => "internal",
        }
    }
}

impl Failure {
    pub fn request(code: StatusCode, says: impl Into<String>) -> Failure {
        Failure { code, reason: Reason::Request, says: says.into() }
    }

    pub fn unavailable(reason: Reason, says: impl Into<String>) -> Failure {
        Failure { code: StatusCode::SERVICE_UNAVAILABLE, reason, says: says.into() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.code, Json(json!({ "error": self.says }))).into_response();
        response.extensions_mut().insert(self.reason);
        response
    }
}
