//! What is answered to a request.

use crate::Written;

/// What became of a request. What was written stays written, whatever became of the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub written: Written,
    pub trouble: Option<Trouble>,
}

/// Why not all of a request was written, in words for whoever runs the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The rest would be refused again: it must not be sent again.
    Refused(String),
    /// The rest would be taken at a better time: it should be sent again.
    Unavailable(String),
}

impl Answer {
    /// The HTTP status that a sender acts on.
    pub fn status(&self) -> u16 {
        match self.trouble {
            None => 204,
            Some(Trouble::Refused(_)) => 400,
            Some(Trouble::Unavailable(_)) => 503,
        }
    }
}

impl Trouble {
    pub fn words(&self) -> &str {
        match self {
            Trouble::Refused(words) | Trouble::Unavailable(words) => words,
        }
    }
}
