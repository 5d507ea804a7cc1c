//! How often somebody may try: a few times at once, and then as slowly as guessing is hopeless.
//!
//! Three counts: of one name from one address, of one address, and of one name from everywhere. The last is wide, so that
//! whoever guesses at somebody's password does not lock them out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use andon_vocabulary::Timestamp;

/// How many are remembered; beyond it everything is forgotten, which gives everybody a few more tries.
const KEPT_MAX: usize = 20_000;
const HANDLE_BYTES_MAX: usize = 64;

#[derive(Default)]
pub struct Tries(Mutex<BTreeMap<Key, Bucket>>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    NameFrom(String, Option<IpAddr>),
    From(Option<IpAddr>),
    Name(String),
}

struct Bucket {
    left: f64,
    at: Timestamp,
}

impl Key {
    /// How many at once, and after how many seconds one more.
    fn rate(&self) -> (f64, f64) {
        match self {
            Key::NameFrom(..) => (5.0, 30.0),
            Key::From(_) => (20.0, 10.0),
            Key::Name(_) => (100.0, 5.0),
        }
    }
}

impl Tries {
    /// One try more, or in how many seconds there may be one.
    pub fn take(&self, handle: &str, from: Option<IpAddr>, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT_MAX {
            buckets.clear();
        }
        let keys = keys(handle, from);
        let mut wait: f64 = 0.0;
        for key in &keys {
            let (most, seconds) = key.rate();
            let bucket = buckets.entry(key.clone()).or_insert(Bucket { left: most, at: now });
            bucket.left = (bucket.left + now.since(bucket.at).as_secs_f64() / seconds).min(most);
            bucket.at = now;
            wait = wait.max((1.0 - bucket.left) * seconds);
        }
        if wait > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 30")]
            return Err(wait.ceil() as u64);
        }
        for key in &keys {
            if let Some(bucket) = buckets.get_mut(key) {
                bucket.left -= 1.0;
            }
        }
        Ok(())
    }

    /// They were who they said: that try does not count.
    pub fn forgive(&self, handle: &str, from: Option<IpAddr>) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(handle, from) {
            if let Some(bucket) = buckets.get_mut(&key) {
                bucket.left = (bucket.left + 1.0).min(key.rate().0);
            }
        }
    }
}

fn keys(handle: &str, from: Option<IpAddr>) -> [Key; 3] {
    let from = from.map(network);
    let handle: String = handle.chars().take(HANDLE_BYTES_MAX).collect::<String>().to_lowercase();
    [Key::NameFrom(handle.clone(), from), Key::From(from), Key::Name(handle)]
}

/// Whoever has one address of IPv6 has 2⁶⁴ of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn from(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn guessing_ends_after_five_and_goes_on_slowly() {
        let tries = Tries::default();
        assert!((0..5).all(|_| tries.take("ana", from("10.0.0.1"), NOW).is_ok()));
        assert_eq!(tries.take("ANA", from("10.0.0.1"), NOW), Err(30));
        assert!(tries.take("ana", from("10.0.0.2"), NOW).is_ok(), "ana herself, from elsewhere");
        let later = NOW + Duration::from_secs(30);
        assert!(tries.take("ana", from("10.0.0.1"), later).is_ok());
        assert!(tries.take("ana", from("10.0.0.1"), later).is_err());
    }

    #[test]
    fn many_names_from_one_address_are_one_guesser() {
        let tries = Tries::default();
        let taken = (0..100).filter(|n| tries.take(&format!("u{n}"), from("2001:db8::1"), NOW).is_ok());
        assert_eq!(taken.count(), 20);
        assert!(tries.take("ana", from("2001:db8::2"), NOW).is_err(), "the same network");
        assert!(tries.take("ana", from("2001:db9::2"), NOW).is_ok());
    }

    #[test]
    fn one_name_from_everywhere_is_guessed_at_slowly_too() {
        let tries = Tries::default();
        let spread = |n: u8| from(&format!("10.0.{n}.1"));
        assert_eq!((0..=255).filter(|n| tries.take("ana", spread(*n), NOW).is_ok()).count(), 100);
    }

    #[test]
    fn who_is_let_in_has_not_tried() {
        let tries = Tries::default();
        for _ in 0..50 {
            tries.take("ana", None, NOW).expect("it is ana");
            tries.forgive("ana", None);
        }
    }
}
