//! What is kept of each user, sign-in, token and invitation.

use std::collections::BTreeSet;

use andon_vocabulary::{Name, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Digest, Grant, PasswordHash, Permission, Role};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The handle of team files.
    pub handle: Name,
    /// Beside those that teams give.
    pub grants: Vec<Grant>,
    /// None: they cannot sign in by a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    /// Who vouches for them; None: nobody but their password does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Elsewhere>,
    /// Whatever they still hold opens nothing.
    #[serde(default)]
    pub disabled: bool,
    pub added: Timestamp,
}

/// Somebody at a provider: what it is, and what never changes of them there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    pub issuer: String,
    pub subject: String,
}

impl User {
    pub fn new(handle: Name, grants: Vec<Grant>, added: Timestamp) -> User {
        User { handle, grants, password: None, elsewhere: None, disabled: false, added }
    }

    /// Who can let others in.
    pub fn is_admin(&self) -> bool {
        !self.disabled && self.grants.iter().any(|grant| grant.role == Role::Admin)
    }
}

/// A sign-in that lasts. Kept under the digest of what the cookie holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub handle: Name,
    /// The address that signed in, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub created: Timestamp,
    /// To within minutes.
    pub seen: Timestamp,
    pub expires: Timestamp,
}

/// A program's way in, with its owner's authority or less, or a terminal's for as long as a sign-in lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: Name,
    pub owner: Name,
    /// What it is for, in its owner's words.
    pub note: String,
    pub digest: Digest,
    /// None: all that its owner may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<BTreeSet<Permission>>,
    pub issued: Timestamp,
    pub expires: Timestamp,
    /// To within minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Timestamp>,
    /// A person signed in by it at a terminal: it ends where their sign-ins end. One that was issued goes on, for
    /// what sends alerts by it must not fall silent because somebody forgot a password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_terminal: bool,
}

/// A link by which somebody chooses a password, once. Kept under the digest of what the link holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// None: whoever uses it chooses a handle that nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Name>,
    /// What a user who is new gets.
    pub grants: Vec<Grant>,
    /// Who made it; None: whoever started Andon, for the first admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Name>,
    pub expires: Timestamp,
}
