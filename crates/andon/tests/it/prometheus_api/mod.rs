//! Prometheus's HTTP API, spoken by a real Andon: a real Prometheus beside it scrapes the same target and is asked the
//! same things, and Prometheus's own tools and Grafana's calls find what they look for.
//!
//! What is not compared, because releases of Prometheus differ in it: the words of a query's syntax error, the order of
//! an instant vector that nothing sorts, and, beside a Prometheus before 3, remarks (warnings, infos), `limit` and a
//! range's left end. `PROMETHEUS` and `PROMTOOL` name other binaries than those on the PATH.

pub mod asking;
mod compare;
mod grafana;
pub mod peer;
mod questions;
mod tools;
mod world;

pub use peer::{Peer, binary};
