//! The real server, in a process of its own, with a world around it that the test plays: targets that it scrapes and
//! a pager that it calls. Everything is on loopback and in a temporary directory.

mod alertmanager;
pub mod disk;
pub mod http;
mod pager;
mod server;
mod target;

use std::time::{Duration, Instant};

pub use alertmanager::Alertmanager;
pub use pager::{Call, Pager};
pub use server::{Home, Server, get, tell};
pub use target::Target;

/// Asks until there is an answer, at most so long.
pub fn within<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || began.elapsed() > patience {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The same; a test that waits in vain fails and says what for.
#[track_caller]
pub fn wait<T>(what: &str, patience: Duration, ask: impl FnMut() -> Option<T>) -> T {
    within(patience, ask).unwrap_or_else(|| panic!("waited {patience:?} in vain for {what}"))
}
