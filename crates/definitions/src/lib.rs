//! The files that a team writes, as one checked [`Catalog`].
//!
//! Contract: `load` is a function of the files' contents. It gives back everything it could understand and every
//! finding, each at its place, as a compiler would.
//! Never: the disk, the network, the environment, a clock; a key that is accepted and then ignored.

#![forbid(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]

pub mod action;
mod catalog;
mod diagnostic;
pub mod guardrails;
pub mod instance;
mod origin;
pub mod reference;
pub mod rules;
pub mod runbook;
pub mod scalar;
pub mod scenario;
mod schema;
pub mod service;
pub mod step;
pub mod team;

pub use action::Action;
pub use catalog::{Catalog, Location};
pub use diagnostic::{Diagnostic, Related, Severity, SourceFile};
pub use guardrails::{Bound, Guardrails};
pub use instance::{Channel, Instance};
pub use origin::Origin;
pub use reference::{ServiceRef, TeamRef, Whom};
pub use rules::{AlertingRule, RecordingRule, Rule, RuleGroup, Urgency};
pub use runbook::Runbook;
pub use scalar::{Arg, Period, Query, Text};
pub use scenario::Scenario;
pub use schema::schema;
pub use service::Service;
pub use step::{Act, Approve, Does, Repeat, Step};
pub use team::{Escalation, Rotation, Team};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
