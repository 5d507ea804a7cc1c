//! The sample store is killed with SIGKILL at random moments while it takes samples, cuts blocks and compacts them:
//! what was acknowledged more than a second before is there, and everything on the disk is sound.
//!
//! `ANDON_METRICS_KILLS` says how many times; `ANDON_METRICS_SEED` which moments.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use andon_blocks::{Fsync, Retention, Settings, Store};
use andon_timeseries::{Limits, Sample, Select};
use andon_vocabulary::{Labels, Timestamp};

use crate::kill::Dice;

const KILLS: u64 = 10;
const SERIES: usize = 50;
/// Of simulated time from one sample to the next: a block is cut every 480.
const STEP_MS: i64 = 15_000;
/// Set for the process that is killed.
const DIRECTORY: &str = "ANDON_METRICS_KILLED_IN";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn open(dir: &Path) -> Store {
    // Simulated time runs faster than the store is told of it.
    let limits = Limits { ahead_max: Duration::from_secs(86_400), ..Limits::default() };
    // … and must not outlive what is kept.
    let retention = Retention { raw: Duration::from_secs(10 * 365 * 86_400), ..Retention::default() };
    let settings =
        Settings { limits, retention, fsync: Fsync::Every(Duration::from_secs(1)), ..Settings::default() };
    Store::open(dir, settings).expect("the store opens")
}

fn labels(n: usize) -> Labels {
    Labels::new([("__name__", "killed".to_owned()), ("n", format!("{n:02}"))])
}

/// The newest step that every series has; each has every step before it, with the right value.
fn reached(store: &Store) -> i64 {
    let found = store.select(&[], Timestamp::from_ms(-1), Timestamp::MAX).expect("it answers");
    let mut reached = None;
    for series in &found {
        let steps: Vec<i64> = series.samples.iter().map(|sample| sample.at.as_ms() / STEP_MS).collect();
        let last = steps.last().copied().unwrap_or_default();
        assert!(steps.iter().copied().eq(1..=last), "{} has a gap before {last}", series.labels);
        assert!(series.samples.iter().zip(&steps).all(|(sample, step)| sample.value == *step as f64 / 4.0));
        reached = Some(reached.map_or(last, |reached: i64| reached.min(last)));
    }
    assert!(found.is_empty() || found.len() == SERIES, "{} series", found.len());
    reached.unwrap_or_default()
}

/// The process that is killed: writes as fast as it may and says what it has written. A test like any other where
/// nobody asks for it.
#[test]
fn the_one_that_is_killed() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let store = Arc::new(open(Path::new(&dir)));
    let series: Vec<Labels> = (0..SERIES).map(labels).collect();
    let first = reached(&store) + 1;
    let now = Arc::new(AtomicI64::new(first * STEP_MS));
    let (kept, at, goes_on) = (store.clone(), now.clone(), Arc::new(AtomicBool::new(true)));
    let keeps = goes_on.clone();
    let keeper = std::thread::spawn(move || {
        while keeps.load(Ordering::Relaxed) {
            kept.keep(Timestamp::from_ms(at.load(Ordering::Relaxed)));
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    for step in first.. {
        store.write(|appender| {
            for labels in &series {
                let sample = Sample { at: Timestamp::from_ms(step * STEP_MS), value: step as f64 / 4.0 };
                appender.append(labels, sample).expect("it is taken");
            }
        });
        now.store(step * STEP_MS, Ordering::Relaxed);
        if writeln!(std::io::stdout(), "acknowledged {step}").is_err() {
            break;
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    goes_on.store(false, Ordering::Relaxed);
    keeper.join().expect("it ends well");
}

#[test]
fn what_was_acknowledged_a_second_ago_survives_a_kill() {
    let seed = number("ANDON_METRICS_SEED", 7);
    let dice = Dice::seeded(seed);
    let dir = tempfile::tempdir().expect("a temporary directory");
    for round in 0..number("ANDON_METRICS_KILLS", KILLS) {
        let lives = Duration::from_millis(1100) + dice.up_to(Duration::from_millis(700));
        let acknowledged = killed_after(dir.path(), lives);
        for checked in andon_blocks::verify(dir.path()).expect("it can be read") {
            assert_eq!(checked.result, Ok(()), "seed {seed}, round {round}: {}", checked.path.display());
        }
        let store = open(dir.path());
        assert_eq!(store.quarantined(), [], "seed {seed}, round {round}");
        let reached = reached(&store);
        assert!(
            reached >= acknowledged,
            "seed {seed}, round {round}: {acknowledged} was acknowledged, and it goes to {reached}"
        );
    }
    assert!(andon_blocks::list(dir.path()).expect("it can be read").len() > 1, "blocks were cut");
}

/// What it had acknowledged a second before it was killed.
fn killed_after(dir: &Path, lives: Duration) -> i64 {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "metrics_kill::the_one_that_is_killed", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let out = BufReader::new(child.stdout.take().expect("it is piped"));
    let reader = std::thread::spawn(move || {
        let step = |line: &str| line.rsplit_once("acknowledged ")?.1.parse::<i64>().ok();
        let lines = out.lines().map_while(Result::ok);
        lines.filter_map(|line| Some((Instant::now(), step(&line)?))).collect::<Vec<_>>()
    });
    std::thread::sleep(lives);
    let killed = Instant::now();
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    let heard = reader.join().expect("it reads");
    let lived = heard.last().is_some_and(|(at, _)| killed.duration_since(*at) < Duration::from_millis(500));
    assert!(lived, "it wrote until it was killed");
    let safe = heard.iter().rev().find(|(at, _)| killed.duration_since(*at) >= Duration::from_secs(1));
    safe.map_or(0, |(_, step)| *step)
}
