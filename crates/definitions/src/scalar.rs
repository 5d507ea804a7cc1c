//! The small texts that fields hold: a duration, a query, a condition, a text with `${{ }}`, a secret.
//!
//! Each is checked where it stands in the file (see `walk`), so building one from a value never repeats that work;
//! each is written back exactly as a person wrote it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time as Prometheus writes it: `5m`, `1w`, `1h30m`, `500ms`. A day is 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Period(pub Duration);

/// Units from the longest to the shortest; a duration names each at most once, in this order.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

impl Period {
    pub const ZERO: Period = Period(Duration::ZERO);

    pub const fn seconds(seconds: u64) -> Self {
        Period(Duration::from_secs(seconds))
    }

    pub const fn minutes(minutes: u64) -> Self {
        Period(Duration::from_secs(minutes * 60))
    }

    /// The error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a duration such as 30s, 5m, 1h30m or 1w");
        if text == "0" {
            return Ok(Period::ZERO);
        }
        let (mut rest, mut next, mut total) = (text, 0, 0_u64);
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
            let unit = UNITS.iter().position(|(name, _)| *name == &rest[..letters]).ok_or_else(wrong)?;
            if unit < next {
                return Err(format!("`{text}` must name each unit once, from the longest to the shortest"));
            }
            next = unit + 1;
            rest = &rest[letters..];
            let part = number.checked_mul(UNITS[unit].1);
            total = part.and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        }
        if text.is_empty() { Err(wrong()) } else { Ok(Period(Duration::from_millis(total))) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if left == 0 {
            return f.write_str("0s");
        }
        // Years are read but never written: nobody wants `52w1d` to come back as `1y`.
        for (unit, ms) in &UNITS[1..] {
            if left >= *ms {
                write!(f, "{}{unit}", left / ms)?;
                left %= ms;
            }
        }
        Ok(())
    }
}

impl Deref for Period {
    type Target = Duration;
    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Duration {
        period.0
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Period::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "andon-duration",
            "description": "a duration such as 30s, 5m, 1h30m or 1w",
        })
    }
}

/// A text of its own format: the walk finds the format in the schema and checks the text at its place.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $format:literal, $description:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.to_owned())
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "description": $description })
            }
        }
    };
}

text!(
    /// PromQL; `$name` stands for an input and is bound as a quoted literal before parsing.
    Query, "andon-promql", "a PromQL query; its bound stands beside it, never inside it"
);
text!(
    /// A CEL expression that is true or false.
    Condition, "andon-cel", "a CEL condition over inputs, service, alert, incident, run and steps"
);
text!(
    /// A CEL expression over a payload that is true or false.
    ItemCondition, "andon-item-cel", "a CEL condition over item and body"
);
text!(
    /// A text in which `${{ … }}` holds CEL over a payload.
    ItemText, "andon-item-text", "a text; ${{ … }} holds a CEL expression over item and body"
);
text!(
    /// A text in which `${{ … }}` holds CEL.
    Text, "andon-text", "a text; ${{ … }} holds a CEL expression"
);
text!(
    /// An annotation or label of a rule: `{{ $labels.x }}`, `{{ $value | humanize }}`.
    RuleText, "andon-rule-text", "a text; {{ $labels.x }} and {{ $value }} are filled in"
);
text!(
    /// An RFC 3339 time with its offset.
    Moment, "andon-time", "a time such as 2026-11-20T22:00:00+01:00"
);
text!(
    /// Matchers of labels, as Alertmanager reads them.
    Matchers, "andon-matchers", "matchers such as alertname=\"TargetDown\", service=~\"shop|checkout\""
);
text!(
    /// Policies in Cedar.
    Cedar, "andon-cedar", "policies in Cedar, such as permit(principal in Team::\"core\", action == Action::\"run\", resource);"
);
text!(
    /// A civil date, `2026-11-20`.
    Date, "andon-date", "a date such as 2026-11-20"
);
text!(
    /// A time of day, `09:00`.
    TimeOfDay, "andon-time-of-day", "a time of day such as 09:00"
);
text!(
    /// A zone of the bundled tz database.
    Zone, "andon-zone", "a time zone such as Europe/Madrid"
);
text!(
    /// Where the hours of an `alertmanager.yml` hold: a zone in the database's own spelling; empty is UTC.
    Location, "andon-location", "a time zone such as Europe/Madrid"
);
text!(
    /// A value, or `secret:env/NAME` or `secret:file/PATH`, which is read only when it is used.
    Sensitive, "andon-secret", "a value, or secret:env/NAME or secret:file/PATH"
);
text!(
    /// A regular expression that must match the whole text.
    Pattern, "andon-pattern", "a regular expression for the whole text"
);

/// Where a secret's value comes from when it is used. It is never kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretSource<'a> {
    Plain(&'a str),
    Env(&'a str),
    File(&'a str),
}

impl Sensitive {
    pub fn source(&self) -> SecretSource<'_> {
        match self.0.strip_prefix("secret:").and_then(|name| name.split_once('/')) {
            Some(("env", name)) => SecretSource::Env(name),
            Some(("file", path)) => SecretSource::File(path),
            _ => SecretSource::Plain(&self.0),
        }
    }
}

impl Moment {
    /// The loader has checked the text; a value built otherwise may hold none.
    pub fn timestamp(&self) -> Option<andon_vocabulary::Timestamp> {
        self.0.parse().ok()
    }
}

/// A value, or a text whose `${{ }}` yields one when the step runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg<T> {
    Value(T),
    Template(Text),
}

impl<T: JsonSchema> JsonSchema for Arg<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Arg_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let template = json_schema!({
            "type": "string",
            "format": "andon-template",
            "description": "one ${{ … }} that yields it",
        });
        json_schema!({ "anyOf": [value, template] })
    }
}

/// One thing or a list of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Deref for OneOrMany<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            One(T),
            Many(Vec<T>),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::One(one) => OneOrMany(vec![one]),
            Either::Many(many) => OneOrMany(many),
        })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        for (text, ms) in
            [("0", 0), ("500ms", 500), ("1h30m", 5_400_000), ("1w", 604_800_000), ("1d12h", 129_600_000)]
        {
            let period = Period::parse(text).unwrap();
            assert_eq!(period.as_millis(), ms, "{text}");
            assert_eq!(Period::parse(&period.to_string()), Ok(period));
        }
        for text in ["", "5", "m", "5 m", "30m1h", "1m1m", "-5m", "1.5h", "99999999999999y", "5é"] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_say_where_they_are() {
        let source = |text: &str| Sensitive(text.to_owned());
        assert_eq!(source("secret:env/TOKEN").source(), SecretSource::Env("TOKEN"));
        assert_eq!(source("secret:file//run/token").source(), SecretSource::File("/run/token"));
        assert_eq!(source("plain").source(), SecretSource::Plain("plain"));
    }
}
