//! A query, laid out the usual way.

use axum::response::Response;

use super::encode;
use super::failure::Failure;
use super::form::Form;

pub async fn query(form: Form) -> Result<Response, Failure> {
    // What is not evaluated here is not laid out either.
    form.query()?;
    let laid = andon_promql::pretty(form.get("query"));
    encode::answer(&laid.map_err(|error| Failure::parameter("query", error))?)
}
