//! A question for a store elsewhere: put to it whole, and answered in its own words. So its warnings, its errors and its
//! native histograms are seen here as they are there, and nothing is read twice.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use serde::Deserialize;

use super::Site;
use super::failure::Failure;
use super::form::Form;
use crate::port::{Elsewhere, Passed, Said, Unsaid};

/// An error takes a few words.
const ERROR_BYTES_MAX: usize = 1 << 20;

/// `path` is what follows `/api/v1/`, its parts apart.
pub async fn on(
    site: &Site,
    store: &dyn Elsewhere,
    path: &[&str],
    form: &Form,
    within: Duration,
) -> Result<Response, Failure> {
    let place = site.gate.place(within).await?;
    let path = path.iter().map(|part| (*part).to_owned()).collect();
    let passed = Passed { path, form: form.fields().to_vec(), within: place.left };
    let answer = match store.ask(passed).await {
        Ok(said) => read(said, &store.place()).await,
        Err(Unsaid::TimedOut) => Err(Failure::timed_out("expression evaluation")),
        Err(Unsaid::Silent(why)) => {
            Err(Failure::internal(format!("{} does not answer: {why}", store.place())))
        }
    };
    place.counted(answer.is_ok());
    Ok(answer?.map(|body| {
        let pieces = body.into_data_stream().map(move |piece| {
            let _held = &place;
            piece
        });
        Body::from_stream(pieces)
    }))
}

/// What does not speak as Prometheus does, a page of a proxy say, is told from an answer: by how it begins, since not all
/// say of what kind it is.
async fn read(said: Said, place: &str) -> Result<Response, Failure> {
    let status = StatusCode::from_u16(said.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let odd = || Failure::internal(format!("{place} answers {status}, and not as Prometheus would"));
    let body = match status {
        StatusCode::NO_CONTENT => Body::empty(),
        StatusCode::OK => begun(said.body).await.ok_or_else(odd)?,
        status if status.is_client_error() || status.is_server_error() => {
            let bytes = to_bytes(said.body, ERROR_BYTES_MAX).await.map_err(|_| odd())?;
            let words: Words = serde_json::from_slice(&bytes).map_err(|_| odd())?;
            if words.status != "error" {
                return Err(odd());
            }
            Body::from(bytes)
        }
        _ => return Err(odd()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(response)
}

/// The same body, if it begins as JSON's objects do.
async fn begun(body: Body) -> Option<Body> {
    let mut pieces = body.into_data_stream();
    let first = loop {
        let piece = pieces.next().await?.ok()?;
        if !piece.trim_ascii_start().is_empty() {
            break piece;
        }
    };
    let is_object = first.trim_ascii_start().starts_with(b"{");
    is_object.then(|| Body::from_stream(stream::once(async { Ok(first) }).chain(pieces)))
}

/// Anything beside these is handed on too.
#[derive(Deserialize)]
struct Words {
    status: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_of(status: u16, body: &'static str) -> Result<(u16, String), Failure> {
        let said = Said { status, body: Body::from(body) };
        let response = read(said, "http://store").await?;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Ok((status, String::from_utf8(bytes.to_vec()).unwrap()))
    }

    #[tokio::test]
    async fn what_prometheus_would_say_is_handed_on_and_nothing_else() {
        let well = r#"{"status":"success","data":[],"warnings":["w"],"infos":["i"]}"#;
        assert_eq!(read_of(200, well).await, Ok((200, well.to_owned())));
        let refused = r#"{"status":"error","errorType":"execution","error":"no"}"#;
        assert_eq!(read_of(422, refused).await, Ok((422, refused.to_owned())));
        assert_eq!(read_of(204, "").await, Ok((204, String::new())));
        for (status, body) in [(200, "<html>log in"), (200, " "), (502, "bad"), (500, "{}"), (302, "{}")] {
            let odd = read_of(status, body).await.unwrap_err();
            assert_eq!(odd.status(), StatusCode::INTERNAL_SERVER_ERROR, "{status} {body}");
        }
    }
}
