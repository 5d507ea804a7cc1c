//! Alerts: what a rule says of the samples, and what that makes of an alert: pending, firing, lost or resolved.
//!
//! Contract: evaluating a rule is a pure function of samples, time and what is fresh; what follows from it is decided
//! from the state. An alert resolves only when its condition was seen to be false on fresh samples, or when its rule
//! is removed: a series or target that goes away resolves nothing.
//! Never: a clock, a store of its own, an incident, a person.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod alert;
mod answers;
mod ask;
mod cause;
mod decide;
mod freshness;
mod gone;
mod inhibit;
mod maintenance;
mod received;
pub mod rule;
mod schedule;
mod series;
mod silence;
mod state;
#[cfg(test)]
mod tests;
pub mod watch;

pub use alert::{Alert, Phase};
pub use andon_definitions::Context;
pub use answers::{Answer, Answers, Question, selector};
pub use ask::{Ask, NotYet, Reads, Unanswered};
pub use freshness::{Freshness, Silent};
pub use received::{ALERTS_MAX, resolve_timeout};
pub use rule::{AlertRule, Held, RecordRule, Rule, evaluate, record};
pub use schedule::{Entry, Evaluated, Schedule};
pub use series::Made;
pub use silence::{SilencePhase, Silenced, Silences};
pub use state::{Failing, SilentSource, State};
