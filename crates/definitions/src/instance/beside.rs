//! How a day beside an incumbent, the pager that is still in charge, is counted and compared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Period, Zone};

/// How what this Andon decides is compared with what an incumbent does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Beside {
    /// Where its days begin and end; without it, UTC.
    pub timezone: Option<Zone>,
    /// So far apart a page of the incumbent and an alert here may be and still mean the same.
    #[schemars(extend("format" = "andon-interval"))]
    pub within: Period,
}

impl Default for Beside {
    fn default() -> Self {
        Beside { timezone: None, within: Period::minutes(10) }
    }
}
