//! Series as machines and services expose them.

use andon_vocabulary::Timestamp;

use super::Sample;

#[derive(Clone, Copy, Debug)]
pub enum Times {
    /// Each 15 s to the millisecond, as a scraper that aligns them writes.
    Exact,
    /// Each 15 s and some milliseconds.
    Jittered,
}

#[derive(Clone, Copy)]
pub enum Sort {
    /// Requests served: grows by a varying few.
    Counter,
    /// Bytes sent: grows by thousands, restarts once.
    Bytes,
    /// Goroutines, open files: a whole number that wanders.
    Integers,
    /// A temperature, a load average: two digits behind the point.
    Decimals,
    /// Errors: still most of the time.
    Sparse,
    /// Build information, limits, configured sizes.
    Constant,
}

pub const SORTS: &[(&str, Sort)] = &[
    ("counter", Sort::Counter),
    ("counter of bytes", Sort::Bytes),
    ("integer gauge", Sort::Integers),
    ("decimal gauge", Sort::Decimals),
    ("sparse counter", Sort::Sparse),
    ("constant", Sort::Constant),
];

/// SplitMix64: the same series each time.
struct Dice(u64);

impl Dice {
    /// 0 to `below` - 1.
    fn roll(&mut self, below: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below) as i64
    }
}

pub fn series(sort: Sort, times: Times, seed: u64, len: usize) -> Vec<Sample> {
    let mut dice = Dice(seed);
    let mut state = 1000 + dice.roll(100_000);
    let sample = |i: usize| {
        let jitter = match times {
            Times::Exact => 0,
            Times::Jittered => dice.roll(5),
        };
        let value = match sort {
            Sort::Counter => {
                state += 20 + dice.roll(8);
                state as f64
            }
            Sort::Bytes => {
                state = if i == len / 2 { 0 } else { state + 40_000 + dice.roll(2_000) };
                state as f64
            }
            Sort::Integers => {
                state += dice.roll(7) - 3;
                state as f64
            }
            Sort::Decimals => {
                state += dice.roll(21) - 10;
                state as f64 / 100.0
            }
            Sort::Sparse => {
                state += i64::from(dice.roll(50) == 0);
                state as f64
            }
            Sort::Constant => state as f64,
        };
        Sample { at: Timestamp::from_ms(1_700_000_000_000 + i as i64 * 15_000 + jitter), value }
    };
    (0..len).map(sample).collect()
}
