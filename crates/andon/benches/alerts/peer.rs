//! Andon and Alertmanager, each with a fresh directory and the same routes.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::Failed;
use crate::process::Process;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Andon,
    Alertmanager,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Andon => "Andon",
            Kind::Alertmanager => "Alertmanager",
        }
    }

    /// None: it is not installed.
    pub fn binary(self) -> Option<String> {
        let named = |name: &str| std::env::var(name).ok();
        match self {
            Kind::Andon => Some(named("ANDON_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_andon").to_owned())),
            Kind::Alertmanager => {
                let usual = ["prometheus-alertmanager", "alertmanager"].map(str::to_owned);
                named("ALERTMANAGER").into_iter().chain(usual).find(|binary| {
                    let mut command = Command::new(binary);
                    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
                    command.status().is_ok_and(|status| status.success())
                })
            }
        }
    }
}

pub struct Peer {
    pub process: Process,
    address: SocketAddr,
    client: reqwest::Client,
    _dir: TempDir,
}

impl Peer {
    pub async fn start(kind: Kind, binary: &str, hook: SocketAddr) -> Result<Peer, Failed> {
        let dir = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let routes = dir.path().join("alertmanager.yml");
        fs::write(&routes, ROUTES.replace("HOOK", &hook.to_string()))?;
        let data = dir.path().join("data");
        let mut command = Command::new(binary);
        match kind {
            Kind::Andon => {
                fs::write(dir.path().join("instance.yaml"), INSTANCE)?;
                command.arg("serve").arg(dir.path()).arg("--listen").arg(address.to_string());
                command.arg("--data").arg(&data).env("ANDON_LOG", "warn");
            }
            Kind::Alertmanager => {
                command.arg(format!("--config.file={}", routes.display()));
                command.arg(format!("--storage.path={}", data.display()));
                command.arg(format!("--web.listen-address={address}"));
                command.args(["--cluster.listen-address=", "--log.level=error"]);
            }
        }
        let process = Process::start(&mut command, &dir.path().join("log"))?;
        let peer = Peer { process, address, client: reqwest::Client::new(), _dir: dir };
        for _ in 0..200 {
            if peer.get("/-/ready").await.is_ok() {
                return Ok(peer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("{} does not answer", kind.name()).into())
    }

    pub async fn get(&self, path: &str) -> Result<Vec<u8>, Failed> {
        let url = format!("http://{}{path}", self.address);
        let response = self.client.get(url).send().await?.error_for_status()?;
        Ok(response.bytes().await?.to_vec())
    }

    pub async fn post(&self, alerts: &Value) -> Result<(), Failed> {
        let url = format!("http://{}/api/v2/alerts", self.address);
        let request = self.client.post(url).header("content-type", "application/json");
        request.body(alerts.to_string()).send().await?.error_for_status()?;
        Ok(())
    }
}

const ROUTES: &str = "\
route:
  receiver: default
  group_by: [alertname]
  routes:
  - { receiver: db, matchers: ['team=\"db\"'] }
  - { receiver: web, matchers: ['team=\"web\"'] }
  - { receiver: told, matchers: ['job=\"told\"'], group_by: ['...'], group_wait: 0s }
receivers:
- name: default
- name: db
  webhook_configs: [ { url: 'http://HOOK/' } ]
- name: web
- name: told
  webhook_configs: [ { url: 'http://HOOK/' } ]
";

const INSTANCE: &str = "\
apiVersion: andon/v1
kind: Instance
metadata: { name: bench }
spec: { default_team: team:bench }
---
apiVersion: andon/v1
kind: Team
metadata: { name: bench }
spec:
  people: { ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] } }
  oncall: { primary: { people: [ana], every: 1w, handover: { day: mon, at: '09:00', timezone: Europe/Madrid } } }
  escalation: [ { page: 'oncall:primary' } ]
";
