//! Whom the incumbent means: one of our people, one of our receivers, or somebody whom nobody here knows.

use std::fmt;

use andon_definitions::Catalog;
use andon_vocabulary::{IncumbentParty, Name};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    Person(Name),
    Receiver(Name),
    /// As the incumbent calls them.
    Unknown(String),
}

/// By a name that the source gives them, by a handle, by the address before its `@`, or as a text in which exactly one
/// handle stands as a word.
pub(super) fn meant(party: &IncumbentParty, source: &str, catalog: &Catalog) -> Whom {
    let receivers = catalog.alertmanager.as_ref().map(|alertmanager| &alertmanager.receivers);
    let is_receiver = |name: &str| receivers.is_some_and(|receivers| receivers.contains_key(name));
    let people = || catalog.teams.values().flat_map(|team| team.people.keys());
    let known = |name: &str| match people().find(|handle| same(handle, name)) {
        Some(handle) => Some(Whom::Person(handle.as_str().into())),
        None if is_receiver(name) => Some(Whom::Receiver(name.into())),
        None => None,
    };
    let called = [Some(&party.name), party.id.as_ref(), party.address.as_ref()];
    let called = || called.into_iter().flatten();
    let names = catalog.sources.get(source).map(|source| &source.names);
    let given = names.into_iter().flatten().find(|(name, _)| called().any(|called| same(called, name)));
    if let Some((_, person)) = given {
        return known(person).unwrap_or_else(|| Whom::Unknown(party.name.clone()));
    }
    let mailbox = party.address.as_deref().and_then(|address| address.split('@').next());
    if let Some(whom) = known(&party.name).or_else(|| mailbox.and_then(known)) {
        return whom;
    }
    let text = party.name.to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')).collect();
    let mut handles: Vec<&String> =
        people().filter(|one| words.contains(&one.to_lowercase().as_str())).collect();
    handles.sort();
    handles.dedup();
    match handles[..] {
        [one] => Whom::Person(one.as_str().into()),
        _ => Whom::Unknown(party.name.clone()),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whom::Person(name) => f.write_str(name),
            Whom::Receiver(name) => write!(f, "receiver {name}"),
            Whom::Unknown(name) => write!(f, "{name:?}, whom nobody here knows"),
        }
    }
}
