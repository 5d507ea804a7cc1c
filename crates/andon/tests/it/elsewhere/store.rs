//! A Prometheus or a VictoriaMetrics, in a process of its own, which scrapes a target; killed and started at will.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::real::{http, wait};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Store<'a> {
    binary: String,
    dir: &'a Path,
    pub address: SocketAddr,
    child: Option<Child>,
}

impl<'a> Store<'a> {
    pub fn new(binary: String, dir: &'a Path, target: SocketAddr) -> Store<'a> {
        let config = format!(
            "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms }}\n\
             scrape_configs:\n- job_name: shop\n  static_configs: [ {{ targets: ['{target}'], labels: {{ service: shop }} }} ]\n{}",
            if is_third(&binary) { "  fallback_scrape_protocol: PrometheusText0.0.4\n" } else { "" }
        );
        std::fs::write(dir.join("prometheus.yml"), config).expect("a file");
        // Free a moment ago; nobody else is likely to take it meanwhile.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        Store { binary, dir, address: free.expect("a port"), child: None }
    }

    pub fn start(&mut self) {
        let config = self.dir.join("prometheus.yml");
        let data = self.dir.join("store");
        let mut command = Command::new(&self.binary);
        if self.is_victoria() {
            command
                .arg(format!("-promscrape.config={}", config.display()))
                .arg(format!("-storageDataPath={}", data.display()))
                .arg(format!("-httpListenAddr={}", self.address))
                // By default it hides the newest half minute.
                .arg("-search.latencyOffset=0s");
        } else {
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg(format!("--web.listen-address={}", self.address));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("it starts"));
        let path = if self.is_victoria() { "/health" } else { "/-/ready" };
        let address = self.address;
        wait("the store to be ready", PATIENCE, || {
            let (status, _) = http::request(address, "GET", path, &[], "").ok()?;
            (status == 200).then_some(())
        });
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn is_victoria(&self) -> bool {
        self.binary.contains("victoria")
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Prometheus 3 insists on being told what a target without a content type speaks; others know no such key.
fn is_third(binary: &str) -> bool {
    let output = Command::new(binary).arg("--version").output().expect("it runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).contains("prometheus, version 3")
}
