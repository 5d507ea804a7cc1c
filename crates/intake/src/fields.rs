//! A JSON object as senders write them: a field may be missing, null or of another type, and numbers serve as texts.

use std::borrow::Cow;

use andon_vocabulary::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use serde_json::Value;

use crate::item::Refused;
use crate::json;

#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub &'a Value);

static NOTHING: Value = Value::Null;

impl<'a> Fields<'a> {
    /// A field's own fields; none where it is missing or no object.
    pub fn of(self, name: &str) -> Fields<'a> {
        Fields(self.0.get(name).unwrap_or(&NOTHING))
    }

    pub fn has(self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// A text that is not empty, a number or a truth.
    pub fn text(self, name: &str) -> Option<Cow<'a, str>> {
        scalar(self.0.get(name)?)
    }

    pub fn owned(self, name: &str) -> Option<String> {
        self.text(name).map(Cow::into_owned)
    }

    pub fn list(self, name: &str) -> &'a [Value] {
        self.0.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn scalars(self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let fields = self.0.as_object().into_iter().flatten();
        fields.filter_map(|(name, value)| Some((name.as_str(), scalar(value)?)))
    }

    /// A time that is one: Go writes "none" as the year 1.
    pub fn time(self, name: &str) -> Option<Timestamp> {
        self.text(name).as_deref().and_then(time).filter(|at| *at > Timestamp::EPOCH)
    }

    /// Whatever it is, as JSON: for people.
    pub fn json(self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::Object(fields) if fields.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            value => Some(value.to_string()),
        }
    }
}

pub(crate) fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        _ => None,
    }
}

/// RFC 3339, and the same with an offset without a colon, as AWS writes it.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text).ok().map(Timestamp::from_jiff)
}

/// The payload, which must be an object.
pub(crate) fn object(body: &[u8]) -> Result<Value, Refused> {
    match json(body)? {
        object @ Value::Object(_) => Ok(object),
        _ => Err(Refused::new("this is no JSON object")),
    }
}

pub(crate) fn json(body: &[u8]) -> Result<Value, Refused> {
    json::read(body, &mut Vec::new()).map_err(|error| Refused::new(format!("this is no JSON: {error}")))
}
