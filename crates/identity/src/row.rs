//! Accounts as a store keeps them: rows of a kind, a key and a body, so that a store needs to know nothing of them.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    User,
    Session,
    Token,
    Invitation,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Session => "session",
            Kind::Token => "token",
            Kind::Invitation => "invitation",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        let all = [Kind::User, Kind::Session, Kind::Token, Kind::Invitation];
        all.into_iter()
            .find(|kind| kind.word() == text)
            .ok_or_else(|| format!("a row of an unknown kind: {text:?}"))
    }
}

/// One row to write, in place of any of the same kind and key.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    pub kind: Kind,
    pub key: String,
    /// JSON; None: the row goes.
    pub body: Option<String>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("kind", &self.kind)
            .field("goes", &self.body.is_none())
            .finish_non_exhaustive()
    }
}
