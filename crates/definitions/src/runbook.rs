//! `Runbook`: a procedure; what launches it, its guards, its steps.

use std::collections::BTreeMap;

use andon_vocabulary::Labels;
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
        let bare = Runbook {
            origin: Origin::default(),
            ..self.clone()
        };
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
        self.matches
            .iter()
            .all(|(name, value)| labels.get(name).unwrap_or("") == value)
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
