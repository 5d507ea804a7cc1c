//! The people meanwhile: they command without pause, repeat what was not answered under the same key, answer what only
//! a person can know, and break shops again.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::dice::Dice;
use super::shops::{SHOPS, Shops};
use crate::real::{get, tell};

const BETWEEN_COMMANDS: Duration = Duration::from_millis(40);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Where the server is, while there is one.
#[derive(Default)]
pub struct Whereabouts(Mutex<Option<SocketAddr>>);

impl Whereabouts {
    pub fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().expect("nobody panics") = address;
    }

    fn get(&self) -> Option<SocketAddr> {
        *self.0.lock().expect("nobody panics")
    }
}

/// A command that was answered with 2xx, and its receipt.
#[derive(Clone, Default)]
pub struct Acknowledged {
    pub key: String,
    pub command: Value,
    pub receipt: Value,
}

#[derive(Default)]
pub struct Commanded {
    pub acknowledged: Vec<Acknowledged>,
    /// Commands that got no answer at first, because the server was killed.
    pub repeated: u64,
    pub refused: Vec<String>,
    /// Receipts that were asked for again, by key.
    pub asked_again: u64,
    pub violations: Vec<String>,
}

/// Commands until it is told to stop.
pub fn command(to: &Whereabouts, dice: &Dice, stop: &AtomicBool) -> Commanded {
    let mut told = Commanded::default();
    for number in 0.. {
        std::thread::sleep(BETWEEN_COMMANDS);
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let service = format!("shop-{}", dice.roll(SHOPS as u64));
        let version = format!("v{number}");
        let command =
            json!({ "record_change": { "service": service, "version": version, "note": "by hand" } });
        let key = format!("command-{number}");
        let Some((status, receipt)) = insist(to, &key, &command, &mut told.repeated, stop) else { break };
        if status == 200 {
            told.acknowledged.push(Acknowledged { key, command, receipt });
        } else {
            told.refused.push(format!("{key}: {status} {receipt}"));
        }
        let earlier = told.acknowledged.get(dice.roll(1 + number) as usize).cloned();
        if let (0, Some(earlier)) = (number % 4, earlier) {
            told.asked_again += 1;
            let mut unanswered = 0;
            match insist(to, &earlier.key, &earlier.command, &mut unanswered, stop) {
                Some((200, receipt)) if receipt == earlier.receipt => {}
                Some(other) => {
                    told.violations.push(format!("{} was answered otherwise: {other:?}", earlier.key));
                }
                None => break,
            }
        }
    }
    told
}

/// Under the same key until there is an answer. None: told to stop before there was one.
fn insist(
    to: &Whereabouts,
    key: &str,
    command: &Value,
    repeated: &mut u64,
    stop: &AtomicBool,
) -> Option<(u16, Value)> {
    loop {
        if let Some(address) = to.get() {
            match tell(address, key, command) {
                Ok((503, _)) | Err(_) => *repeated += 1,
                Ok(answer) => return Some(answer),
            }
        }
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Breaks each shop that has been well for a while, as long as `breaking`; answers questions until it is told to stop.
pub fn look_after(
    to: &Whereabouts,
    shops: &Shops,
    dice: &Dice,
    breaking: &AtomicBool,
    stop: &AtomicBool,
) -> u64 {
    let mut answered = 0;
    let mut answers = 0_u64;
    let mut well_until = [Instant::now(); SHOPS];
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(BETWEEN_LOOKS);
        let Some(address) = to.get() else { continue };
        let Ok(runs) = get(address, "/api/v1/andon/runs") else { continue };
        for (shop, run) in questions(&runs) {
            let answer = if shops.was_mended(shop, &run) { "done" } else { "repeat" };
            let command = json!({ "answer": {
                "run": run, "step": "mend", "answer": answer, "reason": "went and looked",
            } });
            answers += 1;
            if matches!(tell(address, &format!("answer-{answers}"), &command), Ok((200, _))) {
                answered += 1;
            }
        }
        let Ok(incidents) = get(address, "/api/v1/andon/incidents") else { continue };
        if breaking.load(Ordering::Relaxed) {
            let disturbed = disturbed(&incidents);
            for (shop, well_until) in well_until.iter_mut().enumerate() {
                let mut shops = shops.lock();
                let shop_now = &mut shops[shop];
                if shop_now.broken || disturbed.contains(&format!("shop-{shop}")) {
                    *well_until = Instant::now() + dice.up_to(Duration::from_secs(2));
                } else if Instant::now() > *well_until {
                    shop_now.broken = true;
                    shop_now.outages += 1;
                }
            }
        }
    }
    answered
}

/// Services with an incident that is not over.
pub fn disturbed(incidents: &Value) -> BTreeSet<String> {
    let going_on = |incident: &&Value| incident["state"] != "resolved";
    let incidents = incidents.as_array().map(Vec::as_slice).unwrap_or_default();
    incidents.iter().filter(going_on).filter_map(|one| Some(one["service"].as_str()?.to_owned())).collect()
}

/// Runs that wait for a person's word on what happened: the shop and the run.
fn questions(runs: &Value) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for run in runs.as_array().map(Vec::as_slice).unwrap_or_default() {
        let asks = run["steps"]
            .as_array()
            .is_some_and(|steps| steps.iter().any(|s| s["state"] == "needs an answer"));
        let shop = run["runbook"].as_str().and_then(|name| name.strip_prefix("mend-")?.parse().ok());
        if let (true, Some(shop), Some(id)) = (asks, shop, run["id"].as_str()) {
            found.push((shop, id.to_owned()));
        }
    }
    found
}
