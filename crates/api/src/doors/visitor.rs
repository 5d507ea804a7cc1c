//! Who is at the door, and whether they may.

use std::convert::Infallible;
use std::net::IpAddr;

use andon_cycle::State;
use andon_identity::{
    Accounts, Allowed, Decision, Denied, Digest, How, Permission, Principal, Resource, Thing, authorize,
};
use andon_vocabulary::{Command, Name, Timestamp, Via, Who};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::credentials::principal;
use crate::authority;
use crate::port::Loop;
use crate::problem::Problem;

/// Whoever makes a request.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub identified: Identified,
    /// Where the request comes from, where that is known.
    pub from: Option<IpAddr>,
    /// It comes over TLS: cookies are sent over nothing else then.
    pub is_encrypted: bool,
    /// The sign-in that they have.
    pub session: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// Nobody has to say who they are here: whoever reaches this Andon is its operator.
    Operator,
    Nobody,
    Somebody(Box<Principal>),
}

impl Visitor {
    /// Whoever answers from where they were told: the message has proven who they are, and they may what they may.
    pub fn answering(person: &str, shared: &dyn Loop) -> Visitor {
        let (view, accounts) = (shared.view(), shared.accounts().read());
        let identified = match (&view.catalog().instance.identity, accounts.enabled(person)) {
            (None, _) => Identified::Operator,
            (Some(_), None) => Identified::Nobody,
            (Some(_), Some(user)) => {
                Identified::Somebody(Box::new(principal(user, How::Answer, &view, shared.now())))
            }
        };
        Visitor { identified, from: None, is_encrypted: false, session: None }
    }

    pub fn principal(&self) -> Option<&Principal> {
        match &self.identified {
            Identified::Somebody(principal) => Some(principal),
            Identified::Operator | Identified::Nobody => None,
        }
    }

    /// The person, where they have proven it.
    pub fn handle(&self) -> Option<&Name> {
        self.principal().map(|principal| &principal.handle)
    }

    /// Who does something, for the journal: whoever has signed in, else whoever they say they are.
    pub fn who(&self, said: &str, via: Via) -> Who {
        match &self.identified {
            Identified::Somebody(principal) => Who {
                person: principal.handle.clone(),
                via,
                from: self.from.map(|from| from.to_string()),
                token: principal.token().cloned(),
            },
            Identified::Operator | Identified::Nobody => Who::new(said, via),
        }
    }

    /// Who sends what others raise, where they had to say who they are: whoever has signed in, else the door whose
    /// secret they know.
    pub fn sender(&self, door: &str) -> Option<Who> {
        match &self.identified {
            Identified::Operator => None,
            Identified::Somebody(_) => Some(self.who(door, Via::Api)),
            Identified::Nobody => {
                Some(Who { from: self.from.map(|from| from.to_string()), ..Who::new(door, Via::Api) })
            }
        }
    }

    /// Whether they may do this. The problem says why not.
    pub fn may(&self, permission: Permission, resource: &Resource, state: &State) -> Result<(), Problem> {
        match &self.identified {
            Identified::Operator => Ok(()),
            Identified::Nobody => Err(nobody()),
            Identified::Somebody(principal) => {
                match authorize(principal, permission, resource, &state.catalog().policies) {
                    Decision::Allowed(_) => Ok(()),
                    Decision::Denied(denied) => {
                        let hint = whom_to_ask(&denied);
                        Err(Problem::new(StatusCode::FORBIDDEN, denied.to_string()).hint(hint))
                    }
                }
            }
        }
    }

    /// The words for it, where they may do this by broken glass and by nothing that lasts.
    pub fn only_by_glass(
        &self,
        permission: Permission,
        resource: &Resource,
        state: &State,
    ) -> Option<String> {
        match authorize(self.principal()?, permission, resource, &state.catalog().policies) {
            Decision::Allowed(glass @ Allowed::Glass { .. }) => Some(glass.to_string()),
            Decision::Allowed(_) | Decision::Denied(_) => None,
        }
    }

    fn administers_by_glass(&self, state: &State) -> bool {
        self.only_by_glass(Permission::Administer, &Resource::all(Thing::Glass), state).is_some()
    }

    /// Whether they may say this.
    pub fn may_tell(&self, command: &Command, state: &State) -> Result<(), Problem> {
        match &self.identified {
            Identified::Operator => Ok(()),
            Identified::Nobody => Err(nobody()),
            Identified::Somebody(principal) => match command {
                Command::BreakGlass { .. } if principal.limited_to.is_none() => Ok(()),
                Command::BreakGlass { .. } => {
                    let what = "a token with scopes breaks no glass";
                    Err(Problem::new(StatusCode::FORBIDDEN, what).hint("sign in as yourself"))
                }
                Command::ReviewGlass { .. } if self.administers_by_glass(state) => {
                    let what = "whoever has broken the glass reviews nobody's";
                    Err(Problem::new(StatusCode::FORBIDDEN, what).hint("an admin does, afterwards"))
                }
                _ => {
                    let mut needed = authority::needed(command, principal, state).into_iter();
                    needed.try_for_each(|(permission, resource)| self.may(permission, &resource, state))
                }
            },
        }
    }

    /// Whether what they proved themselves by still proves it: a request may last for days.
    pub fn is_still_known(&self, accounts: &Accounts, now: Timestamp) -> bool {
        let session = self.session.as_ref();
        self.principal().is_none_or(|principal| accounts.still_proves(principal, session, now))
    }

    /// Whether they are a person at a browser, who can be shown a page.
    pub fn has_session(&self) -> bool {
        self.principal().is_some_and(|principal| principal.how == How::Session)
    }
}

/// What helps: no grant and no broken glass outdo a policy that forbids.
fn whom_to_ask(denied: &Denied) -> &'static str {
    match denied {
        Denied::Nothing { .. } => {
            "an admin can grant it; in an emergency, break the glass on your account's page"
        }
        Denied::Scope { .. } => "issue a token with this scope, or sign in as yourself",
        Denied::Forbidden { .. } | Denied::Undecided { .. } => {
            "policies stand in the definitions: ask whoever keeps them"
        }
    }
}

fn nobody() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "this Andon does not know who you are")
        .hint("sign in, or send a token as `Authorization: Bearer andon_…`")
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    /// The guard has put it there; what no guard has seen is nobody.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Infallible> {
        let nobody =
            || Visitor { identified: Identified::Nobody, from: None, is_encrypted: false, session: None };
        Ok(parts.extensions.get::<Visitor>().cloned().unwrap_or_else(nobody))
    }
}
