//! What turns the loop: everything that reaches the core comes in as one of these, with the time beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Access, AlertId, CalendarRead, ChangeId, GlassId, IncidentId, IncumbentSaid, IntentId, Labels, Name,
    Outcome, OverrideId, PlatformStatus, Received, Reported, ReviewId, RunId, Silence, SilenceId, Stretch,
    SwapId, Timestamp, Value,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The driver has taken the journal: everything asked of the hands under an earlier term is unknown now.
    Started(Started),
    /// Definitions were read from disk and are free of errors.
    Catalog(CatalogTexts),
    /// Definitions on disk are broken; the old ones stay.
    CatalogBroken { findings: Vec<String> },
    /// What a rule says, sent only when it changes something or a deadline has passed.
    Verdict(Verdict),
    /// Alerts that others raise.
    Received(Received),
    /// What the pager that is still in charge says that it did.
    Incumbent(IncumbentSaid),
    /// A target answers again, or no longer.
    Source(SourceSeen),
    /// What a watched query says, sent only when it changes something or a deadline has passed.
    Reading(Reading),
    /// A platform reports a change.
    Platform(PlatformStatus),
    /// What a calendar elsewhere says of a rotation, sent only when it says something new.
    Calendar(CalendarRead),
    /// A person said something.
    Told(Told),
    /// Somebody signed in or out, or who may do so was changed.
    Access(Access),
    /// What became of an effect.
    Outcome { intent: IntentId, attempt: u32, outcome: Outcome },
    /// What a provider says later of what it took.
    Reported(Reported),
    /// A timer is due.
    Tick,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub term: u64,
    pub version: String,
    /// The journal was copied or restored from a backup: all automation waits for a person.
    pub moved: bool,
    /// The address that people reach it at, where that is known: not always the one of the definitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogTexts {
    pub hash: String,
    /// Path relative to the directory → content. Not written with the input: the event beside it holds them.
    #[serde(skip)]
    pub files: BTreeMap<String, String>,
}

/// The outcome of evaluating one alerting rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `group/alertname`, unique in the catalogue.
    pub rule: Name,
    /// The label sets on which the condition holds. Labels are complete: the series' own, the rule's and `alertname`.
    pub active: Vec<Active>,
    /// Alerts that the loop holds for this rule and that are not active, each with why.
    pub gone: Vec<Gone>,
    /// The rule could not be evaluated: nothing above means anything.
    pub error: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    pub labels: Labels,
    pub value: Value,
    /// Filled in already, where labels and value alone do not suffice for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Labels>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    pub alert: AlertId,
    pub why: GoneWhy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoneWhy {
    /// The condition was evaluated on fresh samples and is false.
    False { value: Option<Value> },
    /// The target answers but no longer exposes the series.
    SeriesGone,
    /// A target that fed the alert does not answer.
    SourceSilent { target: Name },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSeen {
    /// `service/instance`.
    pub target: Name,
    /// None: it answers. Else why not, in words.
    pub silent: Option<String>,
}

/// What a watched query says now. Watches are derived from the state: a step's `verify`, a run's `stop_if`, a
/// `promql` step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub watch: WatchId,
    pub says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WatchId {
    pub run: RunId,
    pub step: Name,
    pub what: WatchKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchKind {
    Measure,
    Verify,
    StopIf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// The query has one value or more, and the bound holds on all of them. The value is the worst.
    Holds {
        value: Value,
    },
    /// The bound does not hold. Without a bound a query always holds.
    Fails {
        value: Value,
    },
    NoData,
    Error {
        error: String,
    },
}

/// A person and what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub who: Who,
    /// Idempotency key: the same key again is the same command, answered the same way.
    pub key: String,
    pub command: Command,
}

/// Who did something, by which way, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub person: Name,
    pub via: Via,
    /// The address that it came from, where it came over the network and whoever sent it had to say who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The id of the token that proved it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Name>,
}

