//! Who asks: somebody who has proven who they are.

use std::collections::BTreeSet;

use andon_vocabulary::{Name, Timestamp};

use crate::{Grant, Permission, Role, User};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The handle of team files.
    pub handle: Name,
    pub grants: Vec<Grant>,
    /// A token's scopes: whatever its owner may, it may no more than these.
    pub limited_to: Option<BTreeSet<Permission>>,
    /// Until when the glass is broken, which makes an admin of anybody who is not limited.
    pub glass: Option<Timestamp>,
    pub how: How,
}

/// How they have proven it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// By a cookie of a sign-in.
    Session,
    /// By a token, with its id.
    Token(Name),
    /// By a button, a code or a link that was sent to them alone.
    Answer,
}

impl Principal {
    /// A user with what teams they are in: responder and deployer of each team's own. Whoever does anything for a team
    /// sees everything, for an outage keeps to no team.
    pub fn of<'a>(user: &User, teams: impl Iterator<Item = &'a str>, how: How) -> Principal {
        let mut grants = user.grants.clone();
        for team in teams {
            grants.push(Grant::of_team(Role::Responder, team));
            grants.push(Grant::of_team(Role::Deployer, team));
        }
        if grants.iter().any(|grant| grant.team.is_some()) {
            grants.push(Grant::of_everything(Role::Viewer));
        }
        Principal { handle: user.handle.clone(), grants, limited_to: None, glass: None, how }
    }

    /// The token by which they have proven it.
    pub fn token(&self) -> Option<&Name> {
        match &self.how {
            How::Session | How::Answer => None,
            How::Token(id) => Some(id),
        }
    }
}
