//! The tutorial, walked: what stands behind `$ ` in its `console` blocks is run in order against a real server, in a
//! copy of the example, and has to say what the page says that it says.
//!
//! What only looks is asked again until it shows what is written, as a reader would; numbers and times may differ. The
//! part that kills Andon takes over a minute by design (nobody may look before the order has expired everywhere), and
//! is walked where nothing may be skipped.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use andon_vocabulary::Timestamp;
use tempfile::TempDir;

use crate::house::{may_skip, root};

const PATIENCE: Duration = Duration::from_secs(180);
/// The whole page takes no longer.
const WALK: Duration = Duration::from_secs(480);
const LOOK_AGAIN: Duration = Duration::from_millis(300);
const ADDRESS_OF_THE_PAGE: &str = "http://127.0.0.1:7070";
const START: &str = "cargo run --release -- up examples/storefront";
const KILL: &str = " && kill -9 $(pgrep -f 'andon up')";
/// What follows from the kill stands under this heading.
const AFTER_THE_KILL: &str = "### Start it again";

#[test]
fn the_tutorial_does_what_it_says() {
    let storefront = Path::new(env!("CARGO_BIN_EXE_andon")).with_file_name("storefront");
    if !storefront.exists() && may_skip("the shop of the tutorial is not built: `cargo build -p storefront`")
    {
        return;
    }
    let page = std::fs::read_to_string(root().join("docs/tutorial.md")).expect("the tutorial");
    let required = std::env::var_os("ANDON_REQUIRE_ALL").is_some_and(|value| !value.is_empty());
    let kills = required || !may_skip("Andon is not killed in the tutorial; that takes 80 s");
    let mut walk = Walk::new();
    for step in steps(&page).iter().filter(|step| kills || !step.after_the_kill) {
        walk.take(step, kills);
    }
    assert!(walk.taken > 12, "the tutorial has commands");
}

/// A command, and the lines that it should print.
struct Step {
    command: String,
    shows: Vec<String>,
    after_the_kill: bool,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut in_console, mut after_the_kill) = (false, false);
    for line in page.lines() {
        if line.starts_with("```") {
            in_console = line == "```console";
        } else if !in_console {
            after_the_kill = if line.starts_with('#') { line == AFTER_THE_KILL } else { after_the_kill };
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), shows: Vec::new(), after_the_kill });
        } else if !line.is_empty() && line != "…" {
            steps.last_mut().expect("output follows a command").shows.push(line.to_owned());
        }
    }
    steps
}

/// A directory as a clone has it, and the server that runs there.
struct Walk {
    clone: TempDir,
    address: String,
    server: Option<Child>,
    /// Ana and Ben take turns; the page was written in a week of Ana's.
    is_bens_week: bool,
    taken: usize,
}

impl Walk {
    fn new() -> Walk {
        let clone = tempfile::tempdir().expect("a temporary directory");
        let ops = clone.path().join("examples/storefront/ops");
        copy(&root().join("examples/storefront/ops"), &ops);
        // What `up` would build is built already.
        let services = std::fs::read_to_string(ops.join("services.yaml")).expect("services");
        let built: Vec<&str> = services.lines().filter(|line| !line.trim().starts_with("build:")).collect();
        std::fs::write(ops.join("services.yaml"), built.join("\n")).expect("a file");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address").to_string();
        Walk { clone, address, server: None, is_bens_week: false, taken: 0 }
    }

    fn take(&mut self, step: &Step, kills: bool) {
        self.taken += 1;
        match step.command.as_str() {
            START => return self.start(&step.shows),
            path if path.starts_with("export PATH=") => return,
            _ => {}
        }
        // What is rehearsed has dates of its own, and everything else is about this week.
        let rehearsed = step.command.starts_with("andon test");
        let turns = |text: &str| if self.is_bens_week && !rehearsed { swap(text) } else { text.to_owned() };
        let is_kill = step.command.ends_with(KILL);
        let command = turns(step.command.strip_suffix(KILL).unwrap_or(&step.command));
        let shows: Vec<String> = step.shows.iter().map(|line| turns(line)).collect();
        let fails = shows.iter().any(|line| line.starts_with("failed "));
        let is_right =
            |output: &Output| output.status.success() != fails && shown_in(&shows, &text(&output.stdout));
        let began = Instant::now();
        let mut last = self.run(&command);
        while looks(&command) && !is_right(&last) && began.elapsed() < PATIENCE {
            std::thread::sleep(LOOK_AGAIN);
            last = self.run(&command);
        }
        if is_kill && kills {
            let mut server = self.server.take().expect("a server runs");
            server.kill().expect("it can be killed");
            server.wait().expect("it ends");
        }
        if !is_right(&last) {
            panic!(
                "$ {command}\n{}{}\n({})\nthe page says:\n{}\nat that time:\n{}",
                text(&last.stdout),
                text(&last.stderr),
                last.status,
                shows.join("\n"),
                text(&self.run("andon alerts; andon runs; andon export INC-1").stdout),
            );
        }
    }

