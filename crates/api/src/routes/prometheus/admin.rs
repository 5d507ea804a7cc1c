//! Changes to what is stored: off unless the server was started with them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::failure::Failure;
use super::form::Form;
use super::gate::DEADLINE;
use super::{Site, encode, go, times};
use crate::port::{Admin, Lookup};

pub async fn delete(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    allowed(&site)?;
    if form.all("match[]").next().is_none() {
        return Err(Failure::bad_data("no match[] parameter provided"));
    }
    let from = form.time("start", times::EARLIEST)?;
    let to = form.time("end", times::LATEST)?;
    let any_of = form.selectors_as_given().map_err(|why| Failure::parameter("match[]", why))?;
    carried_out(&site, move |admin| admin.delete(&Lookup { any_of: &any_of, from, to })).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn clean(State(site): State<Site>) -> Result<Response, Failure> {
    carried_out(&site, |admin| admin.clean()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub async fn snapshot(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    #[derive(Serialize)]
    struct Snapshot {
        name: String,
    }
    allowed(&site)?;
    let skip_head = match form.get("skip_head") {
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        other => {
            let quoted = go::quote(other);
            let why = format!("unable to parse boolean: strconv.ParseBool: parsing {quoted}: invalid syntax");
            return Err(Failure::parameter("skip_head", why));
        }
    };
    let name = carried_out(&site, move |admin| admin.snapshot(skip_head)).await?;
    encode::answer(&Snapshot { name })
}

fn allowed(site: &Site) -> Result<(), Failure> {
    match site.port.metrics().admin() {
        Some(_) => Ok(()),
        None => Err(Failure::unavailable("admin APIs disabled")),
    }
}

async fn carried_out<T: Send + 'static>(
    site: &Site,
    work: impl FnOnce(&dyn Admin) -> Result<T, String> + Send + 'static,
) -> Result<T, Failure> {
    let port = site.port.clone();
    let carry_out = move || match port.metrics().admin() {
        Some(admin) => work(admin).map_err(Failure::internal),
        None => Err(Failure::unavailable("admin APIs disabled")),
    };
    site.gate.pass(DEADLINE, move |_| carry_out()).await
}
