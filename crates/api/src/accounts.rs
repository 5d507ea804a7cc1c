//! What people do with accounts: users, tokens, passwords; links in a file of their own.
//!
//! What gives authority is in the journal before it is given; what takes it away works before it is in the journal. So
//! nothing that opens a door is without its fact, and a full disk keeps no door open.

mod invitations;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Catalog;
use andon_identity::{
    Change, Grant, PasswordHash, Permission, Principal, Resource, Secret, Thing, Token, TokenSecret,
    check_password,
};
use andon_vocabulary::{Access, Deed, Name, Timestamp, Via, Who};
use axum::http::StatusCode;

use crate::doors::Visitor;
use crate::entrance::{SignIn, changed, random};
use crate::port::Loop;
use crate::problem::Problem;

pub use invitations::{Invited, Uninvited};

/// A token that is shown once.
#[derive(Debug)]
pub struct Issued {
    pub id: Name,
    pub text: Secret,
    pub expires: Timestamp,
}

/// What somebody asks for who wants a token.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub owner: Name,
    pub note: String,
    /// None: all that the owner may.
    pub scopes: Option<BTreeSet<Permission>>,
    /// None: as long as it may last.
    pub lasts: Option<Duration>,
}

/// The accounts in the hands of one visitor.
pub struct Desk<'a> {
    pub shared: &'a Arc<dyn Loop>,
    pub visitor: &'a Visitor,
    pub via: Via,
}

