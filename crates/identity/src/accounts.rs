//! All accounts: looked up by what somebody proves themselves with, changed one change at a time.

use andon_vocabulary::{Name, Timestamp};
use imbl::OrdMap;

use crate::change::unreadable;
use crate::{Digest, How, Invitation, Kind, Presented, Principal, Row, Secret, Session, Token, User};

/// Cloning is cheap and shares structure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accounts {
    users: OrdMap<Name, User>,
    pub(crate) sessions: OrdMap<Digest, Session>,
    tokens: OrdMap<Name, Token>,
    pub(crate) invitations: OrdMap<Digest, Invitation>,
}

impl Accounts {
    /// Takes in one row of a store.
    pub fn load(&mut self, kind: Kind, key: &str, body: &str) -> Result<(), String> {
        let failed = |why: serde_json::Error| unreadable(kind, &why);
        match kind {
            Kind::User => {
                self.users.insert(key.into(), serde_json::from_str(body).map_err(failed)?);
            }
            Kind::Session => {
                self.sessions.insert(Digest::from_key(key), serde_json::from_str(body).map_err(failed)?);
            }
            Kind::Token => {
                self.tokens.insert(key.into(), serde_json::from_str(body).map_err(failed)?);
            }
            Kind::Invitation => {
                self.invitations.insert(Digest::from_key(key), serde_json::from_str(body).map_err(failed)?);
            }
        }
        Ok(())
    }

    pub fn user(&self, handle: &str) -> Option<&User> {
        self.users.get(handle)
    }

    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Whose account it is for whom a provider vouches.
    pub fn vouched(&self, issuer: &str, subject: &str) -> Option<&User> {
        self.users().find(|user| {
            user.elsewhere.as_ref().is_some_and(|known| known.issuer == issuer && known.subject == subject)
        })
    }

    pub fn has_admin(&self) -> bool {
        self.users().any(User::is_admin)
    }

    /// The sign-in that a cookie holds, and whose it is.
    pub fn session(&self, cookie: &Secret, now: Timestamp) -> Option<(&Session, &User)> {
        let session = self.sessions.get(&cookie.digest()).filter(|session| session.expires > now)?;
        Some((session, self.enabled(&session.handle)?))
    }

    /// The token that somebody gives, and whose it is.
    pub fn token(&self, given: &Presented, now: Timestamp) -> Option<(&Token, &User)> {
        let token = self.tokens.get(&given.id).filter(|token| token.digest.is_of(&given.text))?;
        Some((token, self.enabled(&token.owner)?)).filter(|_| token.expires > now)
    }

    /// Whether what somebody proved themselves by a while ago would still prove it.
    pub fn still_proves(&self, who: &Principal, session: Option<&Digest>, now: Timestamp) -> bool {
        let holds = match &who.how {
            How::Session => {
                session.and_then(|digest| self.sessions.get(digest)).is_some_and(|it| it.expires > now)
            }
            // It is proven by each answer anew.
            How::Answer => false,
            How::Token(id) => self.tokens.get(id).is_some_and(|it| it.expires > now),
        };
        holds && self.enabled(&who.handle).is_some()
    }

    /// What a link lets somebody do.
    pub fn invitation(&self, link: &Secret, now: Timestamp) -> Option<&Invitation> {
        self.invitations.get(&link.digest()).filter(|invitation| invitation.expires > now)
    }

    /// Links that wait to be used, by their ids.
    pub fn invitations(&self, now: Timestamp) -> impl Iterator<Item = (Name, &Invitation)> {
        let open = self.invitations.iter().filter(move |(_, invitation)| invitation.expires > now);
        open.map(|(digest, invitation)| (digest.id(), invitation))
    }

    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    pub fn token_by_id(&self, id: &str) -> Option<&Token> {
        self.tokens.get(id)
    }

    pub fn sessions_of(&self, handle: &str) -> impl Iterator<Item = &Session> {
        self.sessions.values().filter(move |session| *session.handle == *handle)
    }

    /// A user who may do anything at all still.
    pub fn enabled(&self, handle: &str) -> Option<&User> {
        self.user(handle).filter(|user| !user.disabled)
    }

    pub(crate) fn put_user(&mut self, user: User) -> Row {
        let row = row(Kind::User, &user.handle, &user);
        self.users.insert(user.handle.clone(), user);
        row
    }

