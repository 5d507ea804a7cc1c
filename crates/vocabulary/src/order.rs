//! What the brain asks of the hands, and what the hands report: the only messages between the two processes.
//!
//! An order is one approved step with every argument resolved. The hands check the approval themselves: the order
//! carries the preview that a person saw, and the action must stand in it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{IntentId, Name, RunId, Timestamp, duration_ms};

/// One change to the world, resolved: no template, no reference is left in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Http {
        method: String,
        url: String,
        headers: BTreeMap<String, String>,
        body: Option<String>,
    },
    /// `argv` is executed as it stands: there is no shell.
    Process {
        argv: Vec<String>,
        env: BTreeMap<String, String>,
        /// Where it runs; None: in the directory of the definitions, from which a relative one is seen too.
        cwd: Option<String>,
    },
    /// Restart these instances, one after the other; empty means all.
    Restart {
        service: Name,
        instances: Vec<Name>,
    },
    Scale {
        service: Name,
        from: u32,
        to: u32,
    },
    /// Run this version: a deploy, and a roll-back too.
    Run {
        service: Name,
        from: Name,
        version: Name,
    },
    /// POST to every instance of a service: how a declared fault is switched.
    Fault {
        service: Name,
        fault: Name,
        path: String,
        body: String,
        on: bool,
    },
}

impl Action {
    /// The service that it changes, where Andon knows.
    pub fn service(&self) -> Option<&Name> {
        match self {
            Action::Restart { service, .. }
            | Action::Scale { service, .. }
            | Action::Run { service, .. }
            | Action::Fault { service, .. } => Some(service),
            Action::Http { .. } | Action::Process { .. } => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Http { method, url, .. } => write!(f, "{method} {url}"),
            Action::Process { argv, cwd: None, .. } => write!(f, "{argv:?}"),
            Action::Process { argv, cwd: Some(cwd), .. } => write!(f, "{argv:?} in {cwd}"),
            Action::Restart { service, instances } if instances.is_empty() => {
                write!(f, "restart {service}, every instance")
            }
            Action::Restart { instances, .. } => write!(f, "restart {}", instances.join(", ")),
            Action::Scale { service, from, to } => write!(f, "scale {service} from {from} to {to}"),
            Action::Run { service, from, version } => write!(f, "run {service} {version} instead of {from}"),
            Action::Fault { service, fault, on, .. } => {
                write!(f, "switch fault {fault} of {service} {}", if *on { "on" } else { "off" })
            }
        }
    }
}

/// What a person is shown before approving, and what the approval binds to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub runbook: Name,
    /// Hash of the definition that the run pins.
    pub definition: String,
    pub steps: Vec<PreviewStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewStep {
    pub step: Name,
    pub action: Action,
    /// In words: what will be verified afterwards, and what happens if that does not hold.
    pub verify: Option<String>,
    pub rollback: Option<Action>,
    pub if_not: String,
}

impl Preview {
    /// SHA-256 over the JSON form, in hex. An approval names it; a changed preview has another.
    pub fn hash(&self) -> String {
        let json = serde_json::to_vec(self).expect("a preview is plain data");
        Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a person who approved this has approved this very action as this step, or its roll-back.
    pub fn covers(&self, step: &str, action: &Action) -> bool {
        self.steps
            .iter()
            .any(|s| &*s.step == step && (&s.action == action || s.rollback.as_ref() == Some(action)))
    }
}

/// Why the hands may act: a person approved this preview, or the runbook is trusted to act by itself, or a person
/// gave the command directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warrant {
    Approved { by: Name, hash: String, preview: Box<Preview> },
    Trusted { runbook: Name },
    Commanded { by: Name },
}

/// One step to carry out, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub intent: IntentId,
    pub run: Option<RunId>,
    pub step: Name,
    pub action: Action,
    /// The same for every attempt of this step of this run: what the target deduplicates by.
    pub key: String,
    /// Not to be dispatched after this.
    pub not_after: Timestamp,
    #[serde(with = "duration_ms")]
    pub timeout: Duration,
    pub warrant: Warrant,
}

/// How an order ended, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderResult {
    /// It happened. `detail` is for people, bounded.
    Done { detail: String },
    /// It is certain that it did not take effect, or that it failed as a whole.
    Failed { error: String },
    /// Never sent: too late, or the warrant does not cover it.
    Refused { why: String },
    /// It may or may not have happened.
    Unknown { why: String },
}

/// Did the order happen? Answered by looking at the target, not by remembering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Happened { evidence: String },
    DidNotHappen { evidence: String },
    CannotTell { why: String },
}

/// What a platform says of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformStatus {
    pub service: Name,
    /// The version that is wanted.
    pub version: Name,
    /// The version before it; what a roll-back returns to.
    pub previous: Option<Name>,
    /// How many instances are wanted, and how many of them run that version and are ready.
    pub wanted: u32,
    pub ready: u32,
    pub instances: Vec<InstanceStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// Stable over versions and restarts, say `checkout-2`.
    pub name: Name,
    pub version: Name,
    /// `host:port`.
    pub address: String,
    pub pid: Option<u32>,
    pub ready: bool,
    pub restarts: u32,
}
