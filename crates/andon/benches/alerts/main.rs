//! What it costs to take in alerts that others raise, to hold them, to list them, and to tell a receiver: Andon beside
//! Alertmanager, in one run, with the same requests. An Alertmanager that is not installed is left out and said to be.
//!
//!     bench/alerts.sh                  ANDON_BENCH_ALERTS=10000,50000; ANDON_BIN, ALERTMANAGER name other binaries
//!
//! Andon answers once an alert is on the disk; Alertmanager keeps alerts in memory only.

mod hook;
mod peer;
#[path = "../metrics/process.rs"]
mod process;

use std::time::{Duration, Instant};

use hook::Hook;
use peer::{Kind, Peer};
use serde_json::{Value, json};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// As many as Prometheus sends in one request.
const BATCH: usize = 64;
/// Requests under way at the same time.
const SENDERS: usize = 4;
const ROUNDS: usize = 5;
/// Alerts that are told one by one, after as many again that are not counted.
const TOLD: usize = 300;

fn main() -> Result<(), Failed> {
    // `cargo test --benches` and `cargo bench -- --test` only want to know that it runs.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return Ok(());
    }
    // An error means that it is installed already, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Failed> {
    let sizes = std::env::var("ANDON_BENCH_ALERTS").unwrap_or_else(|_| "10000,50000".to_owned());
    let sizes = sizes.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    let mut measured = Vec::new();
    for kind in [Kind::Andon, Kind::Alertmanager] {
        let Some(binary) = kind.binary() else {
            println!("{} is not installed: left out", kind.name());
            continue;
        };
        println!("{}", kind.name());
        measured.push((kind.name(), measure(kind, &binary, &sizes).await?));
    }
    if let [(_, own), (_, theirs)] = &measured[..] {
        println!("\nAlertmanager's, as multiples of Andon's");
        for ((what, own), (_, theirs)) in own.iter().zip(theirs) {
            println!("  {what:44} {:.2} ×", theirs / own);
        }
    }
    Ok(())
}

/// Each with its name; printed as they come.
async fn measure(kind: Kind, binary: &str, sizes: &[usize]) -> Result<Vec<(String, f64)>, Failed> {
    let mut found = Vec::new();
    let mut put = |what: String, value: f64, shown: String| {
        println!("  {what:44} {shown}");
        found.push((what, value));
    };
    let (mut hook, address) = Hook::start().await?;
    let peer = Peer::start(kind, binary, address).await?;
    let told = told(&peer, &mut hook).await?;
    for (name, at) in [("p50", TOLD / 2), ("p99", TOLD * 99 / 100)] {
        let took = told[at].as_secs_f64();
        put(format!("accepted → webhook, {name} of {TOLD}"), took, format!("{:.2} ms", took * 1e3));
    }
    drop(peer);
    let peer = Peer::start(kind, binary, address).await?;
    let mut held = 0;
    for &size in sizes {
        let (began, cpu) = (Instant::now(), peer.process.cpu()?);
        send(&peer, held, size, "2096-01-01T00:00:00Z").await?;
        let added = (size - std::mem::replace(&mut held, size)) as f64;
        let rate = added / began.elapsed().as_secs_f64();
        put(format!("alerts a second, up to {size}"), rate, format!("{rate:.0}"));
        let rate = added / (peer.process.cpu()? - cpu).as_secs_f64();
        put(format!("alerts a CPU second, up to {size}"), rate, format!("{rate:.0}"));
        let listed = listed(&peer, size).await?.as_secs_f64();
        put(format!("GET /api/v2/alerts of {size}"), listed, format!("{:.1} ms", listed * 1e3));
        // Until what there is to tell of them has been told.
        tokio::time::sleep(Duration::from_secs(20)).await;
        for (what, bytes) in
            [("memory", peer.process.resident()?), ("peak memory", peer.process.peak_resident()?)]
        {
            let bytes = bytes as f64;
            put(format!("{what} with {size} alerts"), bytes, format!("{:.0} MiB", bytes / 1_048_576.0));
        }
    }
    // As senders do every minute, with a later end.
    let began = Instant::now();
    send(&peer, 0, held, "2096-01-02T00:00:00Z").await?;
    let rate = held as f64 / began.elapsed().as_secs_f64();
    put(format!("alerts a second, all {held} repeated"), rate, format!("{rate:.0}"));
    Ok(found)
}

async fn send(peer: &Peer, from: usize, to: usize, until: &str) -> Result<(), Failed> {
    let starts: Vec<usize> = (from..to).step_by(BATCH).collect();
    let sender = async |first: usize| -> Result<(), Failed> {
        for &start in starts.iter().skip(first).step_by(SENDERS) {
            let alerts: Vec<Value> = (start..to.min(start + BATCH)).map(|n| alert(n, until)).collect();
            peer.post(&json!(alerts)).await?;
        }
        Ok(())
    };
    let (a, b, c, d) = tokio::join!(sender(0), sender(1), sender(2), sender(3));
    a.and(b).and(c).and(d)
}

fn alert(n: usize, until: &str) -> Value {
    let (severity, team) = (["page", "ticket"][n % 2], ["db", "web", "ops"][n % 3]);
    json!({
        "labels": {
            "alertname": format!("Alert{}", n % 50),
            "instance": format!("host-{n}.example.com:9100"),
            "job": "node",
            "severity": severity,
            "team": team,
        },
        "annotations": { "summary": format!("instance {n} has a trouble of its own") },
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
        "endsAt": until,
    })
}

/// From the first byte of a request to the receiver's being called, each alert in a group of its own; sorted.
async fn told(peer: &Peer, hook: &mut Hook) -> Result<Vec<Duration>, Failed> {
    let mut took = Vec::new();
    for n in 0..2 * TOLD {
        let labels = json!({ "alertname": "Told", "instance": format!("told-{n}"), "job": "told" });
        let began = Instant::now();
        peer.post(&json!([{ "labels": labels }])).await?;
        let called = hook.called(&format!("\"told-{n}\"")).await?;
        took.push(called - began);
    }
    took.drain(..TOLD);
    took.sort();
    Ok(took)
}

/// The median; the first round is not counted.
async fn listed(peer: &Peer, size: usize) -> Result<Duration, Failed> {
    let mut rounds = Vec::new();
    for _ in 0..=ROUNDS {
        let began = Instant::now();
        let body = peer.get("/api/v2/alerts").await?;
        rounds.push(began.elapsed());
        let alerts: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&body)?;
        if alerts.len() != size {
            return Err(format!("{} alerts are listed of {size}", alerts.len()).into());
        }
    }
    rounds.remove(0);
    rounds.sort();
    Ok(rounds[ROUNDS / 2])
}