    pub(crate) fn put_session(&mut self, digest: Digest, session: Session) -> Row {
        let row = row(Kind::Session, digest.as_str(), &session);
        self.sessions.insert(digest, session);
        row
    }

    pub(crate) fn put_token(&mut self, token: Token) -> Row {
        let row = row(Kind::Token, &token.id, &token);
        self.tokens.insert(token.id.clone(), token);
        row
    }

    pub(crate) fn put_invitation(&mut self, digest: Digest, invitation: Invitation) -> Row {
        let row = row(Kind::Invitation, digest.as_str(), &invitation);
        self.invitations.insert(digest, invitation);
        row
    }

    pub(crate) fn end_session(&mut self, digest: &Digest) -> Option<Row> {
        self.sessions.remove(digest).map(|_| gone(Kind::Session, digest.as_str()))
    }

    pub(crate) fn end_token(&mut self, id: &str) -> Option<Row> {
        self.tokens.remove(id).map(|_| gone(Kind::Token, id))
    }

    pub(crate) fn end_tokens(&mut self, which: impl Fn(&Token) -> bool) -> Vec<Row> {
        let ended: Vec<Name> =
            self.tokens().filter(|token| which(token)).map(|token| token.id.clone()).collect();
        ended.iter().filter_map(|id| self.end_token(id)).collect()
    }

    pub(crate) fn end_invitation_by_id(&mut self, id: &str, now: Timestamp) -> Option<Row> {
        let mut open = self.invitations.iter().filter(|(_, invitation)| invitation.expires > now);
        let digest = open.find(|(digest, _)| *digest.id() == *id)?.0.clone();
        self.end_invitation(&digest)
    }

    pub(crate) fn end_invitation(&mut self, digest: &Digest) -> Option<Row> {
        self.invitations.remove(digest).map(|_| gone(Kind::Invitation, digest.as_str()))
    }

    /// At browsers and at terminals.
    pub(crate) fn end_sign_ins_of(&mut self, handle: &str) -> Vec<Row> {
        let mut rows = self.end_sessions(|session| *session.handle == *handle);
        rows.extend(self.end_tokens(|token| token.of_terminal && *token.owner == *handle));
        rows
    }

    pub(crate) fn end_expired_sessions(&mut self, now: Timestamp) -> Vec<Row> {
        self.end_sessions(|session| session.expires <= now)
    }

    fn end_sessions(&mut self, which: impl Fn(&Session) -> bool) -> Vec<Row> {
        let ended: Vec<Digest> = self
            .sessions
            .iter()
            .filter(|(_, session)| which(session))
            .map(|(digest, _)| digest.clone())
            .collect();
        ended.iter().filter_map(|digest| self.end_session(digest)).collect()
    }

    /// Those that are too old, and those that a newer one for the same person takes the place of.
    pub(crate) fn void_invitations(&mut self, handle: Option<&Name>, now: Timestamp) -> Vec<Row> {
        let is_void =
            |invitation: &Invitation| invitation.expires <= now || invitation.handle.as_ref() == handle;
        let void: Vec<Digest> = self
            .invitations
            .iter()
            .filter(|(_, invitation)| is_void(invitation))
            .map(|(digest, _)| digest.clone())
            .collect();
        void.iter().filter_map(|digest| self.end_invitation(digest)).collect()
    }

    pub(crate) fn seen_session(&mut self, digest: Digest, now: Timestamp) -> Option<Row> {
        let session = self.sessions.get(&digest)?.clone();
        Some(self.put_session(digest, Session { seen: now, ..session }))
    }

    pub(crate) fn seen_token(&mut self, id: &str, now: Timestamp) -> Option<Row> {
        let token = self.tokens.get(id)?.clone();
        Some(self.put_token(Token { used: Some(now), ..token }))
    }
}

fn row(kind: Kind, key: &str, body: &impl serde::Serialize) -> Row {
    let body = serde_json::to_string(body).expect("an account is plain data");
    Row { kind, key: key.to_owned(), body: Some(body) }
}

fn gone(kind: Kind, key: &str) -> Row {
    Row { kind, key: key.to_owned(), body: None }
}

#[cfg(test)]
mod tests;
