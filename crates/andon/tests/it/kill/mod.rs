//! `kill -9` of the real server at random moments of outages, again and again: nothing acknowledged is lost, no step
//! that must not be repeated is, the page goes out, every incident reaches its end.
//!
//! `ANDON_KILLS` says how often, `ANDON_SEED` repeats the moments as far as a real machine can; `bench/kill.sh` runs
//! it with 200 and shows the figures.

mod dice;
mod ledger;
mod people;
mod shops;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::real::{Home, Pager, Server, within};
pub use dice::Dice;
use ledger::Ledger;
use people::Whereabouts;
use shops::Shops;

/// How long it lives at most before the next kill. An outage, from its first sample to its end, takes about as long.
const LIVES: Duration = Duration::from_millis(900);
/// One life in so many ends while it still starts.
const KILLED_STARTING: u64 = 5;
const STARTS: Duration = Duration::from_millis(400);
/// After the last kill. A step of which nobody knows may be looked up only when its request cannot arrive any more,
/// about 16 s after it was asked for.
const END_PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_happens_twice() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("ANDON_KILLS").unwrap_or(10);
    let seed = number("ANDON_SEED").unwrap_or_else(seed);
    let dice = Arc::new(Dice::seeded(seed));
    let (shops, pager) = (Shops::open(Arc::clone(&dice)), Pager::start());
    let files = pager.files("  reopen_within: 0s\n").into_iter().chain(shops.definitions());
    let home = Home::new(files);
    let to = Whereabouts::default();
    let (breaking, stop) = (AtomicBool::new(true), AtomicBool::new(false));

    let (started, commanded, answered) = std::thread::scope(|threads| {
        let commands = threads.spawn(|| people::command(&to, &dice, &stop));
        let looks = threads.spawn(|| people::look_after(&to, &shops, &dice, &breaking, &stop));
        // Whatever goes wrong here, the others must hear of it, or nobody will.
        let stopped = Stopped(&stop);
        let started = lives(&home, &to, &dice, kills);
        breaking.store(false, Ordering::Relaxed);
        let server = live(&home, &to);
        wait_for_the_end(&server, &shops, &home);
        drop(stopped);
        let (commanded, answered) = (commands.join().expect("no panic"), looks.join().expect("no panic"));
        server.kill();
        (started, commanded, answered)
    });

    let verified = home.andon().args(["journal", "verify"]).arg(home.data()).output().expect("it runs");
    assert!(verified.status.success(), "{verified:?}\n{}", home.log_text());
    let ledger = Ledger::read(&home.data().join("journal.db"));
    let shops = shops.lock().clone();
    let violations = ledger.violations(&commanded, &pager, &shops);
    let outages: u32 = shops.iter().map(|shop| shop.outages).sum();
    let at = |share: f64| started[((started.len() - 1) as f64 * share).round() as usize].as_millis();
    let distinct: std::collections::BTreeSet<_> = pager.pages().into_iter().map(|page| page.key).collect();
    println!(
        "seed {seed}\n\
         kills                 {kills} ({} while it served), over {outages} outages of {} shops\n\
         restart to serving    p50 {} ms, p99 {} ms\n\
         commands              {} acknowledged, {} attempts without an answer repeated, {} receipts asked for again\n\
         incidents             {} opened, {} pages of {} keys received\n\
         steps                 {} mended; {} unknown, {} looked up, {} asked of a person, {answered} answered\n\
         journal               {} records, whole\n\
         violations            {}",
        started.len(),
        shops.len(),
        at(0.5),
        at(0.99),
        commanded.acknowledged.len(),
        commanded.repeated,
        commanded.asked_again,
        ledger.opened.len(),
        pager.pages().len(),
        distinct.len(),
        shops.iter().map(|shop| shop.mended.len()).sum::<usize>(),
        ledger.unknown,
        ledger.looked_up,
        ledger.people_asked,
        ledger.records,
        violations.len(),
    );
    assert!(commanded.refused.is_empty(), "{:#?}", commanded.refused);
    assert!(violations.is_empty(), "seed {seed}\n{violations:#?}\n{}", home.log_text());
    assert!(
        outages > 0 && !ledger.opened.is_empty() && !commanded.acknowledged.is_empty(),
        "nothing was tried"
    );
}

fn seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    since.as_millis() as u64
}

/// Starts and kills, so often. How long each start took that came to its end, in order.
fn lives(home: &Home, to: &Whereabouts, dice: &Dice, kills: u64) -> Vec<Duration> {
    let mut started = Vec::new();
    for life in 0..kills {
        if life > 0 && dice.roll(KILLED_STARTING) == 0 {
            let mut child = home.spawn();
            std::thread::sleep(dice.up_to(STARTS));
            child.kill().expect("it runs");
            child.wait().expect("it has ended");
            continue;
        }
        let server = live(home, to);
        started.push(server.start_took);
        std::thread::sleep(dice.up_to(LIVES));
        to.set(None);
        server.kill();
    }
    started.sort();
    started
}

fn live(home: &Home, to: &Whereabouts) -> Server {
    let server = home.start();
    to.set(Some(server.address));
    server
}

fn wait_for_the_end(server: &Server, shops: &Shops, home: &Home) {
    let is_over = || {
        let incidents = server.get("/api/v1/andon/incidents").ok()?;
        let runs = server.get("/api/v1/andon/runs").ok()?;
        let finished = runs.as_array()?.iter().all(|run| run["finished"] == true);
        let well = shops.lock().iter().all(|shop| !shop.broken);
        (well && finished && people::disturbed(&incidents).is_empty()).then_some(())
    };
    if within(END_PATIENCE, is_over).is_none() {
        let runs = server.get("/api/v1/andon/runs");
        panic!("an incident did not reach its end: {runs:#?}\n{}", home.log_text());
    }
}

/// Tells the others when it goes, also when that is by a panic.
struct Stopped<'a>(&'a AtomicBool);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
