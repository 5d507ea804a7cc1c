//! `Scenario`: a test; a world that also reacts, and what must follow.

mod expectation;
mod world;

pub use expectation::*;
pub use world::*;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::scalar::{Moment, Period};

/// A test: a world that also reacts, and what must follow. Offsets count from `at`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// What it shows, for people.
    #[serde(default)]
    pub doc: String,
    /// When the clock starts.
    pub at: Moment,
    /// The step of `values`.
    #[serde(default = "every")]
    #[schemars(extend("format" = "andon-interval"))]
    pub every: Period,
    #[serde(default)]
    pub world: Vec<WorldEntry>,
    #[schemars(length(min = 1))]
    pub expect: Vec<Expectation>,
}

fn every() -> Period {
    Period::seconds(15)
}
