//! Changes: what somebody altered, by whom, when, and what it is suspected of.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    ChangeId, IncidentId, IntentId, Name, Order, OrderResult, PlatformStatus, Span, Timestamp, Who,
    duration_ms,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeEvent {
    /// The intent to change something at a person's command.
    #[serde(rename = "change_intended@1")]
    ChangeIntended { change: ChangeId, what: What, who: Who, order: Box<Order> },
    #[serde(rename = "change_carried@1")]
    ChangeCarried { change: ChangeId, intent: IntentId, result: OrderResult },
    /// A person's command is never repeated by itself: what became of it is looked up or asked.
    #[serde(rename = "change_unknown@1")]
    ChangeUnknown { change: ChangeId, intent: IntentId, why: String, look_after: Timestamp },
    #[serde(rename = "change_lookup@1")]
    ChangeLookup { change: ChangeId, intent: IntentId },
    #[serde(rename = "change_looked_up@1")]
    ChangeLookedUp { change: ChangeId, intent: IntentId, answer: crate::Answer },
    /// Something else made this change, and told us.
    #[serde(rename = "change_recorded@1")]
    ChangeRecorded { change: ChangeId, what: What, who: Who },
    #[serde(rename = "platform_seen@1")]
    PlatformSeen { status: PlatformStatus },
    #[serde(rename = "change_suspected@1")]
    ChangeSuspected { incident: IncidentId, change: ChangeId, what: What, at: Timestamp, why: SuspectReason },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Deploy { service: Name, version: Name, from: Option<Name> },
    RollBack { service: Name, version: Name, from: Option<Name> },
    Fault { service: Name, fault: Name, on: bool },
}

impl What {
    pub fn service(&self) -> &Name {
        match self {
            What::Deploy { service, .. } | What::RollBack { service, .. } | What::Fault { service, .. } => {
                service
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectReason {
    /// The service itself changed this long before the incident began.
    SameService {
        #[serde(with = "duration_ms")]
        before: Duration,
    },
    /// Something that the service depends on changed.
    Dependency {
        service: Name,
        #[serde(with = "duration_ms")]
        before: Duration,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Deploy { service, version, .. } => write!(f, "deploy:{service}@{version}"),
            What::RollBack { service, version, .. } => write!(f, "rollback:{service}@{version}"),
            What::Fault { service, fault, on } => {
                write!(f, "fault:{service}/{fault}={}", if *on { "on" } else { "off" })
            }
        }
    }
}

impl fmt::Display for SuspectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SuspectReason::SameService { before } => write!(f, "changed {} before", Span(*before)),
            SuspectReason::Dependency { service, before } => {
                write!(f, "{service}, a dependency, changed {} before", Span(*before))
            }
        }
    }
}
