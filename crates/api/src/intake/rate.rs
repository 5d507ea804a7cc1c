//! How many requests a source's senders may make: a minute's worth at once, and then as many as come back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use andon_vocabulary::{Name, Timestamp};

#[derive(Default)]
pub(super) struct Rates(Mutex<BTreeMap<Name, Bucket>>);

struct Bucket {
    /// In requests.
    left: f64,
    at: Timestamp,
}

impl Rates {
    /// One request more, or in how many seconds there is room for one.
    pub fn take(&self, source: &str, per_minute: u32, now: Timestamp) -> Result<(), u64> {
        let most = f64::from(per_minute);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(source.into()).or_insert(Bucket { left: most, at: now });
        let per_second = most / 60.0;
        bucket.left = (bucket.left + now.since(bucket.at).as_secs_f64() * per_second).min(most);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let seconds = ((1.0 - bucket.left) / per_second).ceil();
        // At most a minute and never below one second, so nothing is lost by this.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 60")]
        Err(seconds.clamp(1.0, 60.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_minutes_worth_and_then_what_comes_back() {
        let (rates, start) = (Rates::default(), Timestamp::from_ms(1_000_000));
        let take = |at: Timestamp| rates.take("ci", 30, at);
        assert!((0..30).all(|_| take(start).is_ok()));
        assert_eq!(take(start), Err(2));
        assert_eq!(take(start + Duration::from_secs(1)), Err(1));
        assert_eq!(take(start + Duration::from_secs(2)), Ok(()));
        assert_eq!(take(start + Duration::from_secs(2)), Err(2));
        assert_eq!(rates.take("another", 30, start), Ok(()), "each source has its own");
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..40).filter(|_| take(later).is_ok()).count(), 30, "no more than a minute is saved up");
    }
}
