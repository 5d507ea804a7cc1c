//! Which names are this machine's, and which a redirect led to lately. A name says nothing of itself, and a connection
//! that is open already is not looked up again; so what was found is remembered, for each client apart.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;

use super::{LedHere, is_own};

/// A name is looked up soon after a redirect led to it.
const LED_FOR: Duration = Duration::from_secs(30);
/// Others make up names: beyond these no redirect leads to a new one.
const MOST: usize = 10_000;

#[derive(Clone, Debug, Default)]
pub(super) struct Names(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Found on this machine when they were last looked up.
    here: BTreeSet<String>,
    /// By a redirect from elsewhere, and when.
    led: BTreeMap<String, Instant>,
}

impl Names {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_here(&self, url: &Url) -> bool {
        self.known().here.contains(&key(url.host_str().unwrap_or_default()))
    }

    /// A redirect from elsewhere leads there: whether it may, as far as is known before the name is looked up.
    pub fn leads_to(&self, url: &Url) -> bool {
        let Some(name) = url.domain().map(key) else { return true };
        let mut known = self.known();
        known.led.retain(|_, since| since.elapsed() < LED_FOR);
        if known.here.contains(&name) || known.led.len() >= MOST {
            return false;
        }
        known.led.insert(name, Instant::now());
        true
    }

    /// As after the time for which it is remembered that a redirect led somewhere.
    #[cfg(test)]
    pub fn forget(&self) {
        self.known().led.clear();
    }

    /// What a name was found to be: of one that a redirect led to, only what is elsewhere.
    pub fn found(&self, name: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, LedHere> {
        let name = key(name);
        let (own, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|at| is_own(at.ip()));
        let mut known = self.known();
        if own.is_empty() {
            known.here.remove(&name);
            return Ok(others);
        }
        let was_led = known.led.get(&name).is_some_and(|since| since.elapsed() < LED_FOR);
        known.here.insert(name);
        if known.here.len() > MOST {
            known.here.pop_first();
        }
        match was_led {
            true if others.is_empty() => Err(LedHere),
            true => Ok(others),
            false => Ok(own.into_iter().chain(others).collect()),
        }
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
