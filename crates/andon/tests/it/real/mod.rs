//! The real server, in a process of its own, with a world around it that the test plays: targets that it scrapes and
//! a pager that it calls. Everything is on loopback and in a temporary directory.

pub mod http;
mod pager;
mod server;
mod target;

use std::time::{Duration, Instant};

pub use pager::Pager;
pub use server::{Home, Server, get, tell};
pub use target::Target;

/// Asks until there is an answer. A test that waits in vain says what for.
#[track_caller]
pub fn wait<T>(what: &str, patience: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < patience, "waited {patience:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
