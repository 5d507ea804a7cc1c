//! What a step can do: the table of actions and what each needs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Arg, Period, Query, Sensitive, Text};
use crate::step::Repeat;

/// `uses` and `with`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "uses", content = "with")]
pub enum Action {
    #[serde(rename = "promql")]
    Promql(Promql),
    #[serde(rename = "http")]
    Http(Http),
    #[serde(rename = "process")]
    Process(Process),
    #[serde(rename = "platform.restart")]
    Restart(Restart),
    #[serde(rename = "platform.scale")]
    Scale(Scale),
    #[serde(rename = "platform.rollback")]
    Rollback(Rollback),
    #[serde(rename = "notify")]
    Notify(Notify),
}

impl Action {
    /// As written after `uses`.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Promql(_) => "promql",
            Action::Http(_) => "http",
            Action::Process(_) => "process",
            Action::Restart(_) => "platform.restart",
            Action::Scale(_) => "platform.scale",
            Action::Rollback(_) => "platform.rollback",
            Action::Notify(_) => "notify",
        }
    }

    /// Whether it may change the world, so that it needs `verify` and a way back.
    pub fn changes(&self) -> bool {
        match self {
            Action::Promql(_) | Action::Notify(_) => false,
            Action::Http(http) => !http.method.is_safe(),
            Action::Process(_) | Action::Restart(_) | Action::Scale(_) | Action::Rollback(_) => true,
        }
    }

    /// What built-in actions know of themselves; `None`: the step must say it.
    pub fn repeat(&self) -> Option<Repeat> {
        match self {
            Action::Promql(_) => Some(Repeat::Harmless),
            Action::Http(http) if http.method.is_safe() => Some(Repeat::Harmless),
            Action::Http(_) | Action::Process(_) => None,
            Action::Restart(_) | Action::Scale(_) | Action::Rollback(_) => Some(Repeat::AfterLookup),
            Action::Notify(_) => Some(Repeat::WithKey),
        }
    }
}

/// Ask a question and keep the answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Promql {
    pub query: Query,
    /// Shown with the incident.
    #[serde(default)]
    pub attach: Option<Attach>,
}

/// What is shown with the incident.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attach {
    Chart,
}

/// One HTTP request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Http {
    #[serde(default)]
    pub method: Method,
    pub url: Text,
    #[serde(default)]
    pub headers: BTreeMap<String, Sensitive>,
    #[serde(default)]
    pub body: Option<Text>,
    #[serde(default = "timeout")]
    pub timeout: Period,
}

/// An HTTP method.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// Safe in the sense of RFC 9110: asking changes nothing.
    pub fn is_safe(self) -> bool {
        matches!(self, Method::Get | Method::Head)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// One program with its arguments; never a shell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    #[schemars(length(min = 1))]
    pub argv: Vec<Text>,
    #[serde(default)]
    pub env: BTreeMap<String, Text>,
    /// Where it runs, relative to the definitions' directory; without it: there. It must exist when the step begins.
    #[serde(default)]
    pub cwd: Option<String>,
    #[serde(default = "timeout")]
    pub timeout: Period,
}

fn timeout() -> Period {
    Period::seconds(30)
}

/// Restart a service's instances, one after another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Restart {
    pub service: Text,
    /// Only this one, by its number from 0.
    #[serde(default)]
    pub instance: Option<Arg<u32>>,
}

/// Run more or fewer instances.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{ "required": ["add"] }, { "required": ["to"] }]))]
pub struct Scale {
    pub service: Text,
    /// So many more, or fewer where negative.
    #[serde(default)]
    pub add: Option<Arg<i64>>,
    /// Exactly so many.
    #[serde(default)]
    pub to: Option<Arg<u32>>,
    /// Never more than this.
    #[serde(default)]
    pub max: Option<u32>,
}

/// Run another version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rollback {
    pub service: Text,
    /// The version to run; without it: the one before the present one.
    #[serde(default)]
    pub to: Option<Text>,
}

/// Tell people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Notify {
    /// `incident` (its timeline), a channel's name, a person or `oncall:TEAM/ROTATION`.
    #[schemars(extend("format" = "andon-audience"))]
    pub to: String,
    pub text: Text,
}
