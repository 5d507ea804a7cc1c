//! The files that a team writes, as one checked [`Catalog`].
//!
//! Contract: [`load`] is a function of the files' contents. It gives back everything it could understand and every
//! finding, each at its place, as a compiler would.
//! Never: the disk, the network, the environment, a clock; a key that is accepted and then ignored.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod absent;
pub mod action;
pub mod alertmanager;
mod book;
mod catalog;
mod check;
mod context;
mod coverage;
mod dependencies;
mod diagnostic;
mod expand;
pub mod expression;
mod format;
pub mod guardrails;
pub mod import;
pub mod instance;
pub mod intake;
mod load;
pub mod maintenance;
pub mod notification;
pub mod oncall;
mod operator;
mod origin;
mod policy;
pub mod prometheus;
mod query;
mod re2;
pub mod reference;
pub mod relabel;
mod render;
pub mod rule_tests;
pub mod rules;
pub mod runbook;
pub mod scalar;
pub mod scenario;
mod schema;
pub mod service;
mod source;
pub mod step;
mod suggest;
pub mod team;
mod template;
mod walk;
mod yaml;

pub use action::Action;
pub use alertmanager::Alertmanager;
pub use book::check_metrics;
pub use catalog::{Catalog, Location};
pub use context::Context;
pub use coverage::check_coverage;
pub use dependencies::Dependencies;
pub use diagnostic::{Diagnostic, Related, Severity, SourceFile};
pub use guardrails::{Bound, Guardrails};
pub use instance::{Channel, ChannelKind, Instance};
pub use intake::{Format, Mapping, Proof, Source};
pub use load::load;
pub use maintenance::Maintenance;
pub use notification::{Notification, NotifiedAlert, Reason, Status};
pub use oncall::{Duty, Schedule, Shift};
pub use origin::Origin;
pub use policy::Policy;
pub use prometheus::{Job, Prometheus};
pub use reference::{ServiceRef, TeamRef, Whom};
pub use relabel::Relabeling;
pub use render::render;
pub use rule_tests::{AlertTest, ExprTest, RuleTest, RuleTests};
pub use rules::{AlertingRule, RecordingRule, Rule, RuleGroup, Urgency};
pub use runbook::Runbook;
pub use scalar::{Arg, Period, Query, Text};
pub use scenario::Scenario;
pub use schema::schema;
pub use service::Service;
pub use step::{Act, Approve, Does, Repeat, Step};
pub use team::{Escalation, Override, Rotation, Team, Turns};
pub use template::{Outside, Scene, Template, TemplateError, Templates, Words};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
