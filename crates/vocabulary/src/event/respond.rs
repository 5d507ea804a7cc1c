//! Incidents, the people who are told, and the runs of runbooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reason::{
    ApprovalExpiredThen, IncidentResolvedReason, NoticeNext, PageReason, RunOutcome, RunRefusedReason,
    SeverityReason, UnknownReason,
};
use crate::{
    AlertId, Answer, CalendarRead, Delivery, GroupFlushed, GroupId, IncidentId, IncumbentDeed, IntentId,
    LookUp, Name, NoticeKind, NotificationNext, NotificationOwed, Order, OrderResult, PersonAnswer, Preview,
    RunId, Says, ShadowCounts, ShiftOverride, SwapId, SwapOffer, Timestamp, Value, Who,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RespondEvent {
    // ── incidents ──
    #[serde(rename = "incident_opened@1")]
    IncidentOpened {
        incident: IncidentId,
        service: Name,
        team: Option<Name>,
        title: String,
        severity: u8,
        why: SeverityReason,
        declared_by: Option<Who>,
    },
    /// It had no team, or one that is gone, and other definitions bring one.
    #[serde(rename = "incident_assigned@1")]
    IncidentAssigned { incident: IncidentId, team: Name },
    #[serde(rename = "alert_joined@1")]
    AlertJoined { incident: IncidentId, alert: AlertId, name: String },
    #[serde(rename = "incident_reopened@1")]
    IncidentReopened { incident: IncidentId, alert: AlertId },
    /// It came back again and again, and people know: nobody is told anew. Whoever has it has it until then; where
    /// nobody has, the escalation begins then if it still disturbs.
    #[serde(rename = "incident_flaps@1")]
    IncidentFlaps { incident: IncidentId, times: u32, by: Option<Name>, until: Timestamp },
    /// Everybody has been paged, and lately: the escalation begins again then, if it still disturbs.
    #[serde(rename = "escalation_waits@1")]
    EscalationWaits { incident: IncidentId, until: Timestamp },
    #[serde(rename = "severity_changed@1")]
    SeverityChanged { incident: IncidentId, from: u8, to: u8, why: SeverityReason },
    #[serde(rename = "acknowledged@1")]
    Acknowledged { incident: IncidentId, who: Who, expires: Timestamp },
    #[serde(rename = "ack_extended@1")]
    AckExtended { incident: IncidentId, expires: Timestamp },
    #[serde(rename = "ack_lapsed@1")]
    AckLapsed { incident: IncidentId, by: Name },
    #[serde(rename = "noted@1")]
    Noted { incident: IncidentId, who: Who, text: String },
    #[serde(rename = "incident_resolved@1")]
    IncidentResolved { incident: IncidentId, why: IncidentResolvedReason },
    /// Every alert of it that still disturbs is suppressed: nobody is told of it until one is released.
    #[serde(rename = "incident_suppressed@1")]
    IncidentSuppressed { incident: IncidentId },
    /// What was worth a page in it is over; what is left is not.
    #[serde(rename = "incident_calmed@1")]
    IncidentCalmed { incident: IncidentId },
    /// It stayed resolved for as long as it could have been reopened.
    #[serde(rename = "incident_closed@1")]
    IncidentClosed { incident: IncidentId },

    // ── people ──
    /// A step of the escalation is due. `step` counts from 0 in the team's file; `round` counts its repetitions.
    #[serde(rename = "escalated@1")]
    Escalated { incident: IncidentId, team: Name, step: u32, round: u32, why: PageReason },
    #[serde(rename = "escalation_exhausted@1")]
    EscalationExhausted { incident: IncidentId, team: Option<Name>, why: String },
    /// The intent to tell somebody.
    #[serde(rename = "notice_owed@1")]
    NoticeOwed { intent: IntentId, delivery: Delivery, why: PageReason },
    #[serde(rename = "notice_sent@1")]
    NoticeSent {
        intent: IntentId,
        incident: Option<IncidentId>,
        person: Name,
        channel: Name,
        receipt: String,
    },
    #[serde(rename = "notice_failed@1")]
    NoticeFailed {
        intent: IntentId,
        incident: Option<IncidentId>,
        kind: NoticeKind,
        person: Name,
        channel: Name,
        error: String,
        next: NoticeNext,
        /// Now every channel of this person has failed, which is said once: the escalation need not wait.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unreached: bool,
    },
    /// The provider, which had taken it, says that it has arrived.
    #[serde(rename = "notice_arrived@1")]
    NoticeArrived {
        intent: IntentId,
        incident: Option<IncidentId>,
        person: Name,
        channel: Name,
        receipt: String,
    },
    /// It is no longer needed: the incident was acknowledged or resolved first.
    #[serde(rename = "notice_dropped@1")]
    NoticeDropped { intent: IntentId, incident: Option<IncidentId>, person: Name, why: String },
    /// It would have been sent: this Andon is in shadow mode.
    #[serde(rename = "notice_withheld@1")]
    NoticeWithheld { intent: IntentId, incident: Option<IncidentId>, person: Name, channel: Name },

    // ── on call ──
    #[serde(rename = "shift_taken@1")]
    ShiftTaken {
        taken: ShiftOverride,
        who: Who,
        /// Whose turn it would have been, in order.
        instead_of: Vec<Name>,
        /// The swap that it is part of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        swap: Option<SwapId>,
    },
    #[serde(rename = "shift_given_back@1")]
    ShiftGivenBack { taken: ShiftOverride, who: Who },
    /// The definitions no longer have the rotation that it is of.
    #[serde(rename = "shift_lost@1")]
    ShiftLost { taken: ShiftOverride },
    #[serde(rename = "swap_offered@1")]
    SwapOffered { offer: SwapOffer, who: Who },
    #[serde(rename = "swap_accepted@1")]
    SwapAccepted { offer: SwapOffer, who: Who },
    #[serde(rename = "swap_declined@1")]
    SwapDeclined { offer: SwapOffer, who: Who, reason: String },
    /// What a rotation's calendar says is other than what it said before, or it can no longer be read.
    #[serde(rename = "calendar_read@1")]
    CalendarRead { calendar: CalendarRead },

    // ── the receivers of an alertmanager.yml ──
    /// The time of these groups had come. What their receivers need to be told of them is owed, beside this.
    #[serde(rename = "groups_flushed@1")]
    GroupsFlushed { groups: Vec<GroupFlushed> },
    /// The time of a group had come, and its route tells nobody anything at this hour.
    #[serde(rename = "notification_held@1")]
    NotificationHeld { group: GroupId, receiver: Name, why: String, until: Timestamp },
    #[serde(rename = "notification_owed@1")]
    NotificationOwed(Box<NotificationOwed>),
    #[serde(rename = "notification_sent@1")]
    NotificationSent { intent: IntentId, receiver: Name, integration: u32, receipt: String },
    #[serde(rename = "notification_failed@1")]
    NotificationFailed {
        intent: IntentId,
        receiver: Name,
        integration: u32,
        error: String,
        next: NotificationNext,
    },
    /// It is no longer what there is to tell.
    #[serde(rename = "notification_dropped@1")]
    NotificationDropped { intent: IntentId, receiver: Name, integration: u32, why: String },
    /// It would have been sent: this Andon is in shadow mode.
    #[serde(rename = "notification_withheld@1")]
    NotificationWithheld { intent: IntentId, receiver: Name, integration: u32 },

    // ── beside an incumbent ──
    /// The pager that is still in charge did this. It is compared; nobody is told because of it.
    #[serde(rename = "incumbent_did@1")]
    IncumbentDid { source: Name, deed: Box<IncumbentDeed> },
    /// A day beside the incumbent is over: how often whom would have been paged otherwise.
    #[serde(rename = "shadow_reported@1")]
    ShadowReported {
        /// The day, as the instance's zone counts it.
        day: String,
        from: Timestamp,
        until: Timestamp,
        counts: ShadowCounts,
    },

    // ── runs ──
    #[serde(rename = "run_proposed@1")]
    RunProposed { runbook: Name, incident: IncidentId, why: String },
    #[serde(rename = "run_refused@1")]
    RunRefused { runbook: Name, incident: Option<IncidentId>, why: RunRefusedReason },
    #[serde(rename = "run_started@1")]
    RunStarted(Box<RunStarted>),
    #[serde(rename = "run_waits@1")]
    RunWaits { run: RunId, lock: String, held_by: RunId },
    #[serde(rename = "lock_taken@1")]
    LockTaken { run: RunId, lock: String },
    #[serde(rename = "step_began@1")]
    StepBegan { run: RunId, step: Name },
    #[serde(rename = "step_skipped@1")]
    StepSkipped { run: RunId, step: Name, why: String },
    #[serde(rename = "step_measured@1")]
    StepMeasured { run: RunId, step: Name, says: Says },
    #[serde(rename = "approval_asked@1")]
    ApprovalAsked { run: RunId, step: Name, from: Vec<Name>, preview: Preview, expires: Timestamp },
    #[serde(rename = "approved@1")]
    Approved { run: RunId, step: Name, who: Who, hash: String, alone: Option<String> },
    #[serde(rename = "rejected@1")]
    Rejected { run: RunId, step: Name, who: Who, reason: String },
    #[serde(rename = "approval_expired@1")]
    ApprovalExpired { run: RunId, step: Name, then: ApprovalExpiredThen },
    /// The intent to change something: every argument resolved, and what was there before.
    #[serde(rename = "step_intended@1")]
    StepIntended { order: Box<Order>, attempt: u32, purpose: Purpose, before: BTreeMap<String, String> },
    #[serde(rename = "step_carried@1")]
    StepCarried { run: RunId, step: Name, intent: IntentId, result: OrderResult },
    #[serde(rename = "step_unknown@1")]
    StepUnknown { run: RunId, step: Name, intent: IntentId, why: UnknownReason, look_after: Timestamp },
    #[serde(rename = "lookup_intended@1")]
    LookupIntended { run: RunId, step: Name, intent: IntentId, lookup: Box<LookUp> },
    #[serde(rename = "looked_up@1")]
    LookedUp { run: RunId, step: Name, intent: IntentId, answer: Answer },
    #[serde(rename = "person_asked@1")]
    PersonAsked { run: RunId, step: Name, question: String },
    #[serde(rename = "person_answered@1")]
    PersonAnswered { run: RunId, step: Name, who: Who, answer: PersonAnswer, reason: String },
    /// The step will be tried again.
    #[serde(rename = "step_retried@1")]
    StepRetried { run: RunId, step: Name, attempt: u32, at: Timestamp, why: String },
    #[serde(rename = "verify_began@1")]
    VerifyBegan { run: RunId, step: Name, until: Timestamp },
    /// The bound holds since now, or no longer.
    #[serde(rename = "verify_reading@1")]
    VerifyReading { run: RunId, step: Name, says: Says },
    #[serde(rename = "step_verified@1")]
    StepVerified { run: RunId, step: Name, value: Value },
    #[serde(rename = "step_not_verified@1")]
    StepNotVerified { run: RunId, step: Name, why: String },
    #[serde(rename = "stop_if_baseline@1")]
    StopIfBaseline { run: RunId, value: Value },
    #[serde(rename = "step_failed@1")]
    StepFailed { run: RunId, step: Name, why: String },
    #[serde(rename = "step_done@1")]
    StepDone { run: RunId, step: Name, detail: String },
    /// A runbook's `notify` step: who is told is decided where people are known.
    #[serde(rename = "notify_asked@1")]
    NotifyAsked { run: RunId, step: Name, to: String, text: String },
    #[serde(rename = "run_finished@1")]
    RunFinished { run: RunId, incident: Option<IncidentId>, runbook: Name, outcome: RunOutcome, why: String },
}

/// The definition is embedded, so that a changed file never changes a run that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStarted {
    pub run: RunId,
    pub runbook: Name,
    pub hash: String,
    /// The runbook's `spec`, as JSON.
    pub definition: serde_json::Value,
    pub incident: Option<IncidentId>,
    pub alert: Option<AlertId>,
    /// What launched it: an alert by its name, or a person.
    pub requested_by: Requester,
    pub inputs: BTreeMap<String, String>,
    pub lock: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    Alert(String),
    Person(Who),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Act,
    RollBack,
}
