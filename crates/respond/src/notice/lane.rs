//! When one more notice may leave through a channel that has a rate: what is too much waits, and nothing is lost.

use andon_definitions::instance::Rate;
use andon_vocabulary::Timestamp;
use imbl::Vector;

/// The times at which notices leave, or will, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lane(Vector<Timestamp>);

impl Lane {
    /// Takes the first place from `wanted` on.
    pub fn take(&mut self, wanted: Timestamp, rate: Rate, now: Timestamp) -> Timestamp {
        while self.0.front().is_some_and(|earliest| *earliest + *rate.per <= now) {
            self.0.pop_front();
        }
        let after = self.0.iter().map(|taken| *taken + *rate.per).filter(|at| *at > wanted);
        let mut free = std::iter::once(wanted).chain(after).filter(|at| self.has_room(*at, rate));
        // After the last that is taken there is always room.
        let at = free.next().unwrap_or(wanted);
        self.0.insert(self.place_of(at), at);
        at
    }

    /// A place that nobody needs any longer.
    pub fn give_back(&mut self, at: Timestamp) {
        if let Some(found) = self.0.iter().position(|taken| *taken == at) {
            self.0.remove(found);
        }
    }

    /// Whether no span of the rate's length would hold more than its number with one more at `at`.
    fn has_room(&self, at: Timestamp, rate: Rate) -> bool {
        let (place, most) = (self.place_of(at), rate.max as usize);
        // With the new one at `place`, each run of `most + 1` that it is part of must be long enough.
        let with_it = |index: usize| match index.cmp(&place) {
            std::cmp::Ordering::Less => self.0.get(index).copied(),
            std::cmp::Ordering::Equal => Some(at),
            std::cmp::Ordering::Greater => self.0.get(index - 1).copied(),
        };
        (place.saturating_sub(most)..=place).all(|first| match (with_it(first), with_it(first + most)) {
            (Some(first), Some(last)) => first + *rate.per <= last,
            _ => true,
        })
    }

    fn place_of(&self, at: Timestamp) -> usize {
        self.0.iter().take_while(|taken| **taken <= at).count()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use andon_definitions::Period;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_ms(second * 1000)
    }

    #[test]
    fn what_is_too_much_waits() {
        let rate = Rate { max: 2, per: Period::seconds(10) };
        let mut lane = Lane::default();
        let mut take = |at, now| lane.take(second(at), rate, second(now)).as_ms() / 1000;
        assert_eq!((take(0, 0), take(0, 0), take(0, 0), take(1, 1)), (0, 0, 10, 10));
        // What is tried again in a minute keeps nobody waiting now.
        assert_eq!((take(60, 2), take(3, 3)), (60, 20));
        lane.give_back(second(20));
        assert_eq!(lane.take(second(4), rate, second(4)), second(20));
    }

    #[test]
    fn no_span_ever_holds_more_than_its_number() {
        arbtest::arbtest(|u| {
            let rate = Rate { max: u.int_in_range(1..=4)?, per: Period::seconds(u.int_in_range(1..=20)?) };
            let (mut lane, mut now, mut all) = (Lane::default(), second(0), Vec::new());
            for _ in 0..u.int_in_range(1..=30)? {
                now = now + Duration::from_secs(u.int_in_range(0..=5)?);
                let wanted = now + Duration::from_secs(u.int_in_range(0..=30)?);
                let at = lane.take(wanted, rate, now);
                assert!(at >= wanted);
                all.push(at);
            }
            all.sort();
            for run in all.windows(rate.max as usize + 1) {
                assert!(run[run.len() - 1].since(run[0]) >= *rate.per, "{rate:?} {all:?}");
            }
            Ok(())
        });
    }
}
