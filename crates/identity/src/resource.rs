//! What something is done to.

use std::fmt;

use andon_vocabulary::Name;

/// `incident INC-7` of a team, `service checkout`, or no one thing: `silences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub what: Thing,
    /// Which one; None where all of them are meant.
    pub name: Option<String>,
    /// Whose it is; None where it is nobody's in particular.
    pub team: Option<Name>,
    /// What it is a case of: the service of an incident, the runbook of a run.
    pub part_of: Option<(Thing, Name)>,
}

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// Everything that there is to see, and what comes in from programs.
    Andon,
    Incident,
    Service,
    Runbook,
    Run,
    Review,
    Rotation,
    Silences,
    Automation,
    Glass,
    Users,
    Tokens,
}

impl Thing {
    pub const ALL: [Thing; 12] = [
        Thing::Andon,
        Thing::Incident,
        Thing::Service,
        Thing::Runbook,
        Thing::Run,
        Thing::Review,
        Thing::Rotation,
        Thing::Silences,
        Thing::Automation,
        Thing::Glass,
        Thing::Users,
        Thing::Tokens,
    ];

    /// As policies call it.
    pub fn word(self) -> &'static str {
        match self {
            Thing::Andon => "Andon",
            Thing::Incident => "Incident",
            Thing::Service => "Service",
            Thing::Runbook => "Runbook",
            Thing::Run => "Run",
            Thing::Review => "Review",
            Thing::Rotation => "Rotation",
            Thing::Silences => "Silences",
            Thing::Automation => "Automation",
            Thing::Glass => "Glass",
            Thing::Users => "Users",
            Thing::Tokens => "Tokens",
        }
    }

    /// As people say it.
    fn said(self) -> &'static str {
        match self {
            Thing::Andon => "this Andon",
            Thing::Incident => "incident",
            Thing::Service => "service",
            Thing::Runbook => "runbook",
            Thing::Run => "run",
            Thing::Review => "review",
            Thing::Rotation => "rotation",
            Thing::Silences => "silences",
            Thing::Automation => "automation",
            Thing::Glass => "broken glass",
            Thing::Users => "users",
            Thing::Tokens => "tokens",
        }
    }
}

impl Resource {
    /// All of a kind.
    pub fn all(what: Thing) -> Resource {
        Resource { what, name: None, team: None, part_of: None }
    }

    pub fn one(what: Thing, name: impl Into<String>) -> Resource {
        Resource { name: Some(name.into()), ..Resource::all(what) }
    }

    #[must_use]
    pub fn of(self, team: Option<Name>) -> Resource {
        Resource { team, ..self }
    }

    #[must_use]
    pub fn part_of(self, what: Thing, name: Option<Name>) -> Resource {
        Resource { part_of: name.map(|name| (what, name)), ..self }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.what, &self.name) {
            (Thing::Rotation, None) => f.write_str("time on call")?,
            (what, None) => f.write_str(what.said())?,
            (what, Some(name)) => write!(f, "{} {name}", what.said())?,
        }
        match &self.team {
            None => Ok(()),
            Some(team) => write!(f, " of team {team}"),
        }
    }
}