impl Desk<'_> {
    /// Another password for whoever asks, who knows the old one. Every sign-in of theirs ends, at terminals too.
    pub async fn choose_password(&self, old: Secret, new: Secret) -> Result<(), Problem> {
        let own = self.own()?.handle.clone();
        let asked = SignIn {
            handle: own.to_string(),
            password: old,
            from: self.visitor.from,
            instead_of: None,
            via: self.via,
        };
        self.shared.entrance().prove(self.shared, &asked).await?;
        check_password(&new, &own).map_err(invalid)?;
        let salt = random();
        let password = self.shared.entrance().aside(move || PasswordHash::of(&new, &salt)).await?;
        self.give(Deed::PasswordChanged { user: own.clone() }, Change::Password { handle: own, password })
            .await
    }

    pub async fn grant(&self, handle: &str, grants: Vec<Grant>) -> Result<(), Problem> {
        self.entrust(Thing::Users)?;
        self.must_be_known_teams(&grants)?;
        let before = self.known(handle)?;
        let (from, to) = (words(&before), words(&grants));
        let deed = Deed::GrantsChanged { user: handle.into(), from, to };
        self.give(deed, Change::Grants { handle: handle.into(), grants }).await
    }

    pub async fn disable(&self, handle: &str) -> Result<(), Problem> {
        self.administer(Thing::Users)?;
        self.change(Change::Disable { handle: handle.into() }).await?;
        self.record(Deed::UserDisabled { user: handle.into() }).await
    }

    pub async fn enable(&self, handle: &str) -> Result<(), Problem> {
        self.entrust(Thing::Users)?;
        self.known(handle)?;
        self.give(Deed::UserEnabled { user: handle.into() }, Change::Enable { handle: handle.into() }).await
    }

    /// For oneself, or by an admin for somebody else. Never more than whoever issues it may.
    pub async fn issue(&self, wanted: Wanted) -> Result<Issued, Problem> {
        let own = self.own()?;
        if own.handle != wanted.owner {
            self.entrust(Thing::Tokens)?;
        }
        if let Some(limits) = &own.limited_to {
            let is_within = wanted.scopes.as_ref().is_some_and(|scopes| scopes.is_subset(limits));
            if !is_within {
                let what = "a token with scopes issues no token that may more than it";
                return Err(Problem::new(StatusCode::FORBIDDEN, what));
            }
        }
        self.known(&wanted.owner)?;
        let most = self.settings().token.0;
        let lasts = wanted.lasts.unwrap_or(most);
        if lasts.is_zero() || lasts > most {
            return Err(invalid(format!("a token lasts at most {} days here", most.as_secs() / 86_400)));
        }
        let now = self.shared.now();
        let TokenSecret { id, text } = TokenSecret::of(&random());
        let expires = now + lasts;
        let token = Token {
            id: id.clone(),
            owner: wanted.owner.clone(),
            note: wanted.note.trim().to_owned(),
            digest: text.digest(),
            scopes: wanted.scopes.clone(),
            issued: now,
            expires,
            used: None,
            of_terminal: false,
        };
        let scopes = wanted.scopes.into_iter().flatten().map(|scope| scope.to_string()).collect();
        let deed = Deed::TokenIssued { token: id.clone(), owner: wanted.owner, scopes, expires };
        self.give(deed, Change::Issue { token }).await?;
        Ok(Issued { id, text, expires })
    }

    /// One's own, or by an admin anybody's. A token with scopes ends itself and no other, unless it may administer: what
    /// leaked from one program does not stop the others.
    pub async fn revoke(&self, id: &str) -> Result<(), Problem> {
        let is_limited = |own: &&Principal| {
            own.limited_to.as_ref().is_some_and(|scopes| !scopes.contains(&Permission::Administer))
        };
        let limited = self.visitor.principal().filter(is_limited);
        if limited.is_some_and(|own| own.token().is_none_or(|token| **token != *id)) {
            let what = "a token with scopes revokes no token but itself";
            return Err(Problem::new(StatusCode::FORBIDDEN, what).hint("sign in as yourself"));
        }
        let accounts = self.shared.accounts().read();
        let found = accounts.token_by_id(id).filter(|token| {
            self.visitor.handle() == Some(&token.owner) || self.administer(Thing::Tokens).is_ok()
        });
        let token = found.ok_or_else(|| Problem::not_found(format!("you have no token {id:?}")))?;
        self.change(Change::Revoke { id: token.id.clone() }).await?;
        self.record(Deed::TokenRevoked { token: token.id.clone(), owner: token.owner.clone() }).await
    }

    pub async fn sign_out(&self) -> Result<(), Problem> {
        if let Some(digest) = self.visitor.session.clone() {
            self.change(Change::SignOut { digest }).await?;
            self.record(Deed::SignedOut {}).await?;
        }
        Ok(())
    }

    /// Whether this visitor looks after everybody's accounts.
    pub fn administer(&self, what: Thing) -> Result<(), Problem> {
        self.own()?;
        self.visitor.may(Permission::Administer, &Resource::all(what), &self.shared.view())
    }

    /// The same for what gives authority that lasts. Broken glass is over within the hour, so nothing that it gives may
    /// outlast it: neither whoever broke it nor somebody of their making is an admin afterwards.
    pub fn entrust(&self, what: Thing) -> Result<(), Problem> {
        self.administer(what)?;
        match self.visitor.only_by_glass(Permission::Administer, &Resource::all(what), &self.shared.view()) {
            None => Ok(()),
            Some(why) => {
                let what = format!("{why}, which gives nobody an account, a grant or a token");
                Err(Problem::new(StatusCode::FORBIDDEN, what).hint(
                    "ask an admin; where there is none, `andon serve --admin-link` on the machine makes one",
                ))
            }
        }
    }

    fn own(&self) -> Result<&Principal, Problem> {
        self.visitor.principal().ok_or_else(|| {
            Problem::new(
                StatusCode::CONFLICT,
                "nobody has to say who they are here, so there are no accounts",
            )
            .hint("`identity: {}` in the instance's spec makes people sign in")
        })
    }

    fn settings(&self) -> andon_definitions::instance::Identity {
        self.shared.view().catalog().instance.identity.clone().unwrap_or_default()
    }

    fn known(&self, handle: &str) -> Result<Vec<Grant>, Problem> {
        let accounts = self.shared.accounts().read();
        let user = accounts.user(handle).map(|user| user.grants.clone());
        user.ok_or_else(|| Problem::not_found(format!("nobody is called {handle:?}")))
    }

    fn must_be_known_teams(&self, grants: &[Grant]) -> Result<(), Problem> {
        let view = self.shared.view();
        let mut named = grants.iter().filter_map(|grant| grant.team.as_deref());
        let unknown = named.find(|team| !view.catalog().teams.contains_key(*team));
        unknown.map_or(Ok(()), |team| Err(invalid(format!("there is no team {team:?}"))))
    }

    fn must_be_spelled_as_in_teams(&self, handle: &str) -> Result<(), Problem> {
        let view = self.shared.view();
        match spelled_otherwise(view.catalog(), handle) {
            None => Ok(()),
            Some(person) => {
                let what = format!("the team files spell {handle:?} as {person:?}");
                Err(invalid(what).hint("take the handle of the team files: it is whom Andon pages"))
            }
        }
    }

    async fn give(&self, deed: Deed, change: Change) -> Result<(), Problem> {
        self.give_to(self.visitor.who("somebody", self.via), deed, change).await
    }

    /// In the journal first. What would be refused is refused before that; two at the same moment are told apart by the
    /// accounts, which make one change after the other.
    async fn give_to(&self, who: Who, deed: Deed, change: Change) -> Result<(), Problem> {
        (*self.shared.accounts().read()).clone().change(change.clone(), self.shared.now())?;
        self.shared.record(Access { who, deed }).await?;
        self.change(change).await
    }

    async fn record(&self, deed: Deed) -> Result<(), Problem> {
        let who = self.visitor.who("somebody", self.via);
        Ok(self.shared.record(Access { who, deed }).await?)
    }

    async fn change(&self, change: Change) -> Result<(), Problem> {
        Ok(changed(self.shared, change).await?)
    }
}

/// As the team files spell this handle, where they do it otherwise. Two who differ in capitals alone are taken for one
/// another: whoever came first would keep the other out, or be paged for neither.
pub fn spelled_otherwise<'a>(catalog: &'a Catalog, handle: &str) -> Option<&'a str> {
    let people = || catalog.teams.values().flat_map(|team| team.people.keys());
    if people().any(|person| *person == handle) {
        return None;
    }
    people().find(|person| person.eq_ignore_ascii_case(handle)).map(String::as_str)
}

fn words(grants: &[Grant]) -> Vec<String> {
    grants.iter().map(ToString::to_string).collect()
}

fn invalid(what: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, what)
}

#[cfg(test)]
mod tests;