impl Who {
    /// From this machine, or from nowhere.
    pub fn new(person: impl Into<Name>, via: Via) -> Who {
        Who { person: person.into(), via, from: None, token: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Page,
    Cli,
    Api,
    Scenario,
    /// A button in Slack.
    Slack,
    /// A button in Telegram.
    Telegram,
    /// The reply to a text message.
    Sms,
    /// A key of the telephone.
    Voice,
    /// A link that was sent to the person.
    Link,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Acknowledge {
        incident: IncidentId,
    },
    Resolve {
        incident: IncidentId,
        reason: String,
    },
    Note {
        incident: IncidentId,
        text: String,
    },
    /// Say otherwise than the computed severity.
    Override {
        incident: IncidentId,
        severity: u8,
        reason: String,
    },
    Declare {
        service: Name,
        title: String,
    },
    StartRun {
        runbook: Name,
        incident: Option<IncidentId>,
        inputs: BTreeMap<String, String>,
    },
    /// Binds to the preview that the person saw. `reason` is needed when approving alone.
    Approve {
        run: RunId,
        step: Name,
        preview: String,
        reason: Option<String>,
    },
    Reject {
        run: RunId,
        step: Name,
        reason: String,
    },
    /// What a person knows of a step with an unknown outcome.
    Answer {
        run: RunId,
        step: Name,
        answer: PersonAnswer,
        reason: String,
    },
    Abort {
        run: RunId,
        reason: String,
    },
    Deploy {
        service: Name,
        version: Name,
    },
    /// Return to the version before.
    RollBack {
        service: Name,
        reason: String,
    },
    /// A change that something else made.
    RecordChange {
        service: Name,
        version: Name,
        note: String,
    },
    Fault {
        service: Name,
        fault: Name,
        on: bool,
    },
    /// Nobody is told of what matches, for a time.
    Silence {
        silence: Box<Silence>,
        /// The one that it takes the place of.
        replaces: Option<SilenceId>,
    },
    /// End a silence now.
    LiftSilence {
        silence: SilenceId,
    },
    /// Somebody has a rotation for a while, whoever's turn it is.
    TakeOver {
        team: Name,
        rotation: Name,
        person: Name,
        #[serde(flatten)]
        during: Stretch,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The rest of what was taken over is again whoever's turn it is.
    GiveBack {
        taken: OverrideId,
    },
    /// Whoever says it asks another to have a stretch of theirs.
    OfferSwap {
        team: Name,
        rotation: Name,
        to: Name,
        gives: Stretch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        takes: Option<Stretch>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    AcceptSwap {
        swap: SwapId,
    },
    /// Said by whom it was offered to, or by whoever offered it.
    DeclineSwap {
        swap: SwapId,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    Halt {
        reason: String,
    },
    Release {
        reason: String,
    },
    EditReview {
        review: ReviewId,
        conditions: String,
        surprised: String,
        helped: String,
    },
    AddAction {
        review: ReviewId,
        text: String,
        owner: Name,
        due: Timestamp,
    },
    CloseReview {
        review: ReviewId,
        closing: Closing,
    },
    /// Take an admin's authority for a short time, in an emergency.
    BreakGlass {
        reason: String,
        /// How long for; at most what the instance allows.
        minutes: u32,
    },
    /// Say that what was done behind broken glass was looked at. Ends it, where it still lasts.
    ReviewGlass {
        glass: GlassId,
        note: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonAnswer {
    Done,
    Repeat,
    Abort,
}

/// A review ends with a change or with a waiver that expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    Change { link: String },
    Waiver { reason: String, until: Timestamp },
}

/// What a command brought about, for its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// In words: "INC-7 acknowledged by ana".
    pub done: String,
    pub incident: Option<IncidentId>,
    pub run: Option<RunId>,
    pub change: Option<ChangeId>,
    /// The silence that holds now: a changed one may have got another id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<SilenceId>,
}

/// Why a command changed nothing: what, and what to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub what: String,
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    NotFound,
    /// It was well formed but the state does not allow it.
    Conflict,
    Invalid,
    Forbidden,
}
