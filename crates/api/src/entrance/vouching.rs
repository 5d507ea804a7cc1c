//! Signing in by the word of a provider: who they are here, what their groups grant, and that nobody comes by another's
//! account so.
//!
//! An account belongs to the subject that the provider first vouched for, whatever it is called later. One that signs
//! in by a password becomes the same only for whoever is signed in to it at that moment.

use std::sync::Arc;

use andon_definitions::Catalog;
use andon_definitions::instance::{GrantText, Oidc};
use andon_identity::{Accounts, Change, Elsewhere, Grant, User, check_handle};
use andon_vocabulary::{Access, Deed, Name, Via, Who};
use axum::http::StatusCode;

use super::{Entrance, NotIn, SignedIn, changed, nobody_known};
use crate::accounts::spelled_otherwise;
use crate::doors::Visitor;
use crate::port::{Back, Loop, NotVouched, Vouched};
use crate::problem::Problem;

/// Enough to say why somebody was not let in.
const WHY_CHARS_MAX: usize = 200;

/// Whose account it is that somebody signs in to.
enum Account {
    /// Theirs already.
    Known(User),
    /// One with a password, that they are signed in to.
    Linked(User),
    New(Name),
}

impl Entrance {
    /// Signs in whomever the provider vouches for.
    pub async fn vouch(
        &self,
        shared: &Arc<dyn Loop>,
        back: Back,
        visitor: &Visitor,
    ) -> Result<SignedIn, Problem> {
        let view = shared.view();
        let identity = view.catalog().instance.identity.as_ref();
        let oidc = identity.and_then(|identity| identity.oidc.as_ref());
        let (Some(oidc), Some(provider)) = (oidc, shared.provider()) else {
            return Err(Problem::not_found("nobody signs in elsewhere here"));
        };
        // Each try asks the provider; whoever has been let in has not tried.
        let tried = visitor.from.map_or_else(String::new, |from| from.to_string());
        self.tries.take(&tried, visitor.from, shared.now()).map_err(|after| NotIn::TooOften { after })?;
        let vouched = match provider.finish(back).await {
            Ok(vouched) => vouched,
            Err(why) => {
                let is_refused = matches!(why, NotVouched::Unproven(_));
                let problem = Problem::from(why);
                if is_refused {
                    self.turn_away(shared, visitor, None, &problem).await;
                }
                return Err(problem);
            }
        };
        self.tries.forgive(&tried, visitor.from);
        let called = check_handle(&vouched.handle).is_ok().then(|| Name::from(vouched.handle.as_str()));
        let let_in = self.let_in(shared, oidc, vouched, visitor).await;
        if let Err(problem) = &let_in
            && problem.status == StatusCode::FORBIDDEN
        {
            self.turn_away(shared, visitor, called, problem).await;
        }
        let_in
    }

    /// Puts it down that somebody who came from the provider, or says so, is not let in. `called`: as the provider does.
    pub async fn turn_away(
        &self,
        shared: &Arc<dyn Loop>,
        visitor: &Visitor,
        called: Option<Name>,
        problem: &Problem,
    ) {
        let person = called.unwrap_or_else(nobody_known);
        // Some of it may be the provider's words.
        let why = problem.detail.chars().take(WHY_CHARS_MAX).collect();
        self.note_refusal(shared, Who::new(person, Via::Page), visitor.from, why).await;
    }

