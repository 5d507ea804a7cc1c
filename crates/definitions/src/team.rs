//! `Team`: people, on-call rotations, escalation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instance::{Calendar, Day};
use crate::origin::Origin;
use crate::reference::Whom;
use crate::scalar::{Date, Moment, OneOrMany, Period, Sensitive, TimeOfDay, Zone};

/// People, their contact points, on-call rotations, and what happens when nobody answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Team {
    #[serde(default)]
    #[schemars(skip)]
    pub name: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// By handle; phone numbers and addresses stay out of git.
    pub people: BTreeMap<String, Person>,
    /// By name of the rotation.
    #[serde(default)]
    pub oncall: BTreeMap<String, Rotation>,
    /// What happens until somebody acknowledges, in order.
    #[serde(default)]
    pub escalation: Vec<Escalation>,
    /// An acknowledgement without activity lapses after this time and escalates.
    #[serde(default = "ack_expires")]
    pub ack_expires: Period,
}

fn ack_expires() -> Period {
    Period::minutes(30)
}

/// Somebody who can be paged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    pub timezone: Zone,
    /// In order of preference.
    #[schemars(length(min = 1))]
    pub contact: Vec<Contact>,
}

/// One way to reach one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// A channel of the instance.
    pub channel: String,
    /// The address within that channel, where it needs one.
    #[serde(default)]
    pub to: Option<Sensitive>,
}

/// Who is on call: turns, other turns laid over them, and exceptions. The last that says somebody decides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Rotation {
    #[serde(flatten)]
    pub turns: Turns,
    /// Each takes over from those before it during its hours.
    #[serde(default)]
    pub layers: Vec<Turns>,
    /// Who stands in for whoever's turn it is.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// Whoever is paged at night does not take the next page for this long; the next person does.
    #[serde(default)]
    #[schemars(extend("format" = "andon-interval"))]
    pub rest_after_night_page: Option<Period>,
    /// A calendar elsewhere that says who has it, laid over the rotation's own turns.
    #[serde(default)]
    pub ical: Option<Subscription>,
}

/// A calendar elsewhere: what its events are called says who has the rotation while they last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Subscription {
    /// Where it is: `https://…`, or `secret:env/NAME` or `secret:file/PATH` that holds such an address.
    pub url: Sensitive,
    #[serde(default = "hour")]
    #[schemars(extend("format" = "andon-interval"))]
    pub every: Period,
    /// What its events call somebody, where that is neither their handle nor holds it.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

fn hour() -> Period {
    Period::minutes(60)
}

/// People who take turns.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Turns {
    /// In the order of their turns.
    #[schemars(length(min = 1))]
    pub people: Vec<String>,
    /// How long a turn is: whole days or weeks.
    #[serde(default = "week")]
    #[schemars(extend("format" = "andon-turn"))]
    pub every: Period,
    #[serde(default)]
    pub handover: Option<Handover>,
    /// The date of the first person's first turn. Without it, turns are counted from Monday 2024-01-01.
    #[serde(default)]
    pub starts: Option<Date>,
    /// Only during one of these; at all times without any.
    #[serde(default)]
    pub hours: Vec<Calendar>,
}

fn week() -> Period {
    Period::minutes(7 * 24 * 60)
}

/// Somebody has it for a while, whoever's turn it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Override {
    pub person: String,
    pub from: Moment,
    pub until: Moment,
    /// For people to read.
    #[serde(default)]
    pub reason: Option<String>,
}

/// When a turn passes to the next person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Handover {
    /// For turns of whole weeks.
    #[serde(default)]
    pub day: Option<Day>,
    pub at: TimeOfDay,
    pub timezone: Zone,
}

/// One step of an escalation. `after` counts from the first page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Escalation {
    Page(PageStep),
    Repeat(RepeatStep),
}

/// Page somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PageStep {
    #[serde(default)]
    pub after: Period,
    pub page: Targets,
    #[serde(default)]
    pub via: Via,
}

/// Whom a step pages: all of these, or one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Targets {
    RoundRobin(RoundRobin),
    All(OneOrMany<Whom>),
}

/// Each time the step is taken the next of them is paged, so that incidents are spread.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoundRobin {
    #[schemars(length(min = 1))]
    pub round_robin: Vec<Whom>,
}

impl Targets {
    /// Everybody who is meant, whoever's turn it is.
    pub fn all(&self) -> &[Whom] {
        match self {
            Targets::RoundRobin(turns) => &turns.round_robin,
            Targets::All(all) => all,
        }
    }
}

/// Which of a person's channels to use.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The first.
    #[default]
    First,
    /// The one after that used last for this person.
    Next,
}

/// Begin again, this many times.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RepeatStep {
    pub after: Period,
    #[schemars(range(min = 1, max = 100))]
    pub repeat: u32,
}

impl Escalation {
    pub fn after(&self) -> Period {
        match self {
            Escalation::Page(step) => step.after,
            Escalation::Repeat(step) => step.after,
        }
    }
}
