//! What identifies a series or an alert: names and values, sorted by name, each name once.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// A label set: one allocation, cheap to clone, ordered by its sorted pairs. A label with an empty value is the same as
/// none (Prometheus's data model), so it is never stored.
///
/// A million series keep a set each, so all of it lies in one string: before each name and each value its length in
/// bytes, written as characters. Equal sets are equal strings.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels(Arc<str>);

impl Labels {
    /// The later of two equal names wins.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
        if !pairs.is_sorted_by(|(a, _), (b, _)| a.as_ref() < b.as_ref()) {
            pairs.reverse();
            pairs.sort_by(|(a, _), (b, _)| a.as_ref().cmp(b.as_ref()));
            pairs.dedup_by(|(a, _), (b, _)| a.as_ref() == b.as_ref());
        }
        Labels::of_sorted(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))
    }

    fn of_sorted<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut text = String::with_capacity(256);
        for (name, value) in pairs {
            if !value.is_empty() {
                push_part(&mut text, name);
                push_part(&mut text, value);
            }
        }
        Labels(text.into())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = Pairs(&self.0);
        loop {
            let (found, value) = pairs.next()?;
            match found.cmp(name) {
                Ordering::Less => {}
                Ordering::Equal => return Some(value),
                Ordering::Greater => return None,
            }
        }
    }

    /// All of the set in one string that no other set has: for hashes and for logs. Its form is the program's own
    /// affair; [`Labels::unpack`] reads it.
    pub fn packed(&self) -> &str {
        &self.0
    }

    /// The set that [`Labels::packed`] gave this string; `None` of any other string.
    pub fn unpack(packed: &str) -> Option<Labels> {
        let (mut rest, mut before) = (packed, None);
        while !rest.is_empty() {
            let name = take_part(&mut rest)?;
            let value = take_part(&mut rest)?;
            if value.is_empty() || before.is_some_and(|before| before >= name) {
                return None;
            }
            before = Some(name);
        }
        // A length can be written in more ways than one; only one of them is ours.
        let labels = Labels(packed.into());
        (Labels::of_sorted(labels.iter()) == labels).then_some(labels)
    }

    /// The metric name, or "" where there is none.
    pub fn name(&self) -> &str {
        self.get(METRIC_NAME).unwrap_or("")
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        Pairs(&self.0)
    }

    /// A copy of each string.
    pub fn shared(&self) -> impl Iterator<Item = (Arc<str>, Arc<str>)> + '_ {
        self.iter().map(|(name, value)| (name.into(), value.into()))
    }

    pub fn len(&self) -> usize {
        self.iter().count()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This set with one label set; an empty value removes it.
    pub fn with(&self, name: &str, value: &str) -> Labels {
        Labels::new(self.iter().chain([(name, value)]))
    }

    pub fn without(&self, names: &[&str]) -> Labels {
        Labels::of_sorted(self.iter().filter(|(name, _)| !names.contains(name)))
    }

    pub fn only(&self, names: &[&str]) -> Labels {
        Labels::of_sorted(self.iter().filter(|(name, _)| names.contains(name)))
    }

    /// This set with `other` laid over it.
    pub fn merged(&self, other: &Labels) -> Labels {
        Labels::new(self.iter().chain(other.iter()))
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
        let name = self.name();
        AsText(name).fmt(f)?;
        let rest: Vec<String> = self
            .iter()
            .filter(|(name, _)| *name != METRIC_NAME)
            .map(|(name, value)| format!("{}={value:?}", AsText(name)))
            .collect();
        if rest.is_empty() && !self.name().is_empty() { Ok(()) } else { write!(f, "{{{}}}", rest.join(", ")) }
    }
}

/// A name as it is read: in quotes, like a value, where something in it could be taken for anything but a name. Names
/// come from outside like values, and stand in logs, in mails and on terminals.
struct AsText<'a>(&'a str);

impl fmt::Display for AsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = self.0.chars().all(|c| c.is_alphanumeric() || "_:.-/".contains(c));
        if is_plain { f.write_str(self.0) } else { write!(f, "{:?}", self.0) }
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A length stands as one character up to here, and as three above.
const SHORT_MAX: usize = 0xcfff;
/// Announces a long length: two characters of 15 bits each.
const LONG: char = '\u{10ffff}';
const LONG_BITS: usize = 15;

