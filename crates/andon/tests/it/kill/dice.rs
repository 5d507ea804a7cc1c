//! Random moments: SplitMix64, so that a test needs no crate for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One for all threads.
pub struct Dice(AtomicU64);

impl Dice {
    pub fn seeded(seed: u64) -> Dice {
        Dice(AtomicU64::new(seed))
    }

    /// From 0 to one less than `sides`.
    pub fn roll(&self, sides: u64) -> u64 {
        let mut mixed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// Anything up to `longest`.
    pub fn up_to(&self, longest: Duration) -> Duration {
        longest.mul_f64(self.roll(1001) as f64 / 1000.0)
    }
}
