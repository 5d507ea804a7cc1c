//! What others send when something fires, ends, is acknowledged or changes: each sender's bytes as [`Item`]s.
//!
//! Contract: whatever the bytes, a format ends in items or in [`Refused`] with words for its sender, within the limits
//! of [`limits`]; nothing is left out without an item that says so. What fires and what ends it carry the same key or
//! the same labels.
//! Never: a clock (the time is given), the network (a certificate is given), a decision about the alert.
//!
//! | format | `alertname` | `severity` | further labels | key |
//! |---|---|---|---|---|
//! | Alertmanager webhook | the sender's | the sender's | the sender's | none: its labels |
//! | Grafana | the sender's | the sender's | the sender's, `org_id` | none: its labels |
//! | PagerDuty Events v2 | `class`, else `summary` | critical, error → `critical` | `instance` (its `source`), `component`, `group`, `class`, `service` of `custom_details` | `dedup_key` |
//! | Opsgenie | `message` | P1, P2 → `critical`; P3, P4 → `warning`; P5 → `info` | `entity`, `service` of `details` | `alias` |
//! | CloudWatch | the alarm's name | none | `namespace`, `metric`, `region`, `account`, `dimension_NAME` | the alarm's ARN |
//! | GoAlert | `summary` | none | | `dedup`, else its `summary` and `details` |
//! | Grafana OnCall | `title` | none | | `alert_uid`, else `title` |
//! | generic, CloudEvents | as mapped | as mapped | as mapped | as mapped |
//!
//! Of an incumbent, the pager that is still in charge, the formats say what it did instead: [`incumbent`].
//!
//! A key is also the label [`KEY`]; whoever takes the alert in adds the label `source`, since two senders may use one key.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

pub mod alertmanager;
pub mod answer;
pub mod cloudevents;
pub mod cloudwatch;
mod fields;
pub mod forge;
pub mod generic;
pub mod goalert;
pub mod grafana;
pub mod incumbent;
mod item;
pub mod json;
pub mod limits;
pub mod oncall;
pub mod opsgenie;
pub mod pagerduty;
pub mod payload;
pub mod proof;
pub mod sns;
#[cfg(test)]
mod tests;

pub use generic::Mapped;
pub use item::{Change, Item, KEY, Moment, Refused};
