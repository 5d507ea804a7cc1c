//! What something is done to.

use std::fmt;

use andon_vocabulary::Name;

/// `incident INC-7` of a team, `service checkout`, or no one thing: `alerts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// A kind of thing, such as `incident`.
    pub what: &'static str,
    /// Which one; None where all of them are meant.
    pub name: Option<String>,
    /// Whose it is; None where it is nobody's in particular.
    pub team: Option<Name>,
}

impl Resource {
    /// All of a kind.
    pub fn all(what: &'static str) -> Resource {
        Resource { what, name: None, team: None }
    }

    pub fn one(what: &'static str, name: impl Into<String>) -> Resource {
        Resource { what, name: Some(name.into()), team: None }
    }

    #[must_use]
    pub fn of(self, team: Option<Name>) -> Resource {
        Resource { team, ..self }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => f.write_str(self.what)?,
            Some(name) => write!(f, "{} {name}", self.what)?,
        }
        match &self.team {
            None => Ok(()),
            Some(team) => write!(f, " of team {team}"),
        }
    }
}
