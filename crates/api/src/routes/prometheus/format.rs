//! A query, written the usual way.

use axum::response::Response;

use super::encode;
use super::failure::Failure;
use super::form::Form;

pub async fn query(form: Form) -> Result<Response, Failure> {
    encode::answer(&form.query()?.to_string())
}
