//! An Andon of one's own: its directory, and the process that runs there, started and killed at will.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http;

const START_PATIENCE: Duration = Duration::from_secs(30);

/// Definitions, journal and log, kept from one life of the server to the next.
pub struct Home {
    dir: TempDir,
}

impl Home {
    pub fn new(files: impl IntoIterator<Item = (&'static str, String)>) -> Home {
        let home = Home { dir: tempfile::tempdir().expect("a temporary directory") };
        std::fs::create_dir_all(home.ops()).expect("a directory");
        for (name, text) in files {
            home.write(name, &text);
        }
        home
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.ops().join(name), text).expect("a file");
    }

    pub fn ops(&self) -> PathBuf {
        self.dir.path().join("ops")
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The binary, which `ANDON_BIN` can name: a release build, say.
    pub fn andon(&self) -> Command {
        let built = || env!("CARGO_BIN_EXE_andon").into();
        let mut command = Command::new(std::env::var_os("ANDON_BIN").unwrap_or_else(built));
        command
            .env_remove("ANDON_SERVER")
            .env_remove("ANDON_PERSON")
            .env("NO_COLOR", "1")
            .env("ANDON_LOG", "warn");
        command
    }

    fn serve(&self) -> Command {
        let mut command = self.andon();
        command.arg("serve").arg(self.ops()).args(["--listen", "127.0.0.1:0", "--data"]).arg(self.data());
        command.stdin(Stdio::null());
        command
    }

    /// Runs a server that is expected not to start: its exit code and its last words.
    #[track_caller]
    pub fn refused(&self) -> (Option<i32>, String) {
        let mut child = self.serve().stderr(Stdio::piped()).spawn().expect("it runs");
        let code = super::within(START_PATIENCE, || child.try_wait().expect("it can be waited for"));
        // One that does serve has nothing to say that would end.
        let _ = child.kill();
        let code = code.expect("it ends by itself").code();
        let said = std::io::read_to_string(child.stderr.take().expect("it is piped")).expect("text");
        (code, said)
    }

    /// A process that may not serve yet.
    pub fn spawn(&self) -> Child {
        self.spawn_logging("warn")
    }

    /// The same, with a log that tells so much.
    pub fn spawn_logging(&self, level: &str) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).expect("a log");
        let mut serve = self.serve();
        serve.env("ANDON_LOG", level).stdout(Stdio::piped()).stderr(log).spawn().expect("it starts")
    }

    /// A server that answers.
    #[track_caller]
    pub fn start(&self) -> Server {
        let began = Instant::now();
        let mut child = self.spawn();
        let mut said = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut said).expect("it says where it listens");
        let Some(address) = said.trim().strip_prefix("listening on http://") else {
            let _ = child.kill();
            panic!("it did not start, but said {said:?}\n{}", self.log_text());
        };
        let address = address.parse().expect("an address");
        let mut server = Server { child, address, start_took: Duration::ZERO };
        // Of the view alone: whoever has read the journal keeps SQLite from tidying it up at the end.
        super::wait("an answer", START_PATIENCE, || server.get("/api/v1/andon/alerts").ok());
        server.start_took = began.elapsed();
        server
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }
}

/// A server that answers, until it is killed; dropping it kills it.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From its first instruction to its first answer.
    pub start_took: Duration,
}

impl Server {
    pub fn get(&self, path: &str) -> std::io::Result<Value> {
        get(self.address, path)
    }

    /// What a query says now: a label set's JSON, and its value.
    pub fn query(&self, expr: &str) -> Vec<(Value, String)> {
        let encoded: String = expr.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = self.get(&format!("/api/v1/query?query={encoded}")).expect("an answer");
        let found = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{expr}: {answer}")).clone();
        found
            .into_iter()
            .map(|one| (one["metric"].clone(), one["value"][1].as_str().unwrap_or("").to_owned()))
            .collect()
    }

    /// The most memory that it ever held, in bytes.
    pub fn memory_peak(&self) -> u64 {
        let status = Path::new("/proc").join(self.child.id().to_string()).join("status");
        let text = std::fs::read_to_string(status).expect("it runs");
        let line = text.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
        1024 * line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse().ok()).unwrap_or(0_u64)
    }

    /// As a person stops it: in order, and without an error.
    pub fn stop(mut self) {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
        assert!(self.child.wait().expect("it ends").success());
    }

    /// SIGKILL: it gets no chance to do anything.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn get(from: SocketAddr, path: &str) -> std::io::Result<Value> {
    let (_, body) = http::request(from, "GET", path, &[], "")?;
    Ok(serde_json::from_str(&body)?)
}

/// A command of ana's under a key: the status and the answer.
pub fn tell(to: SocketAddr, key: &str, command: &Value) -> std::io::Result<(u16, Value)> {
    let body = json!({ "who": "ana", "command": command }).to_string();
    let headers = [("idempotency-key", key), ("content-type", "application/json")];
    let (status, answer) = http::request(to, "POST", "/api/v1/andon/commands", &headers, &body)?;
    Ok((status, serde_json::from_str(&answer)?))
}
