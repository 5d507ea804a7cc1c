//! Links by which somebody who is new, or has lost the password, chooses one: made, used, taken back.

use andon_identity::{
    Change, Grant, Invitation, PasswordHash, Secret, Thing, VOID_LINK, check_handle, check_password,
};
use andon_vocabulary::{Deed, Name, Timestamp, Who};
use axum::http::StatusCode;

use super::{Desk, invalid, words};
use crate::entrance::random;
use crate::problem::Problem;

/// A link that is shown once.
#[derive(Debug)]
pub struct Invited {
    pub link: Secret,
    pub until: Timestamp,
}

/// A link that opens nothing any more, and for whom it was; None: the first admin.
#[derive(Debug)]
pub struct Uninvited {
    pub user: Option<Name>,
}

impl Desk<'_> {
    /// A link for somebody who is new, or who needs another password.
    pub async fn invite(&self, handle: &str, grants: Vec<Grant>) -> Result<Invited, Problem> {
        self.entrust(Thing::Users)?;
        self.must_be_known_teams(&grants)?;
        check_handle(handle).map_err(invalid)?;
        if self.shared.accounts().read().user(handle).is_none() {
            self.must_be_spelled_as_in_teams(handle)?;
        }
        let lasts = self.settings().invitation.0;
        let (link, until) = (Secret::of(&random()), self.shared.now() + lasts);
        let handle: Name = handle.into();
        let deed = Deed::UserInvited { user: Some(handle.clone()), grants: words(&grants), until };
        let invitation =
            Invitation { handle: Some(handle), grants, by: self.visitor.handle().cloned(), expires: until };
        self.give(deed, Change::Invite { digest: link.digest(), invitation }).await?;
        Ok(Invited { link, until })
    }

    /// Takes back a link that nobody has used, by its id.
    pub async fn uninvite(&self, id: &str) -> Result<Uninvited, Problem> {
        self.administer(Thing::Users)?;
        let (accounts, now) = (self.shared.accounts().read(), self.shared.now());
        let found = accounts.invitations(now).find(|(open, _)| **open == *id);
        let missing = || {
            Problem::not_found(format!("no link {id:?} waits to be used"))
                .hint("it was used, taken back, replaced by a newer one, or is too old; `andon user invitations` lists those that wait")
        };
        let (id, invitation) = found.ok_or_else(missing)?;
        self.change(Change::Uninvite { id }).await?;
        let user = invitation.handle.clone();
        self.record(Deed::InvitationRevoked { user: user.clone() }).await?;
        Ok(Uninvited { user })
    }

    /// Somebody uses a link. They sign in afterwards, with what they chose.
    pub async fn accept(&self, link: &Secret, handle: &str, password: Secret) -> Result<Name, Problem> {
        let accounts = self.shared.accounts().read();
        let void = || Problem::new(StatusCode::FORBIDDEN, VOID_LINK).hint("ask an admin for another");
        let invitation = accounts.invitation(link, self.shared.now()).cloned().ok_or_else(void)?;
        check_handle(handle).map_err(invalid)?;
        check_password(&password, handle).map_err(invalid)?;
        // Of a link for somebody the handle was looked at when it was made.
        if invitation.handle.is_none() {
            self.must_be_spelled_as_in_teams(handle)?;
        }
        let handle: Name = invitation.handle.clone().unwrap_or_else(|| handle.into());
        let is_known = accounts.user(&handle).is_some();
        let salt = random();
        let hashed = self.shared.entrance().aside(move || PasswordHash::of(&password, &salt)).await;
        let password = hashed.map_err(Problem::from)?;
        let deed = match is_known {
            true => Deed::PasswordChanged { user: handle.clone() },
            false => Deed::UserAdded { user: handle.clone(), grants: words(&invitation.grants) },
        };
        // Nobody is known yet: it is whoever holds the link.
        let from = self.visitor.from.map(|from| from.to_string());
        let who = Who { from, ..Who::new(handle.clone(), self.via) };
        let change = Change::Accept { digest: link.digest(), handle: handle.clone(), password };
        self.give_to(who, deed, change).await?;
        Ok(handle)
    }
}
