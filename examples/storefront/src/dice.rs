//! Chance, for traffic that is not a metronome and faults that do not strike every time. SplitMix64
//! (Steele, Lea, Flood 2014) over one atomic: good enough to shop with, of no use for secrets.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    /// Seeded by the system, so that the instances of a service do not fail in step.
    pub fn new() -> Dice {
        Dice(AtomicU64::new(RandomState::new().hash_one("storefront")))
    }

    /// From 0 up to, never reaching, 1.
    pub fn fraction(&self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn happens(&self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// From `low` up to, never reaching, `high`.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        assert!(low < high, "an empty range has nothing to choose from");
        low + self.roll() % (high - low)
    }

    fn roll(&self) -> u64 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
