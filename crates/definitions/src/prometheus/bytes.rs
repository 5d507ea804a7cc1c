//! Sizes such as `15MB`, which Prometheus counts by 1024.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A size in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<ByteSize, String> {
        let wrong = || format!("`{text}` is not a size such as 10MB or 512KiB");
        if text == "0" {
            return Ok(ByteSize(0));
        }
        let (mut rest, mut total) = (text, 0.0);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(wrong)?;
            let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let power = ["B", "K", "M", "G", "T", "P", "E"].iter().position(|unit| match &rest[..letters] {
                "B" => *unit == "B",
                other => other.strip_suffix('B').map(|name| name.trim_end_matches('i')) == Some(unit),
            });
            total += number * 1024_f64.powi(i32::try_from(power.ok_or_else(wrong)?).unwrap_or(0));
            rest = &rest[letters..];
        }
        if text.is_empty() || total > 9e18 { Err(wrong()) } else { Ok(ByteSize(total as u64)) }
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ByteSize::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "andon-bytes",
            "description": "a size such as 10MB or 512KiB",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_by_1024_whatever_the_letters() {
        for (text, bytes) in
            [("0", 0), ("15MB", 15 << 20), ("15MiB", 15 << 20), ("1.5KB", 1536), ("1GB1B", (1 << 30) + 1)]
        {
            assert_eq!(ByteSize::parse(text), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["", "100", "MB", "1XB", "1 MB", "-1MB", "99999999EB"] {
            assert!(ByteSize::parse(text).is_err(), "{text}");
        }
    }
}
