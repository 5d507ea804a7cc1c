//! `/api/v2/alerts`: what fires, and what others send.

use std::collections::BTreeMap;

use andon_monitor::resolve_timeout;
use andon_vocabulary::Received;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::encode::{self, Writer};
use super::failure::{Failure, json};
use super::filter::{Filter, Query};
use super::routing::Routing;
use super::{Site, posted};
use crate::doors::Visitor;
use crate::port::View;
use crate::routes::instance::blocking;

/// What turns the loop at once, so that whoever sends thousands does not keep others waiting for long.
const PART: usize = 1000;
/// A body that is read in less time than it takes to hand it to another thread and back.
const AT_ONCE_BYTES_MAX: usize = 32 * 1024;
/// The door that they come in by.
const SOURCE: &str = "alertmanager";

pub async fn list(State(site): State<Site>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let filter = Filter::read(&Query::of(query.as_deref()))?;
    // The semaphore is never closed.
    let _place = site.places.acquire().await;
    let (view, now) = (site.port.view(), site.port.now());
    let writer = Writer::new(&view, now);
    Ok(json(StatusCode::OK, blocking(move || Ok(written(&view, &filter, writer))).await?))
}

fn written(view: &View, filter: &Filter, mut writer: Writer) -> Vec<u8> {
    let routing = Routing::of(view.catalog());
    let wanted = filter.receivers(&routing.receivers());
    // Each set of routes is written once, however many alerts go there.
    let mut written = BTreeMap::<Vec<usize>, Vec<u8>>::new();
    let now = writer.now;
    writer.out.push(b'[');
    for (id, alert) in view.monitor.alerts.iter().filter(|(_, alert)| filter.takes(alert, now)) {
        let routes = routing.route.matching(&alert.labels);
        let is_wanted = |name: &str| wanted.as_ref().is_none_or(|all| all.contains(name));
        if !routes.iter().any(|route| is_wanted(&route.receiver)) {
            continue;
        }
        let key: Vec<usize> = routes.iter().map(|route| std::ptr::from_ref(*route).addr()).collect();
        let receivers = written.entry(key).or_insert_with(|| {
            let mut out = Vec::new();
            encode::receivers(routes.iter().map(|route| route.receiver.as_str()), &mut out);
            out
        });
        if writer.out.len() > 1 {
            writer.out.push(b',');
        }
        writer.alert(*id, alert, receivers, &[]);
    }
    writer.out.extend_from_slice(b"]\n");
    writer.out
}

pub async fn take(
    State(site): State<Site>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    posted::check("alerts", &headers, &body)?;
    let _place = site.places.acquire().await;
    let (now, timeout) = (site.port.now(), resolve_timeout(site.port.view().catalog()));
    let read = if body.len() <= AT_ONCE_BYTES_MAX {
        posted::read(&body, now, timeout)?
    } else {
        blocking(move || Ok(posted::read(&body, now, timeout))).await??
    };
    let (mut alerts, by) = (read.valid.into_iter(), visitor.sender(SOURCE));
    loop {
        let part: Vec<_> = alerts.by_ref().take(PART).collect();
        if part.is_empty() {
            break;
        }
        let received = Received {
            source: SOURCE.into(),
            alerts: part,
            heard: Vec::new(),
            payload: None,
            by: by.clone(),
        };
        site.port.receive(received).await?;
    }
    if read.wrong.is_empty() { Ok(StatusCode::OK.into_response()) } else { Err(Failure::bad(read.wrong)) }
}