    async fn let_in(
        &self,
        shared: &Arc<dyn Loop>,
        oidc: &Oidc,
        vouched: Vouched,
        visitor: &Visitor,
    ) -> Result<SignedIn, Problem> {
        let view = shared.view();
        let account = account(&shared.accounts().read(), view.catalog(), &vouched, visitor)?;
        let granted = grants(oidc, &vouched);
        let who = |handle: &Name| Who {
            from: visitor.from.map(|from| from.to_string()),
            ..Who::new(handle.clone(), Via::Page)
        };
        let handle = match &account {
            Account::Known(user) | Account::Linked(user) => user.handle.clone(),
            Account::New(handle) => handle.clone(),
        };
        // What an admin has granted by hand to whoever has a password stands.
        let by_groups =
            !matches!(&account, Account::Known(user) | Account::Linked(user) if user.password.is_some());
        if by_groups && granted.is_empty() && !is_of_a_team(view.catalog(), &handle) {
            return Err(Problem::new(StatusCode::FORBIDDEN, format!("nothing here is granted to {handle}"))
                .hint("none of their groups is named by `groups` of the instance's `oidc`, and no team has them"));
        }
        let words = |grants: &[Grant]| grants.iter().map(ToString::to_string).collect::<Vec<_>>();
        let deed = match &account {
            Account::New(handle) => Some(Deed::UserAdded { user: handle.clone(), grants: words(&granted) }),
            Account::Known(user) if by_groups && user.grants != granted => Some(Deed::GrantsChanged {
                user: user.handle.clone(),
                from: words(&user.grants),
                to: words(&granted),
            }),
            Account::Known(_) | Account::Linked(_) => None,
        };
        if let Some(deed) = deed {
            shared.record(Access { who: who(&handle), deed }).await?;
        }
        let elsewhere = Elsewhere { issuer: vouched.issuer.clone(), subject: vouched.subject };
        let grants = by_groups.then_some(granted);
        changed(shared, Change::Vouch { handle: handle.clone(), elsewhere, grants }).await?;
        let instead_of = visitor.session.clone();
        let opened = self.open(shared, handle, vouched.issuer, visitor.from, instead_of, Via::Page).await;
        Ok(opened?)
    }
}

fn account(
    accounts: &Accounts,
    catalog: &Catalog,
    vouched: &Vouched,
    visitor: &Visitor,
) -> Result<Account, Problem> {
    if let Some(user) = accounts.vouched(&vouched.issuer, &vouched.subject) {
        let disabled = || Problem::new(StatusCode::FORBIDDEN, format!("{} is disabled", user.handle));
        return if user.disabled { Err(disabled()) } else { Ok(Account::Known(user.clone())) };
    }
    let known = accounts.users().find(|user| user.handle.eq_ignore_ascii_case(&vouched.handle));
    match known {
        None => {
            check_handle(&vouched.handle).map_err(|why| {
                Problem::new(
                    StatusCode::FORBIDDEN,
                    format!("the provider calls them {:?}: {why}", vouched.handle),
                )
                .hint("`handle_claim` of the instance's `oidc` names the claim to take")
            })?;
            match spelled_otherwise(catalog, &vouched.handle) {
                None => Ok(Account::New(vouched.handle.as_str().into())),
                Some(person) => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    format!("the provider calls them {:?}, the team files {person:?}", vouched.handle),
                )
                .hint("the same in both is one person: spell it in the team files as the provider does, or let `handle_claim` of the instance's `oidc` name a claim that does")),
            }
        }
        Some(user)
            if user.elsewhere.is_none()
                && visitor.has_session()
                && visitor.handle() == Some(&user.handle) =>
        {
            Ok(Account::Linked(user.clone()))
        }
        Some(user) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            format!("{} has another account here than the provider's", user.handle),
        )
        .hint("sign in to it by its password first, then this way: from then on the two are one")),
    }
}

/// What the groups grant, each once.
fn grants(oidc: &Oidc, vouched: &Vouched) -> Vec<Grant> {
    let theirs = vouched.groups.iter().filter_map(|group| oidc.groups.get(group));
    let mut grants: Vec<Grant> = theirs.filter_map(|GrantText(text)| text.parse().ok()).collect();
    grants.sort();
    grants.dedup();
    grants
}

fn is_of_a_team(catalog: &Catalog, handle: &str) -> bool {
    catalog.teams.values().any(|team| team.people.contains_key(handle))
}

impl From<NotVouched> for Problem {
    fn from(not_vouched: NotVouched) -> Problem {
        match not_vouched {
            NotVouched::Away(why) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).hint("try again, or sign in by a password")
            }
            NotVouched::Unproven(why) => {
                Problem::new(StatusCode::FORBIDDEN, why).hint("begin once more from this page")
            }
        }
    }
}

#[cfg(test)]
mod tests;
