//! What the targets of a job have in common: how they are asked, relabelled and limited.

use std::path::Path;
use std::sync::Arc;

use andon_definitions::prometheus::{self, Job};
use andon_definitions::{Relabeling, relabel::RelabelRule};
use andon_exposition::{Escaping, Protocol};
use reqwest::Client;

use crate::caller::Caller;
use crate::scrape::described::Shared;

/// Made once for a job and shared by its targets, for as long as its definition stays the same.
#[derive(Debug)]
pub struct Settings {
    pub job: Job,
    pub relabel: Relabeling,
    pub metric_relabel: Relabeling,
    /// What to send as `Accept`.
    pub accept: String,
    pub fallback: Option<Protocol>,
    pub caller: Caller,
    pub described: Shared,
}

impl Settings {
    /// `directory` is that of the definitions.
    pub fn new(job: Job, directory: &Path, plain: &Client) -> Arc<Settings> {
        let caller = Caller::new(&job.client, &directory.join(&job.directory), plain);
        let protocols: Vec<Protocol> = job.protocols.iter().copied().map(protocol).collect();
        Arc::new(Settings {
            relabel: checked(&job.relabel),
            metric_relabel: checked(&job.metric_relabel),
            accept: andon_exposition::accept(&protocols, escaping(job.escaping)),
            fallback: job.fallback.map(protocol),
            caller,
            described: Shared::default(),
            job,
        })
    }
}

/// Definitions with a rule that cannot be applied are never put in force.
fn checked(rules: &[RelabelRule]) -> Relabeling {
    Relabeling::new(rules).expect("rules are checked when they are loaded")
}

fn protocol(named: prometheus::Protocol) -> Protocol {
    match named {
        prometheus::Protocol::Protobuf => Protocol::PrometheusProto,
        prometheus::Protocol::Text004 => Protocol::PrometheusText0_0_4,
        prometheus::Protocol::Text100 => Protocol::PrometheusText1_0_0,
        prometheus::Protocol::OpenMetrics001 => Protocol::OpenMetricsText0_0_1,
        prometheus::Protocol::OpenMetrics100 => Protocol::OpenMetricsText1_0_0,
    }
}

fn escaping(named: prometheus::Escaping) -> Escaping {
    Escaping::named(named.word()).unwrap_or_default()
}
