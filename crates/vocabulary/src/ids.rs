//! Ids that people read aloud, and the names that definitions give to things.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of something in the catalogue: a service, a person, a team, a runbook, a channel. The field says which.
pub type Name = Arc<str>;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "-{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = String;
            /// With or without the prefix, in either case.
            fn from_str(text: &str) -> Result<Self, String> {
                let upper = text.trim().to_ascii_uppercase();
                let digits = upper.strip_prefix(concat!($prefix, "-")).unwrap_or(&upper);
                digits.parse().map($name).map_err(|_| format!(concat!("expected ", $prefix, "-<number>, got {:?}"), text))
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

number_id!(
    /// One disturbance of one service, however many alerts it raises.
    IncidentId, "INC"
);
number_id!(
    /// One execution of a runbook.
    RunId, "RUN"
);
number_id!(
    /// A deploy, a fault switched on, or any other change that somebody made.
    ChangeId, "CHG"
);
number_id!(
    /// What was learned from an incident.
    ReviewId, "REV"
);
number_id!(
    /// One time that somebody took an admin's authority in an emergency.
    GlassId, "GLASS"
);
number_id!(
    /// Something that Andon decided to do to the world. Its outcome names it; so does the idempotency key.
    IntentId, "INT"
);
number_id!(
    /// One alert: the fingerprint of its labels.
    AlertId, "ALR"
);
number_id!(
    /// A stretch of time on call that somebody took over while Andon ran.
    OverrideId, "OVR"
);
number_id!(
    /// An offer to swap time on call.
    SwapId, "SWP"
);
