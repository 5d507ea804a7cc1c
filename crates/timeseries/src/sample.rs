//! One value at one time, and the value that says "this series has ended".

use andon_vocabulary::Timestamp;

#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub at: Timestamp,
    pub value: f64,
}

/// Bits, not numbers, are compared: a NaN equals itself, and a stale marker differs from an ordinary NaN.
impl PartialEq for Sample {
    fn eq(&self, other: &Sample) -> bool {
        self.at == other.at && self.value.to_bits() == other.value.to_bits()
    }
}

/// Prometheus's staleness marker: a NaN with these bits says that the series was there and is gone
/// (`model/value/value.go`).
pub const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Whether this value is the staleness marker. An ordinary NaN is a value like any other.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_nan_is_not_stale() {
        assert!(is_stale(STALE) && STALE.is_nan());
        assert!(!is_stale(f64::NAN) && !is_stale(0.0));
    }
}
