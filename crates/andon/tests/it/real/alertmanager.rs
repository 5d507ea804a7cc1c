//! An Alertmanager that others built, with routes of the test's, on a free port, without a cluster.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{http, wait};
use crate::house::may_skip;
use crate::prometheus_api::binary;

const PATIENCE: Duration = Duration::from_secs(40);
const NAMES: [&str; 2] = ["prometheus-alertmanager", "alertmanager"];

/// Ended with the test.
pub struct Alertmanager {
    child: Child,
    pub address: SocketAddr,
}

impl Alertmanager {
    /// Its program; none only where a test may be left out for that.
    pub fn program() -> Option<String> {
        let found = NAMES.into_iter().find_map(|name| binary("ALERTMANAGER", name));
        assert!(found.is_some() || may_skip("there is no alertmanager"));
        found
    }

    /// `text` becomes its `alertmanager.yml` in `dir`, where it keeps what it knows too. Waits until it is ready.
    pub fn start(program: &str, dir: &Path, text: &str, more: &[&str]) -> Alertmanager {
        std::fs::write(dir.join("alertmanager.yml"), text).expect("a file");
        // Free a moment ago; nobody else is likely to take it meanwhile.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port");
        let child = Command::new(program)
            .current_dir(dir)
            .args(["--config.file=alertmanager.yml", "--storage.path=data", "--cluster.listen-address="])
            .arg(format!("--web.listen-address={address}"))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let alertmanager = Alertmanager { child, address };
        wait("Alertmanager to be ready", PATIENCE, || {
            let (status, _) = http::request(address, "GET", "/-/ready", &[], "").ok()?;
            (status == 200).then_some(())
        });
        alertmanager
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
