//! `kill -9` at random moments, while everybody goes on by every way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::deeds::{Promise, Said, WAYS};
use super::kept::{Kept, twice};
use super::{To, first, home};
use crate::identity::serving::Serving;
use crate::kill::Dice;
use crate::real::Pager;

const KILLS: u64 = 6;
/// How long it lives at most while it is asked.
const LIVES: Duration = Duration::from_millis(700);

#[test]
fn nothing_answered_is_lost_or_done_twice() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    let seed = number("ANDON_SEED").unwrap_or(since.as_millis() as u64);
    let (kills, dice) = (number("ANDON_BOUNDARY_KILLS").unwrap_or(KILLS), Arc::new(Dice::seeded(seed)));
    let pager = Pager::start();
    let home = home(&pager);
    let (mut server, token) = first(&home);
    let mut kept = Kept::default();
    let mut by_way = BTreeMap::<String, usize>::new();
    // What nobody knows of is said again, as it was.
    let (mut n, mut unknown, mut again) = (0_u64, None, 0);
    for _ in 0..kills {
        let address = server.address;
        let life = dice.up_to(LIVES);
        let ended = std::thread::scope(|threads| {
            let asks = threads.spawn(|| {
                let to = To { address, token: &token };
                loop {
                    let this = unknown.take().inspect(|_| again += 1).unwrap_or_else(|| {
                        n += 1;
                        n
                    });
                    let way = WAYS[usize::try_from(this).expect("few") % WAYS.len()];
                    match to.does(way, this) {
                        Said::Kept(promise) => {
                            kept.promise(promise);
                            *by_way.entry(format!("{way:?}")).or_default() += 1;
                        }
                        // Sign-ins are as many as there may be, or each service has its incident: that is no loss.
                        Said::Refused(409 | 429, _) => {}
                        Said::Refused(status, said) => return Err(format!("{way:?}: {status} {said}")),
                        Said::Nothing => {
                            unknown = Some(this);
                            return Ok(());
                        }
                    }
                }
            });
            std::thread::sleep(life);
            server.kill();
            asks.join().expect("no panic")
        });
        ended.unwrap_or_else(|refused| panic!("seed {seed}: {refused}\n{}", home.log_text()));
        server = Serving::of(&home);
        let to = To { address: server.address, token: &token };
        let lost = kept.lost(to);
        assert!(lost.is_empty(), "seed {seed}: answered and lost: {lost:?}\n{}", home.log_text());
    }
    // Whoever finds nothing must be able to find something.
    let to = To { address: server.address, token: &token };
    for never in [
        Promise::Fires("never".to_owned()),
        Promise::Declared("never".to_owned()),
        Promise::Acknowledged("INC-1".repeat(9)),
        Promise::TakenOver("never".to_owned()),
        Promise::Silenced("never".to_owned()),
        Promise::Noted { incident: "INC-1".to_owned(), text: "never".to_owned() },
        Promise::Opens("andon_never".to_owned()),
    ] {
        let mut false_ledger = Kept::default();
        false_ledger.promise(never.clone());
        assert_eq!(false_ledger.lost(to), [never]);
    }
    server.kill();
    assert_eq!(twice(&home.data().join("journal.db")), [""; 0], "seed {seed}: carried out twice");
    println!(
        "seed {seed}: {kills} kills, {} answers kept, {again} said again, by way {by_way:?}",
        kept.len()
    );
    assert!(kept.len() as u64 > kills, "nothing was tried");
}
