//! `/api/v2/status` and `/api/v2/receivers`: this Andon, as an Alertmanager would tell of itself.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::failure::{Failure, json};
use super::filter::{self, Query};
use super::routing::Routing;
use super::{Site, config, encode};
use crate::routes::prometheus::go;

/// The release whose API this is. It is no version of Andon, which stands in `revision`.
const SPOKEN: &str = "0.33.1";

pub async fn show(State(site): State<Site>) -> Response {
    let view = site.port.view();
    let mut out = b"{\"cluster\":{\"peers\":[],\"status\":\"disabled\"},\"config\":{\"original\":".to_vec();
    go::escaped(&config::text(view.catalog()), &mut out);
    out.extend_from_slice(b"},\"uptime\":");
    encode::time(site.started, &mut out);
    let revision = concat!("andon-", env!("CARGO_PKG_VERSION"));
    go::push(
        &mut out,
        format_args!(
            ",\"versionInfo\":{{\"branch\":\"andon\",\"buildDate\":\"\",\"buildUser\":\"\",\"goVersion\":\"\",\
             \"revision\":\"{revision}\",\"version\":\"{SPOKEN}\"}}}}\n"
        ),
    );
    json(StatusCode::OK, out)
}

pub async fn receivers(State(site): State<Site>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let matchers = filter::receiver_matchers(&Query::of(query.as_deref()))?;
    let view = site.port.view();
    let receivers = Routing::of(view.catalog()).receivers();
    let mut out = Vec::new();
    let wanted =
        receivers.iter().filter(|(_, labels)| matchers.iter().all(|matcher| matcher.matches(labels)));
    encode::list(wanted, &mut out, |(name, labels), out| {
        out.extend_from_slice(b"{\"labels\":");
        encode::labels(labels, out);
        out.extend_from_slice(b",\"name\":");
        go::escaped(name, out);
        out.push(b'}');
    });
    out.push(b'\n');
    Ok(json(StatusCode::OK, out))
}
