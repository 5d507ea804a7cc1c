//! What can be changed about accounts, and when it is refused.

use andon_vocabulary::{Name, Refusal, RefusalKind, Timestamp};

use crate::{
    Accounts, Digest, Elsewhere, Grant, Invitation, Kind, PasswordHash, Permission, Row, Session, Token,
    User, check_handle,
};

const USERS_MAX: usize = 10_000;
const INVITATIONS_MAX: usize = 1_000;
/// The one that was seen longest ago ends where there are more.
const SESSIONS_EACH_MAX: usize = 20;
const TOKENS_EACH_MAX: usize = 100;
const NOTE_BYTES_MAX: usize = 200;

/// What whoever comes with a link that opens nothing is told.
pub const VOID_LINK: &str = "this link was used, taken back, replaced by a newer one, or is too old";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A user who cannot sign in by a password, or not yet.
    Add {
        user: User,
    },
    /// A link by which somebody chooses a password; the links of the same user that came before are void.
    Invite {
        digest: Digest,
        invitation: Invitation,
    },
    /// A link that nobody has used opens nothing any more.
    Uninvite {
        id: Name,
    },
    /// Somebody uses a link: the user is there from now on, with this password. It works once, and every sign-in of
    /// before ends, at browsers and at terminals.
    Accept {
        digest: Digest,
        handle: Name,
        password: PasswordHash,
    },
    /// Another password: every sign-in of before ends, at browsers and at terminals.
    Password {
        handle: Name,
        password: PasswordHash,
    },
    Grants {
        handle: Name,
        grants: Vec<Grant>,
    },
    /// A provider vouches for somebody, who is new or known by it from now on. With `grants`, those are all they have.
    Vouch {
        handle: Name,
        elsewhere: Elsewhere,
        grants: Option<Vec<Grant>>,
    },
    /// Their sign-ins, tokens and links end, and stay so whatever becomes of the user.
    Disable {
        handle: Name,
    },
    Enable {
        handle: Name,
    },
    /// A sign-in, in place of the one that the same browser had.
    SignIn {
        digest: Digest,
        session: Session,
        instead_of: Option<Digest>,
    },
    SignOut {
        digest: Digest,
    },
    Issue {
        token: Token,
    },
    Revoke {
        id: Name,
    },
    /// A sign-in or a token was of use.
    Seen {
        session: Option<Digest>,
        token: Option<Name>,
    },
}

impl Accounts {
    /// Makes a change: the rows to be written before anybody hears of it. What has expired goes on the way.
    pub fn change(&mut self, change: Change, now: Timestamp) -> Result<Vec<Row>, Refusal> {
        let mut rows = Vec::new();
        match change {
            Change::Add { user } => {
                self.must_be_new(&user.handle)?;
                rows.push(self.put_user(user));
            }
            Change::Invite { digest, invitation } => {
                self.must_be_invitable(&invitation)?;
                rows.extend(self.void_invitations(invitation.handle.as_ref(), now));
                rows.push(self.put_invitation(digest, invitation));
            }
            Change::Uninvite { id } => {
                let gone = self.end_invitation_by_id(&id, now);
                rows.push(gone.ok_or_else(|| missing(format!("no link {id} waits to be used")))?);
            }
            Change::Accept { digest, handle, password } => {
                rows.extend(self.accept(&digest, handle, password, now)?);
            }
            Change::Password { handle, password } => {
                let user = self.known(&handle)?.clone();
                rows.push(self.put_user(User { password: Some(password), ..user }));
                rows.extend(self.end_sign_ins_of(&handle));
            }
            Change::Grants { handle, grants } => {
                let user = User { grants, ..self.known(&handle)?.clone() };
                self.must_leave_an_admin(&user)?;
                rows.push(self.put_user(user));
            }
            Change::Vouch { handle, elsewhere, grants } => {
                let user = match self.user(&handle) {
                    Some(user) if user.elsewhere.as_ref().is_some_and(|known| *known != elsewhere) => {
                        return Err(conflict(format!("{handle} is somebody else at the provider")));
                    }
                    Some(user) => user.clone(),
                    None => {
                        self.must_be_new(&handle)?;
                        User::new(handle, Vec::new(), now)
                    }
                };
                let grants = grants.unwrap_or_else(|| user.grants.clone());
                rows.push(self.put_user(User { elsewhere: Some(elsewhere), grants, ..user }));
            }
            Change::Disable { handle } => {
                let user = User { disabled: true, ..self.known(&handle)?.clone() };
                self.must_leave_an_admin(&user)?;
                rows.push(self.put_user(user));
                rows.extend(self.end_sign_ins_of(&handle));
                rows.extend(self.end_tokens(|token| *token.owner == *handle));
                rows.extend(self.void_invitations(Some(&handle), now));
            }
            Change::Enable { handle } => {
                let user = User { disabled: false, ..self.known(&handle)?.clone() };
                rows.push(self.put_user(user));
            }
            Change::SignIn { digest, session, instead_of } => {
                if self.known(&session.handle)?.disabled {
                    return Err(forbidden(format!("{} is disabled", session.handle)));
                }
                rows.extend(instead_of.and_then(|old| self.end_session(&old)));
                rows.extend(self.end_expired_sessions(now));
                rows.extend(self.make_room_for_a_session(&session.handle));
                rows.push(self.put_session(digest, session));
            }
            Change::SignOut { digest } => rows.extend(self.end_session(&digest)),
            Change::Issue { token } => {
                rows.extend(self.end_tokens(|other| other.owner == token.owner && other.expires <= now));
                self.must_be_issuable(&token)?;
                rows.push(self.put_token(token));
            }
            Change::Revoke { id } => {
                let gone = self.end_token(&id);
                rows.push(gone.ok_or_else(|| missing(format!("there is no token {id}")))?);
            }
            Change::Seen { session, token } => {
                rows.extend(session.and_then(|digest| self.seen_session(digest, now)));
                rows.extend(token.and_then(|id| self.seen_token(&id, now)));
            }
        }
        Ok(rows)
    }

