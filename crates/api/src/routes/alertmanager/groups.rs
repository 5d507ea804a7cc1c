//! `/api/v2/alerts/groups`: what fires, as it is told of together.

use std::collections::BTreeMap;

use andon_definitions::alertmanager::{Route, order};
use andon_monitor::Alert;
use andon_vocabulary::{AlertId, Labels, Timestamp};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Site;
use super::encode::{self, Writer};
use super::failure::{Failure, json};
use super::filter::{Filter, Query};
use super::routing::Routing;
use crate::port::View;
use crate::routes::instance::blocking;
use crate::routes::prometheus::go;

pub async fn list(State(site): State<Site>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = Query::of(query.as_deref());
    let (filter, muted) = (Filter::read(&query)?, query.flag("muted"));
    let _place = site.places.acquire().await;
    let (view, now) = (site.port.view(), site.port.now());
    let writer = Writer::new(&view, now);
    Ok(json(StatusCode::OK, blocking(move || Ok(written(&view, &filter, muted, writer))).await?))
}

struct Group<'a> {
    labels: Labels,
    route: &'a Route,
    alerts: Vec<(AlertId, &'a Alert)>,
}

fn written(view: &View, filter: &Filter, muted: bool, mut writer: Writer) -> Vec<u8> {
    let routing = Routing::of(view.catalog());
    let (groups, receivers) = groups(view, &routing, filter, writer.now);
    // Of each route, once.
    let mut muting = BTreeMap::<usize, Vec<&str>>::new();
    let mut references = Vec::new();
    writer.out.push(b'[');
    for group in groups {
        let address = std::ptr::from_ref(group.route).addr();
        let muted_by = muting.entry(address).or_insert_with(|| routing.muted_by(group.route, writer.now));
        if !muted && !muted_by.is_empty() {
            continue;
        }
        writer.out.extend_from_slice(if writer.out.len() > 1 { b",{\"alerts\":[" } else { b"{\"alerts\":[" });
        for (index, (id, alert)) in group.alerts.iter().enumerate() {
            if index > 0 {
                writer.out.push(b',');
            }
            references.clear();
            encode::receivers(receivers[id].iter().copied(), &mut references);
            writer.alert(*id, alert, &references, muted_by);
        }
        writer.out.extend_from_slice(b"],\"labels\":");
        encode::labels(&group.labels, &mut writer.out);
        writer.out.extend_from_slice(b",\"receiver\":{\"name\":");
        go::escaped(&group.route.receiver, &mut writer.out);
        writer.out.extend_from_slice(b"}}");
    }
    writer.out.extend_from_slice(b"]\n");
    writer.out
}

/// In Alertmanager's order, and the receivers that each alert is sent to.
fn groups<'a>(
    view: &'a View,
    routing: &Routing<'a>,
    filter: &Filter,
    now: Timestamp,
) -> (Vec<Group<'a>>, BTreeMap<AlertId, Vec<&'a str>>) {
    let wanted = filter.receivers(&routing.receivers());
    let is_wanted = |name: &str| wanted.as_ref().is_none_or(|all| all.contains(name));
    let mut found = BTreeMap::<(usize, Labels), Group>::new();
    let mut receivers = BTreeMap::<AlertId, Vec<&str>>::new();
    for (id, alert) in view.monitor.alerts.iter().filter(|(_, alert)| filter.takes(alert, now)) {
        for route in routing.route.matching(&alert.labels) {
            if !is_wanted(&route.receiver) {
                continue;
            }
            let key = (std::ptr::from_ref(route).addr(), route.group_labels(&alert.labels));
            let group = found.entry(key.clone()).or_insert_with(|| Group {
                labels: key.1,
                route,
                alerts: Vec::new(),
            });
            group.alerts.push((*id, alert));
            receivers.entry(*id).or_default().push(&route.receiver);
        }
    }
    receivers.values_mut().for_each(|names| names.sort_unstable());
    let mut groups: Vec<Group> = found.into_values().collect();
    groups.sort_by(|a, b| {
        order::of_label_sets(&a.labels, &b.labels).then_with(|| a.route.receiver.cmp(&b.route.receiver))
    });
    for group in &mut groups {
        group.alerts.sort_by(|(_, a), (_, b)| order::of_alerts(&a.labels, &b.labels));
    }
    (groups, receivers)
}
