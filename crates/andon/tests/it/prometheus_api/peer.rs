//! A Prometheus of one's own, which scrapes the same target.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::real::{http, wait};

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Peer {
    child: Child,
    pub address: SocketAddr,
    /// 2, or 3.
    pub major: u32,
}

/// The binary of a program that others wrote, if there is one.
pub fn binary(variable: &str, name: &str) -> Option<String> {
    let named = std::env::var(variable).unwrap_or_else(|_| name.to_owned());
    let runs = Command::new(&named).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    runs.is_ok_and(|status| status.success()).then_some(named)
}

/// From `prometheus, version 2.42.0+ds (branch: …`.
fn major(binary: &str) -> u32 {
    let output = Command::new(binary).arg("--version").output().expect("it runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let version = said.split("version ").nth(1).and_then(|rest| rest.split('.').next()?.parse().ok());
    version.unwrap_or_else(|| panic!("{binary} says no version: {said}"))
}

impl Peer {
    pub fn start(binary: &str, dir: &Path, target: SocketAddr) -> Peer {
        Peer::of(binary, dir, |major| {
            // The third insists on being told what a target without a content type speaks; the second knows no such
            // key.
            let speaks = if major >= 3 { "fallback_scrape_protocol: PrometheusText0.0.4, " } else { "" };
            format!(
                "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms }}\n\
                 scrape_configs: [ {{ job_name: shop, {speaks}static_configs: [ {{ targets: ['{target}'] }} ] }} ]\n"
            )
        })
    }

    /// With a configuration for its major version.
    pub fn of(binary: &str, dir: &Path, config: impl FnOnce(u32) -> String) -> Peer {
        let major = major(binary);
        let path = dir.join("prometheus.yml");
        std::fs::write(&path, config(major)).expect("a file");
        // Free a moment ago; nobody else is likely to take it meanwhile.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port");
        let child = Command::new(binary)
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let peer = Peer { child, address, major };
        wait("Prometheus to be ready", PATIENCE, || {
            let (status, _) = http::request(address, "GET", "/-/ready", &[], "").ok()?;
            (status == 200).then_some(())
        });
        peer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