    fn accept(
        &mut self,
        digest: &Digest,
        handle: Name,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<Vec<Row>, Refusal> {
        let Some(invitation) = self.invitations.get(digest).filter(|invitation| invitation.expires > now)
        else {
            return Err(forbidden(VOID_LINK.to_owned()));
        };
        if invitation.handle.as_ref().is_some_and(|meant| *meant != handle) {
            return Err(forbidden("this link is for somebody else".to_owned()));
        }
        let is_for_known = invitation.handle.as_ref().is_some_and(|handle| self.user(handle).is_some());
        let user = match self.user(&handle) {
            Some(user) if user.disabled => return Err(forbidden(format!("{handle} is disabled"))),
            Some(user) if is_for_known => User { password: Some(password), ..user.clone() },
            _ => {
                let grants = invitation.grants.clone();
                self.must_be_new(&handle)?;
                User { password: Some(password), ..User::new(handle.clone(), grants, now) }
            }
        };
        let mut rows = vec![self.put_user(user)];
        rows.extend(self.end_invitation(digest));
        rows.extend(self.end_sign_ins_of(&handle));
        Ok(rows)
    }

    fn known(&self, handle: &str) -> Result<&User, Refusal> {
        self.user(handle).ok_or_else(|| missing(format!("nobody is called {handle:?}")))
    }

    fn must_be_new(&self, handle: &str) -> Result<(), Refusal> {
        check_handle(handle).map_err(invalid)?;
        // Two who differ in capitals alone would be taken for one another.
        if self.users().any(|user| user.handle.eq_ignore_ascii_case(handle)) {
            return Err(conflict(format!("somebody is called {handle} already")));
        }
        if self.users().count() >= USERS_MAX {
            return Err(conflict(format!("there are {USERS_MAX} users already")));
        }
        Ok(())
    }

    fn must_be_invitable(&self, invitation: &Invitation) -> Result<(), Refusal> {
        if self.invitations.len() >= INVITATIONS_MAX {
            return Err(conflict(format!("{INVITATIONS_MAX} links wait to be used")));
        }
        let Some(handle) = &invitation.handle else { return Ok(()) };
        match self.user(handle) {
            Some(user) if user.disabled => Err(conflict(format!("{handle} is disabled"))),
            Some(_) => Ok(()),
            None => self.must_be_new(handle),
        }
    }

    /// Nobody could let anybody in otherwise.
    fn must_leave_an_admin(&self, changed: &User) -> Result<(), Refusal> {
        let is_admin = self.user(&changed.handle).is_some_and(User::is_admin);
        let others = self.users().filter(|user| user.handle != changed.handle && user.is_admin());
        if is_admin && !changed.is_admin() && others.count() == 0 {
            return Err(Refusal {
                hint: Some("make somebody else an admin first".to_owned()),
                ..conflict(format!("{} is the only admin", changed.handle))
            });
        }
        Ok(())
    }

    fn must_be_issuable(&self, token: &Token) -> Result<(), Refusal> {
        if self.known(&token.owner)?.disabled {
            return Err(conflict(format!("{} is disabled", token.owner)));
        }
        if self.tokens().filter(|other| other.owner == token.owner).count() >= TOKENS_EACH_MAX {
            return Err(Refusal {
                hint: Some("revoke those that nobody uses".to_owned()),
                ..conflict(format!("{} has {TOKENS_EACH_MAX} tokens already", token.owner))
            });
        }
        if token.note.len() > NOTE_BYTES_MAX || token.note.contains(char::is_control) {
            return Err(invalid(format!("a note has at most {NOTE_BYTES_MAX} bytes, on one line")));
        }
        if token.scopes.as_ref().is_some_and(std::collections::BTreeSet::is_empty) {
            let words = Permission::ALL.map(Permission::word).join(", ");
            return Err(invalid(format!("a token without any scope opens nothing: {words}")));
        }
        Ok(())
    }

    fn make_room_for_a_session(&mut self, handle: &str) -> Vec<Row> {
        let mut all: Vec<(Timestamp, Digest)> = self
            .sessions
            .iter()
            .filter(|(_, session)| *session.handle == *handle)
            .map(|(digest, session)| (session.seen, digest.clone()))
            .collect();
        all.sort();
        let surplus = (all.len() + 1).saturating_sub(SESSIONS_EACH_MAX);
        all.into_iter().take(surplus).filter_map(|(_, digest)| self.end_session(&digest)).collect()
    }
}

/// What a store that holds something else than accounts is told.
pub(crate) fn unreadable(kind: Kind, why: &serde_json::Error) -> String {
    format!("a {} in the accounts cannot be read: {why}", kind.word())
}

fn refusal(kind: RefusalKind, what: String) -> Refusal {
    Refusal { kind, what, hint: None }
}

fn missing(what: String) -> Refusal {
    refusal(RefusalKind::NotFound, what)
}

fn conflict(what: String) -> Refusal {
    refusal(RefusalKind::Conflict, what)
}

fn invalid(what: String) -> Refusal {
    refusal(RefusalKind::Invalid, what)
}

fn forbidden(what: String) -> Refusal {
    refusal(RefusalKind::Forbidden, what)
}
