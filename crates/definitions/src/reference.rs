//! One definition names another: `kind:name`, or the bare name where the kind is plain from the place.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! reference {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub struct $name(String);

        impl $name {
            pub fn new(name: &str) -> Self {
                $name(name.to_owned())
            }

            /// The bare name.
            pub fn name(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($kind, ":{}"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                bare($kind, &text).map($name::new).map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "format": concat!("andon-ref-", $kind),
                    "description": concat!("a ", $kind, ": ", $kind, ":NAME, or its bare name"),
                })
            }
        }
    };
}

reference!(
    /// A team.
    TeamRef, "team"
);
reference!(
    /// A service.
    ServiceRef, "service"
);

/// The name without its kind.
pub(crate) fn bare<'a>(kind: &str, text: &'a str) -> Result<&'a str, String> {
    match text.split_once(':') {
        None if !text.is_empty() => Ok(text),
        Some((found, name)) if found == kind && !name.is_empty() => Ok(name),
        _ => Err(format!("`{text}` does not name a {kind}: write {kind}:NAME")),
    }
}

/// Who is meant: whoever is on call in a rotation, or one person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Whom {
    /// `oncall:primary` in a team's own file, `oncall:payments/primary` elsewhere.
    OnCall { team: Option<String>, rotation: String },
    /// A person's name.
    Person(String),
    /// `team:platform`: whoever that team's own escalation pages.
    Team(String),
}

impl Whom {
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` names nobody: write a person's name, oncall:ROTATION, oncall:TEAM/ROTATION or team:TEAM"
            )
        };
        match text.split_once(':') {
            None if !text.is_empty() && !text.contains('/') => Ok(Whom::Person(text.to_owned())),
            Some(("team", name)) if !name.is_empty() && !name.contains('/') => {
                Ok(Whom::Team(name.to_owned()))
            }
            Some(("oncall", place)) => match place.split_once('/') {
                None if !place.is_empty() => Ok(Whom::OnCall { team: None, rotation: place.to_owned() }),
                Some((team, rotation)) if !team.is_empty() && !rotation.is_empty() => {
                    Ok(Whom::OnCall { team: Some(team.to_owned()), rotation: rotation.to_owned() })
                }
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whom::OnCall { team: None, rotation } => write!(f, "oncall:{rotation}"),
            Whom::OnCall { team: Some(team), rotation } => write!(f, "oncall:{team}/{rotation}"),
            Whom::Person(name) => f.write_str(name),
            Whom::Team(name) => write!(f, "team:{name}"),
        }
    }
}

impl Serialize for Whom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Whom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Whom::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Whom {
    fn schema_name() -> Cow<'static, str> {
        "Whom".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "andon-whom",
            "description": "a person's name, oncall:ROTATION, oncall:TEAM/ROTATION or team:TEAM",
        })
    }
}