fn push_part(text: &mut String, part: &str) {
    let digit = |number: usize| {
        let digit = u32::try_from(number).ok().filter(|digit| *digit <= SHORT_MAX as u32);
        digit.and_then(char::from_u32).expect("a label is shorter than a gigabyte")
    };
    let length = part.len();
    if length <= SHORT_MAX {
        text.push(digit(length));
    } else {
        text.push(LONG);
        text.push(digit(length >> LONG_BITS));
        text.push(digit(length & ((1 << LONG_BITS) - 1)));
    }
    text.push_str(part);
}

fn take_part<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let mut digits = rest.chars();
    let length = match digits.next()? {
        LONG => (digits.next()? as usize) << LONG_BITS | digits.next()? as usize,
        short => short as usize,
    };
    let (part, after) = digits.as_str().split_at_checked(length)?;
    *rest = after;
    Some(part)
}

/// The pairs of a set's own string.
struct Pairs<'a>(&'a str);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        Some((take_part(&mut self.0)?, take_part(&mut self.0)?))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        // Equal sets often meet, and equal strings are found so much sooner than pair by pair.
        if self.0 == other.0 { Ordering::Equal } else { self.iter().cmp(other.iter()) }
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Default for Labels {
    fn default() -> Self {
        Labels("".into())
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Labels {
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
        BTreeMap::<Cow<'_, str>, Cow<'_, str>>::deserialize(deserializer).map(Labels::new)
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
    fn no_name_or_value_is_more_than_text_where_it_is_shown() {
        let shown = |pairs: &[(&str, &str)]| Labels::new(pairs.iter().copied()).to_string();
        assert_eq!(
            shown(&[("service.name", "a"), ("é/b-c", "1"), (METRIC_NAME, "up:now")]),
            r#"up:now{service.name="a", é/b-c="1"}"#
        );
        assert_eq!(shown(&[("a\r\nBcc: b", "1")]), r#"{"a\r\nBcc: b"="1"}"#);
        assert_eq!(shown(&[("a=\"1\", b", "2")]), r#"{"a=\"1\", b"="2"}"#);
        assert_eq!(shown(&[(METRIC_NAME, "up\u{1b}[2J")]), r#""up\u{1b}[2J""#);
        for odd in ["\u{1b}[2J", "\n", "\u{2028}", "\u{202e}", "\u{0}", "\u{85}"] {
            let text = shown(&[(odd, odd), (METRIC_NAME, odd)]);
            assert!(text.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{text:?}");
        }
    }

    #[test]
    fn sets_are_ordered_by_their_pairs() {
        let set = |pairs: &[(&str, &str)]| Labels::new(pairs.iter().copied());
        let ordered = [
            set(&[]),
            set(&[("a", "1")]),
            set(&[("a", "1"), ("b", "22222")]),
            set(&[("a", "1"), ("b", "3")]),
            set(&[("a", "1\u{0}")]),
            set(&[("a", "10")]),
            set(&[("a", "é")]),
            set(&[("aa", "1")]),
            set(&[("b", "1")]),
        ];
        assert!(ordered.is_sorted_by(|a, b| a < b));
        assert_eq!(ordered[2].get("b"), Some("22222"));
        assert_eq!(ordered[2].get("c"), None);
        assert_eq!(set(&[("a", "1"), ("b", "x"), ("a", "2")]), set(&[("b", "x"), ("a", "2")]));
    }

    #[test]
    fn a_set_is_one_string_and_back() {
        let long = "ü".repeat(40_000);
        for value in ["x", &"y".repeat(127), &"z".repeat(128), &long[..70_000], &long] {
            let labels = Labels::new([("a", value), ("b", "c")]);
            assert_eq!((labels.get("a"), labels.get("b"), labels.len()), (Some(value), Some("c"), 2));
            assert_eq!(Labels::unpack(labels.packed()), Some(labels));
        }
        assert_eq!(Labels::unpack(""), Some(Labels::default()));
        for bad in
            ["\u{1}", "\u{1}a", "\u{1}a\u{0}", "\u{1}b\u{1}c\u{1}a\u{1}c", "\u{1}a\u{2}ü\u{10ffff}", "\u{1}é"]
        {
            assert_eq!(Labels::unpack(bad), None, "{bad:?}");
        }
        let roundabout = "\u{10ffff}\u{0}\u{1}a\u{1}b";
        assert_eq!(Labels::unpack(roundabout), None);
    }

    #[test]
    fn an_empty_value_is_no_label() {
        assert_eq!(Labels::new([("a", ""), ("b", "x")]), Labels::new([("b", "x")]));
        assert_eq!(Labels::new([("b", "x")]).with("b", ""), Labels::default());
    }
}
