//! `identity`: that people and programs have to say who they are, and how long they are believed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Oidc;
use crate::scalar::Period;

/// That people and programs have to say who they are. `identity: {}` is enough.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Identity {
    /// How long a sign-in lasts.
    #[schemars(extend("format" = "andon-interval"))]
    pub session: Period,
    /// How long a token may last that a person issues.
    #[schemars(extend("format" = "andon-interval"))]
    pub token: Period,
    /// How long a link lasts by which somebody chooses a password.
    #[schemars(extend("format" = "andon-interval"))]
    pub invitation: Period,
    /// How long somebody may have an admin's authority in an emergency.
    #[schemars(extend("format" = "andon-interval"))]
    pub glass: Period,
    /// By whom people sign in beside passwords.
    pub oidc: Option<Oidc>,
}

impl Default for Identity {
    fn default() -> Self {
        let hours = |hours: u64| Period::minutes(hours * 60);
        Identity {
            session: hours(12),
            token: hours(366 * 24),
            invitation: hours(72),
            glass: hours(1),
            oidc: None,
        }
    }
}
