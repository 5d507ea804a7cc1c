//! `Policy`: what is permitted and forbidden beside the roles.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::Cedar;

/// What somebody may do whom no role allows it, and what nobody may whatever their role. It needs an Andon that was built
/// with `--features cedar`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// One or more policies; `@id("…")` names one of several.
    pub cedar: Cedar,
}
