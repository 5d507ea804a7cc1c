//! Alerts as senders write them: read, completed as Alertmanager completes them, and checked one by one.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use andon_intake::json;
use andon_vocabulary::{Labels, ReceivedAlert, Timestamp};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::failure::Failure;
use crate::routes::prometheus::go;

/// Senders keep below one.
pub const BODY_BYTES_MAX: usize = 16 << 20;
const ALERTS_MAX: usize = 20_000;
/// In a set of labels or annotations.
const PAIRS_MAX: usize = 128;
const NAME_BYTES_MAX: usize = 1024;
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// What is said of wrong alerts in one answer.
const WRONG_BYTES_MAX: usize = 16 * 1024;

/// What a request brought.
pub struct Read {
    pub valid: Vec<ReceivedAlert>,
    /// What is wrong with the others, a line each; empty: nothing.
    pub wrong: String,
}

/// Whether a body can be JSON at all. `what` is the name of what it should hold.
pub fn check(what: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Failure> {
    if body.is_empty() {
        return Err(Failure::required(what));
    }
    let kind = headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("(not text)"));
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Failure::media_type(kind)) }
}

pub fn read(body: &[u8], now: Timestamp, resolve_timeout: Duration) -> Result<Read, Failure> {
    let mut mended = Vec::new();
    let List(posted) = json::read(body, &mut mended).map_err(|error| Failure::malformed("alerts", error))?;
    for (index, alert) in posted.iter().enumerate() {
        if alert.labels.is_none() {
            return Err(Failure::required(&format!("{index}.labels")));
        }
        if !is_uri(&alert.generator.0) {
            let quoted = go::quote(&alert.generator.0);
            let why = format!("{index}.generatorURL in body must be of type uri: {quoted}");
            return Err(Failure::invalid(601, why));
        }
    }
    let mut read = Read { valid: Vec::with_capacity(posted.len()), wrong: String::new() };
    for alert in posted {
        match alert.complete(now, resolve_timeout) {
            Ok(alert) => read.valid.push(alert),
            Err(why) if read.wrong.len() + why.len() < WRONG_BYTES_MAX => {
                if !read.wrong.is_empty() {
                    read.wrong.push('\n');
                }
                read.wrong.push_str(&why);
            }
            Err(_) => {}
        }
    }
    Ok(read)
}

#[derive(Deserialize)]
#[serde(expecting = "an alert")]
struct Posted<'a> {
    #[serde(borrow, default)]
    labels: Option<Pairs<'a>>,
    #[serde(borrow, default)]
    annotations: Option<Pairs<'a>>,
    #[serde(default, rename = "startsAt")]
    starts_at: Moment,
    #[serde(default, rename = "endsAt")]
    ends_at: Moment,
    #[serde(borrow, default, rename = "generatorURL")]
    generator: Text<'a>,
}

impl Posted<'_> {
    /// The error is what Alertmanager says of it.
    fn complete(self, now: Timestamp, resolve_timeout: Duration) -> Result<ReceivedAlert, String> {
        let (Moment(starts_at), Moment(ends_at)) = (self.starts_at, self.ends_at);
        let starts_at = starts_at.or(ends_at).unwrap_or(now);
        let open_ended = ends_at.is_none();
        let ends_at = ends_at.unwrap_or(now + resolve_timeout);
        if ends_at < starts_at {
            return Err("start time must be before end time".to_owned());
        }
        let mut labels = self.labels.unwrap_or_default();
        labels.0.retain(|(_, value)| !value.is_empty());
        if labels.0.is_empty() {
            return Err("at least one label pair required".to_owned());
        }
        let labels = labels.checked().map_err(|why| format!("invalid label set: {why}"))?;
        let annotations = self.annotations.unwrap_or_default();
        let annotations = annotations.checked().map_err(|why| format!("invalid annotations: {why}"))?;
        let generator = self.generator.0.into();
        Ok(ReceivedAlert { labels, annotations, starts_at, ends_at, open_ended, generator })
    }
}

/// Names and values. What is beyond the bound is not kept; one more than allowed shows that there was more.
#[derive(Default)]
struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Pairs<'_> {
    fn checked(self) -> Result<Labels, String> {
        if self.0.len() > PAIRS_MAX {
            return Err(format!("more than {PAIRS_MAX} names"));
        }
        for (name, value) in &self.0 {
            if name.is_empty() {
                return Err("invalid name \"\"".to_owned());
            }
            if name.len() > NAME_BYTES_MAX || value.len() > VALUE_BYTES_MAX {
                let start: String = name.chars().take(50).collect();
                return Err(format!(
                    "{} is too long: a name has at most {NAME_BYTES_MAX} bytes, a value {VALUE_BYTES_MAX}",
                    go::quote(&start)
                ));
            }
        }
        Ok(Labels::new(self.0))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sets;
        impl<'de> Visitor<'de> for Sets {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names with values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    if pairs.len() <= PAIRS_MAX {
                        pairs.push((name, value));
                    }
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Sets)
    }
}

/// Text, without a copy where it has no escapes; null is none.
#[derive(Default)]
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Texts)
    }
}

/// A time as Go's clients write it: the first second of the year 1 is none.
#[derive(Clone, Copy, Default)]
pub struct Moment(pub Option<Timestamp>);

const GO_ZERO: Timestamp = Timestamp::from_ms(-62_135_596_800_000);

impl Moment {
    /// What go-openapi takes: RFC 3339, the same without a zone, or a date; an empty text is the Unix epoch.
    fn parse(text: &str) -> Option<Moment> {
        let utc = |at: jiff::civil::DateTime| at.to_zoned(jiff::tz::TimeZone::UTC).ok();
        let zoneless = || {
            let at: jiff::civil::DateTime = text.parse().ok()?;
            utc(at).map(|at| Timestamp::from_jiff(at.timestamp()))
        };
        let at = match text {
            "" => Timestamp::EPOCH,
            // For ever, as Go's clients write it; hours of that day are beyond what there is a time for.
            _ if text.starts_with("9999-12-31T") => Timestamp::MAX,
            _ => text.parse().ok().or_else(zoneless)?,
        };
        Some(Moment(Some(at).filter(|at| *at != GO_ZERO)))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(Text(text)) = Option::deserialize(deserializer)? else { return Ok(Moment(None)) };
        let wrong = || de::Error::custom(format!("{} is no time in RFC 3339", go::quote(&text)));
        Moment::parse(&text).ok_or_else(wrong)
    }
}

/// All alerts of a request; null is none.
struct List<'a>(Vec<Posted<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lists;
        impl<'de> Visitor<'de> for Lists {
            type Value = List<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of alerts")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<'de>, A::Error> {
                let mut alerts = Vec::new();
                while let Some(alert) = list.next_element()? {
                    if alerts.len() == ALERTS_MAX {
                        let why = format!("there are more than {ALERTS_MAX} alerts; send them in parts");
                        return Err(de::Error::custom(why));
                    }
                    alerts.push(alert);
                }
                Ok(List(alerts))
            }
            fn visit_unit<E: de::Error>(self) -> Result<List<'de>, E> {
                Ok(List(Vec::new()))
            }
        }
        deserializer.deserialize_any(Lists)
    }
}

/// Empty, a path, or something with a scheme.
fn is_uri(text: &str) -> bool {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    });
    let is_printable = !text.contains(|c: char| c.is_ascii_control());
    text.len() <= VALUE_BYTES_MAX && is_printable && (text.is_empty() || text.starts_with('/') || has_scheme)
}
