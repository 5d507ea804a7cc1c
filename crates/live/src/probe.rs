//! Asking a service from outside, as its customers do: does it answer, with what, how fast, and for how long is its
//! certificate good.

mod certificate;

use std::sync::Arc;
use std::time::{Duration, Instant};

use andon_vocabulary::{Labels, Name, Timestamp};
use reqwest::{Client, tls::TlsInfo};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

pub use certificate::ends as certificate_ends;

use crate::clock::Clock;
use crate::http::in_words;
use crate::source::Source;
use crate::store::{SharedStore, series};

/// One thing to ask, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub service: Name,
    pub instance: Name,
    pub ask: Ask,
    pub every: Duration,
    /// Slower than this is a failure.
    pub under: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A GET that must answer with this status.
    Http { url: String, status: u16 },
    /// `host:port` must take a connection.
    Tcp { address: String },
}

/// What one probe saw.
#[derive(Debug, Default)]
struct Seen {
    status: Option<u16>,
    certificate_ends: Option<Timestamp>,
    /// Why it is a failure, in words.
    failure: Option<String>,
}

/// Probes until `stop` fires or its sender is dropped; then the probe's series end.
pub async fn run(
    probe: Probe,
    client: Client,
    store: SharedStore,
    clock: Arc<Clock>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut source = Source::default();
    let mut failing = false;
    let mut ticks = tokio::time::interval(probe.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stop => break,
        }
        let began = Instant::now();
        let mut seen = tokio::select! {
            seen = ask(&probe, &client) => seen,
            _ = &mut stop => break,
        };
        let took = began.elapsed();
        if seen.failure.is_none() && took > probe.under {
            seen.failure = Some(format!("answered after {took:.0?}, not under {:?}", probe.under));
        }
        if failing != seen.failure.is_some() {
            failing = !failing;
            let why = seen.failure.as_deref().unwrap_or("answers again");
            tracing::info!(service = %probe.service, instance = %probe.instance, "probe: {why}");
        }
        source.write(&store, clock.now(), samples(&probe, &seen, took));
    }
    source.write(&store, clock.now(), Vec::new());
}

async fn ask(probe: &Probe, client: &Client) -> Seen {
    // An answer that is a little late is worth more to a person than none at all.
    let patience = probe.every.max(probe.under).min(Duration::from_secs(10));
    match &probe.ask {
        Ask::Http { url, status } => http(client, url, *status, patience).await,
        Ask::Tcp { address } => tcp(address, patience).await,
    }
}

async fn http(client: &Client, url: &str, wanted: u16, patience: Duration) -> Seen {
    match client.get(url).timeout(patience).send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            let certificate = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
            Seen {
                status: Some(status),
                certificate_ends: certificate.and_then(certificate::ends),
                failure: (status != wanted).then(|| format!("answered {status}, not {wanted}")),
            }
        }
        Err(error) => Seen { failure: Some(in_words(&error)), ..Seen::default() },
    }
}

async fn tcp(address: &str, patience: Duration) -> Seen {
    let failure = match tokio::time::timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(format!("cannot connect: {error}")),
        Err(_) => Some("no answer in time".to_owned()),
    };
    Seen { failure, ..Seen::default() }
}

/// Named as the blackbox exporter names them; an unanswered HTTP probe has status 0 there too.
fn samples(probe: &Probe, seen: &Seen, took: Duration) -> Vec<(Labels, f64)> {
    let (kind, target) = match &probe.ask {
        Ask::Http { url, .. } => ("http", url),
        Ask::Tcp { address } => ("tcp", address),
    };
    let labels =
        [("service", &*probe.service), ("instance", &*probe.instance), ("probe", kind), ("target", target)];
    let success = if seen.failure.is_none() { 1.0 } else { 0.0 };
    let mut found = vec![("probe_success", success), ("probe_duration_seconds", took.as_secs_f64())];
    if kind == "http" {
        found.push(("probe_http_status_code", f64::from(seen.status.unwrap_or(0))));
    }
    if let Some(ends) = seen.certificate_ends {
        let seconds = ends.as_ms() as f64 / 1000.0;
        found.push(("probe_ssl_earliest_cert_expiry", seconds));
    }
    found.into_iter().map(|(name, value)| (series(name, &labels), value)).collect()
}

#[cfg(test)]
mod tests;
