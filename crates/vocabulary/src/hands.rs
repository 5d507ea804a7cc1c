//! The lines between Andon and its hands: one JSON object to a line, orders down, outcomes and sightings up.
//!
//! The first line down is `Hello`. An end of input means that Andon is gone: the hands leave too, and what they
//! supervise goes on running until the next hands adopt it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{IntentId, LookUp, Name, Order, Outcome, PlatformStatus, duration_ms};

/// What Andon says to its hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToHands {
    Hello(Hello),
    Carry {
        attempt: u32,
        order: Box<Order>,
    },
    LookUp {
        attempt: u32,
        look_up: Box<LookUp>,
    },
    /// The last line: leave, and stop what is supervised or let it run on.
    Shutdown {
        stop_instances: bool,
    },
}

/// Where the hands live and what they supervise on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The instance's data directory; `platform/`, `logs/` and `faults/` in it belong to the hands.
    pub data_dir: String,
    /// Marks the processes of this Andon, so that two on one machine keep apart.
    pub instance_id: String,
    pub services: Vec<LocalService>,
    /// The references that the definitions make, as they stand there (`secret:env/TOKEN`); no other is ever resolved.
    pub secrets: Vec<String>,
}

/// A service that runs on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalService {
    pub name: Name,
    /// A program without a slash is looked for beside Andon's own, then on PATH. Never a shell.
    pub argv: Vec<String>,
    /// What the definition says. It applies at first, and again whenever it changes; between, orders rule.
    pub version: Name,
    pub instances: u32,
    pub env: BTreeMap<String, String>,
    /// A path that answers 2xx once an instance can serve, say `/healthz`.
    pub ready_path: String,
    /// How long an instance may take to stop after SIGTERM.
    #[serde(with = "duration_ms")]
    pub grace: Duration,
}

/// What the hands say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromHands {
    /// They hold their platform: what ran is adopted, what was missing is starting.
    Ready {
        platform: Vec<PlatformStatus>,
    },
    Outcome {
        intent: IntentId,
        attempt: u32,
        outcome: Outcome,
    },
    /// Something of a service changed.
    Platform(PlatformStatus),
    /// For people who read logs.
    Log {
        text: String,
    },
}
