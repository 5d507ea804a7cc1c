//! Small answers, written from their types as Go's encoders write them.

use std::io::{self, Write};

use andon_vocabulary::{Labels, Timestamp};
use axum::response::Response;
use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter};
use serde_json::value::RawValue;

use super::body::{self, Remarks};
use super::failure::Failure;
use super::go;

pub fn answer(data: &impl Serialize) -> Result<Response, Failure> {
    let mut out = Vec::new();
    data.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Go))
        .map_err(|error| Failure::internal(format!("the answer cannot be written: {error}")))?;
    Ok(body::whole(&out, &Remarks::default()))
}

/// For `#[serde(serialize_with)]`: labels keep `<`, `>` and `&`.
pub fn labels<S: Serializer>(labels: &Labels, serializer: S) -> Result<S::Ok, S::Error> {
    let mut out = Vec::new();
    go::labels(labels, &mut out);
    let text = String::from_utf8(out).map_err(serde::ser::Error::custom)?;
    RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

/// For `#[serde(serialize_with)]`: a time without the zeros at its end; one that never was is Go's first year.
pub fn time<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        None => serializer.serialize_str("0001-01-01T00:00:00Z"),
        Some(at) => serializer.collect_str(&at.to_jiff()),
    }
}

/// The differences between serde_json's and Go's writing of the same value.
struct Go;

impl Formatter for Go {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let mut out = Vec::new();
        go::number(value, &mut out);
        writer.write_all(&out)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut out = Vec::with_capacity(text.len() + 2);
        go::escaped(text, &mut out);
        writer.write_all(&out[1..out.len() - 1])
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        let text: &[u8] = match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"/",
            CharEscape::Backspace => b"\\u0008",
            CharEscape::FormFeed => b"\\u000c",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::AsciiControl(byte) => return write!(writer, "\\u{byte:04x}"),
        };
        writer.write_all(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Sample {
        text: &'static str,
        #[serde(serialize_with = "labels")]
        labels: Labels,
        #[serde(serialize_with = "time")]
        at: Option<Timestamp>,
        #[serde(serialize_with = "time")]
        never: Option<Timestamp>,
        seconds: f64,
    }

    #[test]
    fn types_are_written_as_go_writes_them() {
        let sample = Sample {
            text: "a < b\u{8}\u{1}\"",
            labels: Labels::new([("x", "a<b")]),
            at: Some(Timestamp::from_ms(1_500)),
            never: None,
            seconds: 60.0,
        };
        let mut out = Vec::new();
        sample.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Go)).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"text\":\"a \\u003c b\\u0008\\u0001\\\"\",\"labels\":{\"x\":\"a<b\"},\
             \"at\":\"1970-01-01T00:00:01.5Z\",\"never\":\"0001-01-01T00:00:00Z\",\"seconds\":60}"
        );
    }
}
