//! A part of somebody else's file that is understood and not acted on: a finding names it, never a silence.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// Holds nothing. The field that has it says, by `x-absent` in its schema, what will not happen; the walk makes that
/// a warning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absent;

impl<'de> Deserialize<'de> for Absent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Absent)
    }
}

impl JsonSchema for Absent {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Absent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
