//! A sample's value as the journal keeps it: text, because JSON numbers lose NaN and the infinities.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Equal when the bits are equal, so that NaN equals itself and a replayed decision compares.
#[derive(Clone, Copy)]
pub struct Value(pub f64);

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Value {}

impl fmt::Display for Value {
    /// As Prometheus writes it; Rust's shortest form reads back as the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            v if v.is_nan() => f.write_str("NaN"),
            v if v.is_infinite() => f.write_str(if v > 0.0 { "+Inf" } else { "-Inf" }),
            v => write!(f, "{v}"),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map(Value).map_err(|_| serde::de::Error::custom(format!("not a sample value: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_journal() {
        for value in [0.0, -0.0, 0.1 + 0.2, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Value(value)).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), Value(value), "{text}");
        }
        assert!(serde_json::from_str::<Value>("\"NaN\"").unwrap().0.is_nan());
    }
}
