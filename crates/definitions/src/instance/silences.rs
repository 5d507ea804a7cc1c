//! What silences people may set: how long, how wide, and of what never.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Matchers, Period};

/// What silences people may set, and when their owners are reminded of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SilencePolicy {
    /// How long one may last at a stretch; without it, a year.
    pub max: Option<Period>,
    /// It has so many matchers at least.
    #[schemars(range(min = 1, max = 100))]
    pub matchers_min: u32,
    /// It silences at most so many of the alerts that fire when it is set.
    pub alerts_max: Option<u32>,
    /// People are told of alerts that match one of these, whatever silences them.
    pub deny: Vec<Matchers>,
    /// Nobody sets one without saying why.
    pub reason_required: bool,
    /// Its owner is reminded so long before it ends, where it lasts twice as long at least; `0s` reminds nobody.
    pub remind_before: Period,
}

impl Default for SilencePolicy {
    fn default() -> Self {
        SilencePolicy {
            max: None,
            matchers_min: 1,
            alerts_max: None,
            deny: Vec::new(),
            reason_required: false,
            remind_before: Period::minutes(15),
        }
    }
}
