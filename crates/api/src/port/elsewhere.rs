//! A store elsewhere, which answers Prometheus's questions itself.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use andon_vocabulary::{Labels, Timestamp};
use axum::body::Body;

/// A Prometheus, or whatever speaks as one.
pub trait Elsewhere: Send + Sync {
    fn ask(&self, passed: Passed) -> Pin<Box<dyn Future<Output = Result<Said, Unsaid>> + Send>>;

    /// The value of each series that a query has at a time, histograms left out. Blocking.
    fn values(&self, query: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String>;

    /// Where it is, without any credentials.
    fn place(&self) -> String;
}

/// A question as it was put here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The parts of the path after `/api/v1/`.
    pub path: Vec<String>,
    pub form: Vec<(String, String)>,
    /// Until the whole answer is there.
    pub within: Duration,
}

/// What it said.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    /// As it comes.
    pub body: Body,
}

/// Why it said nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsaid {
    TimedOut,
    Silent(String),
}
