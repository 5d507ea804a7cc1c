//! A length of time in words: `18s`, `5m`, `1h30m`, `250ms`.

use std::fmt;
use std::time::Duration;

pub struct Span(pub Duration);

impl fmt::Display for Span {
    /// The two longest units are enough for a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        if ms < 1000 {
            return write!(f, "{ms}ms");
        }
        let seconds = self.0.as_secs();
        let parts = [
            ("d", seconds / 86_400),
            ("h", seconds / 3600 % 24),
            ("m", seconds / 60 % 60),
            ("s", seconds % 60),
        ];
        let first = parts.iter().position(|(_, count)| *count > 0).unwrap_or(3);
        for (unit, count) in parts[first..].iter().take(2).filter(|(_, count)| *count > 0) {
            write!(f, "{count}{unit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        let words = |ms| Span(Duration::from_millis(ms)).to_string();
        assert_eq!(
            [250, 18_400, 300_000, 5_400_000, 90_061_000].map(words),
            ["250ms", "18s", "5m", "1h30m", "1d1h"]
        );
    }
}
