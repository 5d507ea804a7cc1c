//! Refused sign-ins become facts of the journal, but not one each: whoever guesses must not fill it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use andon_vocabulary::Timestamp;

use super::tries::network;

const KEPT_MAX: usize = 10_000;
/// After a quiet hour an address is counted anew.
const QUIET: Duration = Duration::from_secs(3600);
/// Facts that all addresses together may make in a minute.
const PER_MINUTE: u32 = 30;

#[derive(Default)]
pub struct Refusals(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    of: BTreeMap<Option<IpAddr>, Count>,
    minute: i64,
    noted: u32,
}

struct Count {
    all: u32,
    noted: u32,
    last: Timestamp,
}

impl Refusals {
    /// One more. How many to put down: at the first, the tenth, the hundredth and so on.
    pub fn count(&self, from: Option<IpAddr>, now: Timestamp) -> Option<u32> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.as_ms() / 60_000;
        if counts.minute != minute {
            (counts.minute, counts.noted) = (minute, 0);
        }
        if counts.of.len() >= KEPT_MAX {
            counts.of.retain(|_, count| count.last + QUIET > now);
        }
        if counts.of.len() >= KEPT_MAX {
            counts.of.clear();
        }
        let has_room = counts.noted < PER_MINUTE;
        let count = counts.of.entry(from.map(network)).or_insert(Count { all: 0, noted: 0, last: now });
        if count.last + QUIET <= now {
            (count.all, count.noted) = (0, 0);
        }
        count.all = count.all.saturating_add(1);
        count.last = now;
        let is_round = count.all == 10_u32.pow(count.all.ilog10());
        if !(is_round && has_room) {
            return None;
        }
        let since = count.all - count.noted;
        count.noted = count.all;
        counts.noted += 1;
        Some(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    #[test]
    fn a_thousand_of_one_address_are_four_facts() {
        let refusals = Refusals::default();
        let from = Some("10.0.0.1".parse().expect("an address"));
        let noted: Vec<u32> = (0..1000).filter_map(|_| refusals.count(from, NOW)).collect();
        assert_eq!(noted, [1, 9, 90, 900]);
        assert_eq!(refusals.count(from, NOW + QUIET), Some(1));
    }

    #[test]
    fn a_thousand_addresses_are_thirty_facts_a_minute() {
        let refusals = Refusals::default();
        let from = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        assert_eq!((0..1000).filter_map(|n| refusals.count(from(n), NOW)).count(), 30);
        assert_eq!(refusals.count(from(2000), NOW + Duration::from_secs(60)), Some(1));
    }
}
