//! What identifies a series or an alert: names and values, sorted by name, each name once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A label set: cheap to clone, ordered by its sorted pairs. A label with an empty value is the same as none
/// (Prometheus's data model), so it is never stored.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The later of two equal names wins.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let sorted: BTreeMap<Arc<str>, Arc<str>> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Labels(sorted.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.binary_search_by(|(n, _)| (**n).cmp(name)).ok().map(|i| &*self.0[i].1)
    }

    /// The metric name, or "" where there is none.
    pub fn name(&self) -> &str {
        self.get(METRIC_NAME).unwrap_or("")
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The shared strings themselves, for building another set without copying text.
    pub fn shared(&self) -> impl Iterator<Item = (Arc<str>, Arc<str>)> + '_ {
        self.0.iter().cloned()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This set with one label set; an empty value removes it.
    pub fn with(&self, name: &str, value: &str) -> Labels {
        Labels::new(self.shared().chain([(Arc::from(name), Arc::from(value))]))
    }

    pub fn without(&self, names: &[&str]) -> Labels {
        Labels(self.shared().filter(|(name, _)| !names.contains(&&**name)).collect())
    }

    pub fn only(&self, names: &[&str]) -> Labels {
        Labels(self.shared().filter(|(name, _)| names.contains(&&**name)).collect())
    }

    /// This set with `other` laid over it.
    pub fn merged(&self, other: &Labels) -> Labels {
        Labels::new(self.shared().chain(other.shared()))
    }

    /// Every label of `other` is here with the same value.
    pub fn contains(&self, other: &Labels) -> bool {
        other.iter().all(|(name, value)| self.get(name) == Some(value))
    }

    /// Prometheus's and Alertmanager's fingerprint: FNV-1a over the sorted pairs, each part followed by 0xff.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut byte = |b: u8| hash = (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        for (name, value) in self.iter() {
            for part in [name, value] {
                part.bytes().for_each(&mut byte);
                byte(0xff);
            }
        }
        hash
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let rest: Vec<String> = self
            .iter()
            .filter(|(name, _)| *name != METRIC_NAME)
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        if rest.is_empty() && !self.name().is_empty() { Ok(()) } else { write!(f, "{{{}}}", rest.join(", ")) }
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<N: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Labels::new(pairs)
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<Arc<str>, Arc<str>>::deserialize(deserializer).map(Labels::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_is_alertmanagers() {
        // From Alertmanager's own model: the empty set hashes to the FNV offset basis.
        assert_eq!(format!("{:016x}", Labels::default().fingerprint()), "cbf29ce484222325");
        let labels = Labels::new([("b", "2"), ("a", "1")]);
        assert_eq!(labels, Labels::new([("a", "1"), ("b", "2")]));
        assert_eq!(labels.to_string(), r#"{a="1", b="2"}"#);
    }

    #[test]
    fn an_empty_value_is_no_label() {
        assert_eq!(Labels::new([("a", ""), ("b", "x")]), Labels::new([("b", "x")]));
        assert_eq!(Labels::new([("b", "x")]).with("b", ""), Labels::default());
    }
}
