//! What keeps a runbook harmless: trust, locks, rates, blast radius, what stops it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Period, Query, Text};

/// How far a runbook may go by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Trust {
    #[serde(default = "approve")]
    pub start: Level,
    /// Never more than this.
    #[serde(default = "auto")]
    pub ceiling: Level,
    #[serde(default)]
    #[schemars(extend("x-not-yet" = "promotion by record; change `start` by hand"))]
    pub promote: Option<Promote>,
    #[serde(default)]
    #[schemars(extend("x-not-yet" = "demotion by record; change `start` by hand"))]
    pub demote: Option<Demote>,
}

fn approve() -> Level {
    Level::Approve
}

fn auto() -> Level {
    Level::Auto
}

impl Default for Trust {
    fn default() -> Self {
        Trust { start: approve(), ceiling: auto(), promote: None, demote: None }
    }
}

/// A level of trust.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Propose.
    Suggest,
    /// Wait for a person.
    Approve,
    /// Act; an explicit `approve` step still asks.
    Auto,
}

/// What raises trust.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Promote {
    pub after: String,
    #[serde(default)]
    pub window: Option<Period>,
}

/// What lowers trust.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Demote {
    pub after: String,
}

/// Limits that hold for every run.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Guardrails {
    #[serde(default)]
    pub lock: Option<Lock>,
    /// How long after a run the next may begin.
    #[serde(default)]
    pub cooldown: Option<Period>,
    #[serde(default)]
    pub rate: Option<Rate>,
    #[serde(default)]
    pub blast_radius: Option<BlastRadius>,
    #[serde(default)]
    pub stop_if: Option<StopIf>,
    /// How long a run may take.
    #[serde(default)]
    pub max_duration: Option<Period>,
}

/// At most one run holds a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    pub key: Text,
    /// What a run does that finds it held.
    #[serde(default)]
    pub held: Held,
}

/// What a run does that finds its lock held.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    #[default]
    Wait,
    Skip,
    Page,
}

/// At most so many runs in a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    #[schemars(range(min = 1))]
    pub max: u32,
    pub per: Period,
    /// What happens beyond it.
    #[serde(default)]
    pub then: Then,
}

/// What happens when a rate is exceeded.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    #[default]
    Page,
    Skip,
}

/// How much a run may touch: the smaller of the two.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BlastRadius {
    /// How many services.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub targets: Option<u32>,
    /// How many of a service's instances at once.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub percent_of_instances: Option<f64>,
}

/// What stops a run: the bound is crossed, or there is no data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StopIf {
    pub query: Query,
    #[serde(flatten)]
    pub bound: Bound,
    /// What the bound is a multiple of; without it the bound is absolute.
    #[serde(default)]
    pub times: Option<Times>,
}

/// What a relative bound is a multiple of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// The value when the run began.
    Start,
}

/// What a query's value is held against; it stands beside the query, so that "false" and "no such series" differ.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Below(f64),
    Above(f64),
    Equals(f64),
}

impl Bound {
    pub fn holds(&self, value: f64) -> bool {
        match *self {
            Bound::Below(limit) => value < limit,
            Bound::Above(limit) => value > limit,
            Bound::Equals(wanted) => value == wanted,
        }
    }

    /// The same bound, as a multiple of `start`.
    pub fn times(self, start: f64) -> Bound {
        match self {
            Bound::Below(factor) => Bound::Below(factor * start),
            Bound::Above(factor) => Bound::Above(factor * start),
            Bound::Equals(factor) => Bound::Equals(factor * start),
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bound::Below(limit) => write!(f, "below {limit}"),
            Bound::Above(limit) => write!(f, "above {limit}"),
            Bound::Equals(wanted) => write!(f, "equals {wanted}"),
        }
    }
}
