//! `Runbook`: a procedure; what launches it, its guards, its steps.

use std::collections::BTreeMap;

use andon_vocabulary::Labels;
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::guardrails::{Guardrails, Trust};
use crate::origin::Origin;
use crate::reference::TeamRef;
use crate::scalar::{Pattern, Text};
use crate::step::Step;

/// A procedure: what launches it, its guards, its steps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Runbook {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// What a person reads before following it by hand.
    pub doc: String,
    pub owner: TeamRef,
    /// What launches it. Without it, people launch it.
    #[serde(default)]
    pub on: Option<On>,
    #[serde(default)]
    pub run_per: RunPer,
    #[serde(default)]
    pub inputs: BTreeMap<String, Input>,
    /// Added as matchers to every query of the run.
    #[serde(default)]
    pub scope: BTreeMap<String, Text>,
    #[serde(default)]
    pub trust: Trust,
    #[serde(default)]
    pub guardrails: Guardrails,
    #[schemars(length(min = 1))]
    pub steps: Vec<Step>,
}

impl Runbook {
    /// SHA-256 of what it says, in hex; where it stands does not count.
    pub fn fingerprint(&self) -> String {
        let bare = Runbook { origin: Origin::default(), ..self.clone() };
        let json = serde_json::to_vec(&bare).expect("a runbook is plain data");
        crate::hex(&Sha256::digest(json))
    }

    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}

/// What launches a runbook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct On {
    pub alert: OnAlert,
}

/// An alert with these labels, in this state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OnAlert {
    #[serde(rename = "match")]
    #[schemars(extend("minProperties" = 1))]
    pub matches: BTreeMap<String, String>,
    #[serde(default)]
    pub state: AlertState,
}

impl OnAlert {
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches.iter().all(|(name, value)| labels.get(name).unwrap_or("") == value)
    }
}

/// A state of an alert that launches a runbook.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    #[default]
    Firing,
    #[schemars(extend("x-not-yet" = "runbooks launched by a lost alert"))]
    Lost,
    #[schemars(extend("x-not-yet" = "runbooks launched by a resolved alert"))]
    Resolved,
}

/// What there is one run for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunPer {
    #[default]
    Incident,
    #[schemars(extend("x-not-yet" = "one run for each alert; write `incident`"))]
    Alert,
    #[schemars(extend("x-not-yet" = "one run for each target; write `incident`"))]
    Target,
}

/// A value that the run begins with. One that comes from an alert is untrusted: a catalogue entity, or a pattern.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    #[serde(rename = "type")]
    pub kind: InputType,
    /// `alert.service` or `alert.labels.NAME`.
    #[serde(default)]
    #[schemars(extend("format" = "andon-input-source"))]
    pub from: Option<String>,
    /// Only a catalogue entity that the runbook's owner owns.
    #[serde(default)]
    pub within: Option<Within>,
    #[serde(default)]
    pub default: Option<Value>,
    #[serde(default)]
    pub min: Option<f64>,
    #[serde(default)]
    pub max: Option<f64>,
    /// What the whole text must match.
    #[serde(default)]
    pub pattern: Option<Pattern>,
}

/// The expression with its ends tied, and too small to be slow.
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build()
}

impl Input {
    /// The value that a text stands for, if this input takes it; else what is wrong with it. Whether a service
    /// exists is for the catalogue to say.
    pub fn accept(&self, text: &str) -> Result<Value, String> {
        let value = match self.kind {
            InputType::Service | InputType::String => Value::from(text),
            InputType::Integer => {
                text.parse::<i64>().map(Value::from).map_err(|_| format!("{text:?} is not a whole number"))?
            }
            InputType::Number => {
                text.parse::<f64>().map(Value::from).map_err(|_| format!("{text:?} is not a number"))?
            }
            InputType::Boolean => {
                text.parse::<bool>().map_err(|_| format!("{text:?} is neither true nor false"))?.into()
            }
        };
        self.fits(&value)?;
        Ok(value)
    }

    /// What keeps a value from being this input's.
    pub fn fits(&self, value: &Value) -> Result<(), String> {
        let right = match self.kind {
            InputType::Service | InputType::String => value.is_string(),
            InputType::Integer => value.is_i64(),
            InputType::Number => value.is_number(),
            InputType::Boolean => value.is_boolean(),
        };
        if !right {
            return Err(format!("{value} is not of type {}", self.kind.as_str()));
        }
        if let Some(number) = value.as_f64()
            && (self.min.is_some_and(|min| number < min) || self.max.is_some_and(|max| number > max))
        {
            let edge = |edge: Option<f64>| edge.map_or_else(|| "any".to_owned(), |edge| edge.to_string());
            return Err(format!("{value} is not between {} and {}", edge(self.min), edge(self.max)));
        }
        if let (Some(pattern), Some(text)) = (&self.pattern, value.as_str()) {
            let pattern_matches = compile(pattern).is_ok_and(|regex| regex.is_match(text));
            if !pattern_matches {
                return Err(format!("{text:?} does not match the pattern {}", pattern.0));
            }
        }
        Ok(())
    }
}

impl InputType {
    pub fn as_str(self) -> &'static str {
        match self {
            InputType::Service => "service",
            InputType::Integer => "integer",
            InputType::String => "string",
            InputType::Number => "number",
            InputType::Boolean => "boolean",
        }
    }
}

/// What kind of value an input is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputType {
    /// A service of the catalogue.
    Service,
    Integer,
    String,
    Number,
    Boolean,
}

/// Which catalogue entities an input may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Those of the runbook's owner.
    Owner,
}
