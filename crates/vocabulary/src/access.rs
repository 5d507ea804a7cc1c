//! What people do about getting in: facts for the journal, without any secret.

use serde::{Deserialize, Serialize};

use crate::{Name, Timestamp, Who};

/// Who did it, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub who: Who,
    pub deed: Deed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// `by` is what proved it: `password`, `link`, or the name of who vouches.
    SignedIn {
        by: String,
    },
    /// Refused so many times since the last fact of it; what was typed as a name stands here only if it is one.
    SignInRefused {
        why: String,
        times: u32,
    },
    SignedOut {},
    /// A link that lets somebody choose a password.
    UserInvited {
        /// None: whoever uses it chooses a name.
        user: Option<Name>,
        grants: Vec<String>,
        until: Timestamp,
    },
    /// A link that nobody had used was taken back.
    InvitationRevoked {
        /// None: it was for whoever used it.
        user: Option<Name>,
    },
    UserAdded {
        user: Name,
        grants: Vec<String>,
    },
    GrantsChanged {
        user: Name,
        from: Vec<String>,
        to: Vec<String>,
    },
    PasswordChanged {
        user: Name,
    },
    UserDisabled {
        user: Name,
    },
    UserEnabled {
        user: Name,
    },
    TokenIssued {
        /// Its id, which opens nothing.
        token: Name,
        owner: Name,
        /// Empty: all that its owner may.
        scopes: Vec<String>,
        expires: Timestamp,
    },
    TokenRevoked {
        token: Name,
        owner: Name,
    },
}
