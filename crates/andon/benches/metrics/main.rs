//! The metrics engine beside its peers, in one run, on the same data: what it costs to take samples in, to keep them
//! and to answer queries. Peers that are not installed are left out and said to be.
//!
//!     bench/metrics.sh                 ANDON_BENCH_SERIES, ANDON_BENCH_SAMPLES, ANDON_BENCH_PEERS=andon,prometheus
//!
//! Everything runs on loopback, in temporary directories, each peer alone, one after the other; the sender's own time
//! is not counted.

mod data;
mod peer;
mod process;
mod sender;
mod table;
mod target;

use std::time::{Duration, Instant};

use data::Data;
use peer::{Kind, Peer};
use table::{Row, Table};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What is asked, and how it is called in the table.
const QUERIES: [(&str, &str); 4] = [
    ("sum by (job)(rate(x[5m]))", "sum by (job)(rate)"),
    ("max by (job)(x)", "max by (job)"),
    (r#"x{handler=~"/api/v1/.*7"}"#, "regex selector"),
    ("topk(10, increase(x[10m]))", "topk of increase"),
];

const ROUNDS: usize = 15;

fn main() -> Result<(), Failed> {
    // `cargo test --benches` and `cargo bench -- --test` only want to know that it runs.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Failed> {
    let number = |name: &str, default: usize| {
        std::env::var(name).ok().map_or(Ok(default), |text| text.parse::<usize>())
    };
    let data = Data::new(number("ANDON_BENCH_SERIES", 10_000)?, number("ANDON_BENCH_SAMPLES", 1_000)?);
    let wanted =
        std::env::var("ANDON_BENCH_PEERS").unwrap_or_else(|_| "andon,prometheus,victoria-metrics".into());
    println!("{} series × {} samples, one every 15 s", data.series(), data.samples());
    let mut table = Table::default();
    for kind in Kind::ALL {
        if !wanted.split(',').any(|name| name == kind.name()) {
            continue;
        }
        let Some(version) = kind.version() else {
            println!("{} is not installed: left out", kind.name());
            continue;
        };
        println!("\n{version}");
        measure(kind, &data, &mut table).await?;
    }
    print!("\n{table}");
    Ok(())
}

async fn measure(kind: Kind, data: &Data, table: &mut Table) -> Result<(), Failed> {
    let name = kind.name();
    let mut put = |row: Row, value: f64| {
        println!("  {row}: {}", row.show(value));
        table.put(name, row, value);
    };

    let peer = Peer::start(kind).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = peer.process.resident()?;
    let before = peer.process.cpu()?;
    let began = Instant::now();
    let sent = sender::send(&peer.write_url(), data).await?;
    put(Row::IngestWall, sent as f64 / began.elapsed().as_secs_f64());
    put(Row::IngestCpu, sent as f64 / (peer.process.cpu()? - before).as_secs_f64());
    put(Row::PeakResident, peer.process.peak_resident()? as f64);
    put(Row::ResidentOverIdle, (peer.process.resident()?.saturating_sub(idle)) as f64);
    peer.settle().await?;
    ask(&peer, data, &mut put).await?;
    put(Row::PeakResidentAsked, peer.process.peak_resident()? as f64);
    put(Row::BytesASample, peer.bytes().await? as f64 / sent as f64);
    drop(peer);

    let scraped = target::Target::start(data).await?;
    let peer = Peer::scraping(kind, scraped.address()).await?;
    let (cpu, samples) = scraped.watch(&peer).await?;
    put(Row::ScrapeCpu, samples as f64 / cpu.as_secs_f64());
    Ok(())
}

/// Wall and CPU time of each query, as medians; the first round warms caches up and is not counted.
async fn ask(peer: &Peer, data: &Data, put: &mut impl FnMut(Row, f64)) -> Result<(), Failed> {
    let end = data.last_at() / 1000;
    for (at, (query, _)) in QUERIES.iter().enumerate() {
        let ranged = [
            ("query", *query),
            ("start", &(end - 3600).to_string()),
            ("end", &end.to_string()),
            ("step", "60"),
        ];
        let (wall, cpu) = rounds(peer, "query_range", &ranged).await?;
        put(Row::RangeWall(at), wall);
        put(Row::RangeCpu(at), cpu);
        let instant = [("query", *query), ("time", &end.to_string())];
        let (wall, cpu) = rounds(peer, "query", &instant).await?;
        put(Row::InstantWall(at), wall);
        put(Row::InstantCpu(at), cpu);
    }
    Ok(())
}

async fn rounds(peer: &Peer, path: &str, form: &[(&str, &str)]) -> Result<(f64, f64), Failed> {
    peer.ask(path, form).await?;
    let mut walls = Vec::new();
    let before = peer.process.cpu()?;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        peer.ask(path, form).await?;
        walls.push(began.elapsed());
    }
    let cpu = (peer.process.cpu()? - before) / ROUNDS as u32;
    walls.sort();
    Ok((walls[ROUNDS / 2].as_secs_f64(), cpu.as_secs_f64()))
}