    fn start(&mut self, shows: &[String]) {
        let binary = env!("CARGO_BIN_EXE_andon");
        let log = self.clone.path().join("said");
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let mut up = Command::new(binary);
        up.args(["up", "examples/storefront", "--listen", &self.address]).current_dir(self.clone.path());
        up.stdin(Stdio::null()).stdout(std::fs::File::create(&log).expect("a file")).stderr(Stdio::null());
        self.server = Some(up.spawn().expect("it starts"));
        let here = format!("http://{}", self.address);
        let shows: Vec<String> = shows.iter().map(|line| line.replace(ADDRESS_OF_THE_PAGE, &here)).collect();
        let began = Instant::now();
        while !shown_in(&shows, &said()) {
            assert!(began.elapsed() < PATIENCE, "the server said:\n{}", said());
            std::thread::sleep(LOOK_AGAIN);
        }
        let oncall = text(&self.run("andon oncall").stdout);
        let wait = until_handed_over(&oncall);
        if self.taken == 1 && wait < WALK {
            // One of them is on call on the whole page.
            eprintln!("waiting {} s for the hand-over", wait.as_secs());
            std::thread::sleep(wait);
        }
        self.is_bens_week = text(&self.run("andon oncall").stdout).contains("primary   ben");
    }

    fn run(&self, command: &str) -> Output {
        let beside = Path::new(env!("CARGO_BIN_EXE_andon")).parent().expect("a directory");
        let path = format!("{}:{}", beside.display(), std::env::var("PATH").unwrap_or_default());
        Command::new("bash")
            .args(["-c", command])
            .current_dir(self.clone.path())
            .env("PATH", path)
            .env("ANDON_SERVER", format!("http://{}", self.address))
            .env_remove("ANDON_PERSON")
            .env("NO_COLOR", "1")
            .output()
            .expect("bash runs")
    }
}

impl Drop for Walk {
    /// In order, so that the shop ends too.
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let pid = rustix::process::Pid::from_child(server);
            // It may have ended by itself.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = server.wait();
        }
    }
}

/// How long whoever is on call still is.
fn until_handed_over(oncall: &str) -> Duration {
    let until = oncall.split_whitespace().last().and_then(|word| word.parse::<Timestamp>().ok());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    let now = Timestamp::from_ms(i64::try_from(now.as_millis()).expect("a time"));
    until.expect("somebody is on call until some time").since(now) + Duration::from_secs(1)
}

/// Whether a command changes nothing, so that it may be asked again.
fn looks(command: &str) -> bool {
    let words = ["oncall", "incidents", "alerts", "runs", "review show", "why", "export", "check"];
    command.strip_prefix("andon ").is_some_and(|said| words.iter().any(|word| said.starts_with(word)))
}

/// Whether these lines are among those, in this order, up to numbers, times and spaces.
fn shown_in(shows: &[String], said: &str) -> bool {
    let mut said = said.lines().map(gist);
    shows.iter().map(|line| gist(line)).all(|wanted| said.any(|line| line.starts_with(&wanted)))
}

fn gist(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let first = word.chars().find(|c| c.is_alphanumeric());
        let is_time = word.contains("=2");
        if is_time || first.is_some_and(|first| first.is_ascii_digit()) { "#" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn swap(text: &str) -> String {
    text.replace("ana", "\0").replace("ben", "ana").replace('\0', "ben")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory of the example") {
        let entry = entry.expect("an entry");
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() && name != "data" {
            copy(&path, &to.join(name));
        } else if path.is_file() {
            std::fs::copy(&path, to.join(name)).expect("it can be copied");
        }
    }
}
