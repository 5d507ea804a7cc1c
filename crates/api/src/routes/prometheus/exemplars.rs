//! Exemplars: the traces behind single samples.

use andon_timeseries::Exemplar;
use andon_vocabulary::Labels;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::body::{self, Remarks};
use super::failure::{Failure, parse_error};
use super::form::Form;
use super::gate::DEADLINE;
use super::regexes::refuse_heavy;
use super::{Site, go, passed, times};
use crate::port::Lookup;

pub async fn query(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    if let Some(store) = site.port.metrics().elsewhere() {
        return passed::on(&site, &*store, &["query_exemplars"], &form, DEADLINE).await;
    }
    let from = form.time("start", times::EARLIEST)?;
    let to = form.time("end", times::LATEST)?;
    if to < from {
        return Err(Failure::bad_data("end timestamp must not be before start timestamp"));
    }
    let text = form.get("query");
    refuse_heavy([text]).map_err(Failure::bad_data)?;
    let expr = andon_promql::parse(text).map_err(|error| Failure::bad_data(parse_error(text, &error)))?;
    let any_of: Vec<_> = expr.selectors().into_iter().map(|selected| selected.matchers).collect();
    if any_of.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let port = site.port.clone();
    let find = move || Ok(port.metrics().exemplars(&Lookup { any_of: &any_of, from, to })?);
    let found = site.gate.pass(DEADLINE, move |_| find()).await?;
    Ok(body::list(b"", found, series, b"", &Remarks::default()))
}

fn series((labels, exemplars): &(Labels, Vec<Exemplar>), out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"seriesLabels":"#);
    go::labels(labels, out);
    out.extend_from_slice(br#","exemplars":["#);
    for (index, exemplar) in exemplars.iter().enumerate() {
        out.extend_from_slice(if index == 0 { br#"{"labels":"# } else { br#",{"labels":"# });
        go::labels(&exemplar.labels, out);
        out.extend_from_slice(br#","value":"#);
        go::value(exemplar.value, out);
        out.extend_from_slice(br#","timestamp":"#);
        go::seconds(exemplar.at.as_ms(), out);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
}
