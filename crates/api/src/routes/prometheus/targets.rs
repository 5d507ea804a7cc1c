//! What is scraped, how each target does, and what targets say of their metrics.

use std::collections::{BTreeMap, BTreeSet};

use andon_definitions::Period;
use andon_vocabulary::{Labels, Timestamp};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::failure::Failure;
use super::form::{Form, selector};
use super::{Site, encode, times};
use crate::port;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Discovery {
    active_targets: Vec<Active>,
    dropped_targets: Vec<Dropped>,
    /// `null` where dropped ones are not asked for.
    dropped_target_counts: Option<BTreeMap<String, usize>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    #[serde(serialize_with = "encode::labels")]
    discovered_labels: Labels,
    #[serde(serialize_with = "encode::labels")]
    labels: Labels,
    scrape_pool: String,
    scrape_url: String,
    global_url: String,
    last_error: String,
    #[serde(serialize_with = "encode::time")]
    last_scrape: Option<Timestamp>,
    last_scrape_duration: f64,
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dropped {
    #[serde(serialize_with = "encode::labels")]
    discovered_labels: Labels,
    scrape_pool: String,
}

pub async fn list(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    let state = form.get("state").to_lowercase();
    let shows = |kind: &str| ["", "any", kind].contains(&state.as_str());
    let pool = form.get("scrapePool");
    let in_pool = |of: &str| pool.is_empty() || of == pool;
    let port::Targets { active, dropped } = site.port.metrics().targets();
    let counts = shows("dropped").then(|| {
        let mut counts: BTreeMap<String, usize> =
            active.iter().map(|target| (target.pool.clone(), 0)).collect();
        for target in &dropped {
            *counts.entry(target.pool.clone()).or_default() += 1;
        }
        counts
    });
    let active = active.into_iter().filter(|target| shows("active") && in_pool(&target.pool));
    let dropped = dropped.into_iter().filter(|target| shows("dropped") && in_pool(&target.pool));
    encode::answer(&Discovery {
        active_targets: active.map(shown).collect(),
        dropped_targets: dropped
            .map(|target| Dropped { discovered_labels: target.discovered, scrape_pool: target.pool })
            .collect(),
        dropped_target_counts: counts,
    })
}

fn shown(target: port::Target) -> Active {
    let health = match (&target.asked, &target.error) {
        (None, _) => "unknown",
        (Some(_), None) => "up",
        (Some(_), Some(_)) => "down",
    };
    Active {
        discovered_labels: target.discovered,
        labels: target.labels,
        scrape_pool: target.pool,
        global_url: target.url.clone(),
        scrape_url: target.url,
        last_error: target.error.unwrap_or_default(),
        last_scrape: target.asked,
        last_scrape_duration: target.took.as_secs_f64(),
        health,
        scrape_interval: Period(target.interval).to_string(),
        scrape_timeout: Period(target.timeout).to_string(),
    }
}

pub async fn pools(State(site): State<Site>) -> Result<Response, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Pools {
        scrape_pools: BTreeSet<String>,
    }
    let targets = site.port.metrics().targets();
    let pools = targets.active.into_iter().map(|target| target.pool);
    encode::answer(&Pools {
        scrape_pools: pools.chain(targets.dropped.into_iter().map(|one| one.pool)).collect(),
    })
}

#[derive(Serialize)]
struct Described<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    unit: &'a str,
    help: &'a str,
}

/// What is said of each metric, by name.
pub async fn metadata(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    let limit = count(&form, "limit")?;
    let per_metric = count(&form, "limit_per_metric")?.filter(|limit| *limit > 0);
    let metric = form.get("metric");
    let all = site.port.metrics().metadata();
    let wanted = all.iter().filter(|(name, _)| metric.is_empty() || *name == metric);
    let described = wanted.take(limit.unwrap_or(usize::MAX)).map(|(name, said)| {
        let said = said.iter().take(per_metric.unwrap_or(usize::MAX));
        let said = said.map(|one| Described { kind: one.kind.as_str(), unit: &one.unit, help: &one.help });
        (name, said.collect())
    });
    encode::answer(&described.collect::<BTreeMap<&String, Vec<Described<'_>>>>())
}

/// What each target says of its metrics.
pub async fn of_targets(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    #[derive(Serialize)]
    struct Said<'a> {
        #[serde(serialize_with = "borrowed")]
        target: &'a Labels,
        #[serde(skip_serializing_if = "Option::is_none")]
        metric: Option<&'a str>,
        #[serde(rename = "type")]
        kind: &'a str,
        help: &'a str,
        unit: &'a str,
    }
    fn borrowed<S: serde::Serializer>(labels: &&Labels, serializer: S) -> Result<S::Ok, S::Error> {
        encode::labels(labels, serializer)
    }
    let limit = count(&form, "limit")?.unwrap_or(usize::MAX);
    let matchers = match form.get("match_target") {
        "" => Vec::new(),
        text => selector(text).map_err(|why| Failure::parameter("match_target", why))?,
    };
    let metric = form.get("metric");
    let targets = site.port.metrics().targets().active;
    let mut all = Vec::new();
    for target in
        targets.iter().filter(|target| matchers.iter().all(|matcher| matcher.matches(&target.labels)))
    {
        // The limit counts targets rather than metrics, as Prometheus does it.
        if all.len() >= limit {
            break;
        }
        let said = target.described.iter().filter(|(name, _)| metric.is_empty() || *name == metric);
        all.extend(said.map(|(name, described)| Said {
            target: &target.labels,
            metric: metric.is_empty().then_some(name.as_str()),
            kind: described.kind.as_str(),
            help: &described.help,
            unit: &described.unit,
        }));
    }
    encode::answer(&all)
}

/// A limit that may be zero; a negative one is none.
fn count(form: &Form, name: &str) -> Result<Option<usize>, Failure> {
    match form.get(name) {
        "" => Ok(None),
        text => {
            let limit =
                times::count(text).map_err(|_| Failure::bad_data(format!("{name} must be a number")))?;
            Ok(usize::try_from(limit).ok())
        }
    }
}
