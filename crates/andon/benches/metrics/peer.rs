//! Andon and what it is compared with, each with a fresh data directory and settings that its makers recommend.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::Failed;
use crate::process::Process;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Andon,
    Prometheus,
    VictoriaMetrics,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Andon, Kind::Prometheus, Kind::VictoriaMetrics];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Andon => "andon",
            Kind::Prometheus => "prometheus",
            Kind::VictoriaMetrics => "victoria-metrics",
        }
    }

    fn binary(self) -> String {
        match self {
            Kind::Andon => {
                std::env::var("ANDON_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_andon").to_owned())
            }
            other => other.name().to_owned(),
        }
    }

    /// The first words of what it says of itself; its name if it says nothing, none if it is not
    /// installed.
    pub fn version(self) -> Option<String> {
        let flag = if self == Kind::VictoriaMetrics { "-version" } else { "--version" };
        let output = Command::new(self.binary()).arg(flag).output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        Some(text.lines().find(|line| !line.is_empty()).unwrap_or(self.name()).to_owned())
    }
}

pub struct Peer {
    kind: Kind,
    pub process: Process,
    pub address: SocketAddr,
    dir: TempDir,
    client: reqwest::Client,
}

impl Peer {
    pub async fn start(kind: Kind) -> Result<Peer, Failed> {
        Peer::begin(kind, "").await
    }

    /// One that scrapes this address ten times a second.
    pub async fn scraping(kind: Kind, target: SocketAddr) -> Result<Peer, Failed> {
        let scrape = format!(
            "scrape_configs:\n- job_name: bench\n  scrape_interval: 100ms\n  scrape_timeout: 100ms\n  \
             static_configs: [{{ targets: ['{target}'] }}]\n"
        );
        Peer::begin(kind, &scrape).await
    }

    async fn begin(kind: Kind, scrape: &str) -> Result<Peer, Failed> {
        let dir = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = dir.path().join("prometheus.yml");
        let global = if kind == Kind::VictoriaMetrics { "" } else { "global: { scrape_interval: 15s }\n" };
        fs::write(&config, format!("{global}{scrape}"))?;
        let mut command = Command::new(kind.binary());
        let data = dir.path().join("data");
        match kind {
            Kind::Andon => {
                fs::write(dir.path().join("instance.yaml"), INSTANCE)?;
                command.arg("serve").arg(dir.path()).arg("--listen").arg(address.to_string());
                command.arg("--admin-api").arg("--data").arg(&data).env("ANDON_LOG", "warn");
            }
            Kind::Prometheus => {
                command.arg(format!("--config.file={}", config.display()));
                command.arg(format!("--storage.tsdb.path={}", data.display()));
                command.arg(format!("--web.listen-address={address}"));
                command.args([
                    "--web.enable-remote-write-receiver",
                    "--web.enable-admin-api",
                    "--log.level=warn",
                ]);
            }
            Kind::VictoriaMetrics => {
                command.arg(format!("-storageDataPath={}", data.display()));
                command.arg(format!("-httpListenAddr={address}"));
                command.args(["-retentionPeriod=100y", "-loggerLevel=WARN", "-search.disableCache"]);
                if !scrape.is_empty() {
                    command.arg(format!("-promscrape.config={}", config.display()));
                }
            }
        }
        let process = Process::start(&mut command, &dir.path().join("log"))?;
        let peer = Peer { kind, process, address, dir, client: reqwest::Client::new() };
        peer.ready().await?;
        Ok(peer)
    }

    pub fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    async fn ready(&self) -> Result<(), Failed> {
        for _ in 0..200 {
            if self.ask("query", &[("query", "1")]).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = fs::read_to_string(self.dir.path().join("log"))?;
        Err(format!("{} does not answer; it said:\n{log}", self.kind.name()).into())
    }

    /// The body of a successful answer.
    pub async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Result<String, Failed> {
        let mut url = reqwest::Url::parse(&format!("http://{}/api/v1/{path}", self.address))?;
        url.query_pairs_mut().extend_pairs(form);
        let response = self.client.get(url).send().await?.error_for_status()?;
        Ok(response.text().await?)
    }

    /// Everything that was sent can be read; what is still to be merged has been.
    pub async fn settle(&self) -> Result<(), Failed> {
        if self.kind == Kind::VictoriaMetrics {
            for path in ["internal/force_flush", "internal/force_merge"] {
                let url = format!("http://{}/{path}", self.address);
                self.client.get(url).send().await?.error_for_status()?;
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        Ok(())
    }

    /// On disk with their index, when everything that was sent is written out and merged. Prometheus merges by itself;
    /// VictoriaMetrics was told to.
    pub async fn bytes(&self) -> Result<u64, Failed> {
        if self.kind == Kind::VictoriaMetrics {
            return size(&self.dir.path().join("data"));
        }
        let url = format!("http://{}/api/v1/admin/tsdb/snapshot", self.address);
        let answer = self.client.post(url).send().await?.error_for_status()?.text().await?;
        let answer: serde_json::Value = serde_json::from_str(&answer)?;
        let name = answer["data"]["name"].as_str().ok_or("the snapshot has no name")?;
        let snapshot = self.dir.path().join("data/snapshots").join(name);
        if self.kind == Kind::Andon {
            let compacted =
                Command::new(self.kind.binary()).args(["blocks", "compact"]).arg(&snapshot).output()?;
            if !compacted.status.success() {
                return Err(String::from_utf8_lossy(&compacted.stderr).into());
            }
            return size(&snapshot.join("blocks"));
        }
        size(&snapshot)
    }
}

fn size(path: &Path) -> Result<u64, Failed> {
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

const INSTANCE: &str = "\
apiVersion: andon/v1
kind: Instance
metadata: { name: bench }
spec: { mode: act, storage: { out_of_order: 12h } }
---
apiVersion: andon/v1
kind: Team
metadata: { name: bench }
spec:
  people: { ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] } }
  oncall: { primary: { people: [ana], every: 1w, handover: { day: mon, at: '09:00', timezone: Europe/Madrid } } }
  escalation: [ { page: 'oncall:primary' } ]
";
