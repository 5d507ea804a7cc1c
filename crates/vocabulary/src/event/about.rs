//! What an event of the responding is about: the run, the incident, the notice.

use super::RespondEvent;
use crate::{IncidentId, IntentId, RunId};

impl RespondEvent {
    /// The run that it belongs to. A notice about a run is no part of it.
    pub fn run(&self) -> Option<RunId> {
        use RespondEvent as E;
        match self {
            E::RunStarted(started) => Some(started.run),
            E::StepIntended { order, .. } => order.run,
            E::RunWaits { run, .. }
            | E::LockTaken { run, .. }
            | E::StepBegan { run, .. }
            | E::StepSkipped { run, .. }
            | E::StepMeasured { run, .. }
            | E::ApprovalAsked { run, .. }
            | E::Approved { run, .. }
            | E::Rejected { run, .. }
            | E::ApprovalExpired { run, .. }
            | E::StepCarried { run, .. }
            | E::StepUnknown { run, .. }
            | E::LookupIntended { run, .. }
            | E::LookedUp { run, .. }
            | E::PersonAsked { run, .. }
            | E::PersonAnswered { run, .. }
            | E::StepRetried { run, .. }
            | E::VerifyBegan { run, .. }
            | E::VerifyReading { run, .. }
            | E::StepVerified { run, .. }
            | E::StepNotVerified { run, .. }
            | E::StopIfBaseline { run, .. }
            | E::StepFailed { run, .. }
            | E::StepDone { run, .. }
            | E::NotifyAsked { run, .. }
            | E::RunFinished { run, .. } => Some(*run),
            _ => None,
        }
    }

    /// The incident that it names itself. Most events of a run name only the run.
    pub fn incident(&self) -> Option<IncidentId> {
        use RespondEvent as E;
        match self {
            E::IncidentOpened { incident, .. }
            | E::IncidentAssigned { incident, .. }
            | E::AlertJoined { incident, .. }
            | E::IncidentReopened { incident, .. }
            | E::IncidentFlaps { incident, .. }
            | E::EscalationWaits { incident, .. }
            | E::SeverityChanged { incident, .. }
            | E::Acknowledged { incident, .. }
            | E::AckExtended { incident, .. }
            | E::AckLapsed { incident, .. }
            | E::Noted { incident, .. }
            | E::IncidentResolved { incident, .. }
            | E::IncidentClosed { incident }
            | E::IncidentSuppressed { incident }
            | E::IncidentCalmed { incident }
            | E::Escalated { incident, .. }
            | E::EscalationExhausted { incident, .. }
            | E::RunProposed { incident, .. } => Some(*incident),
            E::NoticeSent { incident, .. }
            | E::NoticeArrived { incident, .. }
            | E::NoticeFailed { incident, .. }
            | E::NoticeDropped { incident, .. }
            | E::NoticeWithheld { incident, .. }
            | E::RunRefused { incident, .. }
            | E::RunFinished { incident, .. } => *incident,
            E::NoticeOwed { delivery, .. } => delivery.incident,
            E::RunStarted(started) => started.incident,
            _ => None,
        }
    }

    /// The notice or notification, owed before, whose fate it tells.
    pub fn outcome_of(&self) -> Option<IntentId> {
        use RespondEvent as E;
        match self {
            E::NoticeSent { intent, .. }
            | E::NoticeArrived { intent, .. }
            | E::NoticeFailed { intent, .. }
            | E::NoticeDropped { intent, .. }
            | E::NoticeWithheld { intent, .. }
            | E::NotificationWithheld { intent, .. }
            | E::NotificationSent { intent, .. }
            | E::NotificationFailed { intent, .. }
            | E::NotificationDropped { intent, .. } => Some(*intent),
            _ => None,
        }
    }
}
