//! Who got in, who did not, and who may, in words.

use andon_vocabulary::{Deed, Who};

pub(super) fn say(who: &Who, deed: &Deed) -> String {
    let from = who.from.as_ref().map_or_else(String::new, |from| format!(" from {from}"));
    let who = &who.person;
    match deed {
        Deed::SignedIn { by } => format!("{who} signed in by {by}{from}"),
        Deed::SignInRefused { why, times: 1 } => format!("a sign-in of {who}{from} was refused: {why}"),
        Deed::SignInRefused { why, times } => format!("{times} sign-ins of {who}{from} were refused: {why}"),
        Deed::SignedOut {} => format!("{who} signed out"),
        Deed::UserInvited { user: Some(user), grants, until } => {
            format!("{who} invited {user}{}, until {until}", granted(grants))
        }
        Deed::UserInvited { user: None, grants, until } => {
            format!("{who} made a link for somebody{}, until {until}", granted(grants))
        }
        Deed::InvitationRevoked { user: Some(user) } => format!("{who} took back the link for {user}"),
        Deed::InvitationRevoked { user: None } => format!("{who} took back the link for the first admin"),
        Deed::UserAdded { user, grants } => {
            format!("{user} used a link{from} and is a user now{}", granted(grants))
        }
        Deed::GrantsChanged { user, from, to } => {
            format!("{who} changed what {user} may: {} before, now {}", list(from), list(to))
        }
        Deed::PasswordChanged { user } => format!("{user} chose another password{from}"),
        Deed::UserDisabled { user } => format!("{who} disabled {user}"),
        Deed::UserEnabled { user } => format!("{who} enabled {user}"),
        Deed::TokenIssued { token, owner, scopes, expires } => {
            let may = if scopes.is_empty() { "all that its owner may".to_owned() } else { list(scopes) };
            format!("{who} issued token {token} of {owner} for {may}, until {expires}")
        }
        Deed::TokenRevoked { token, owner } => format!("{who} revoked token {token} of {owner}"),
    }
}

fn granted(grants: &[String]) -> String {
    if grants.is_empty() { String::new() } else { format!(" as {}", grants.join(", ")) }
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
