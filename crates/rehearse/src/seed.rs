//! Chance that can be repeated: the same seed brings the same play.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and plenty for choosing faults.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    pub fn new(seed: u64) -> Seed {
        Seed(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `below`, without it.
    pub fn below(&mut self, below: u64) -> u64 {
        self.number() % below.max(1)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        // The upper 53 bits make an even fraction of 1.
        probability > 0.0 && (self.number() >> 11) as f64 / ((1_u64 << 53) as f64) < probability
    }
}
