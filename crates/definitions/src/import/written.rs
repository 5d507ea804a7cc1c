//! The file that is made: handles for people, and a `Team` in YAML.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::Stretch;
use serde_json::{Map, Value, json};

use crate::diagnostic::SourceFile;

/// A handle for each person whom another program knows by an id.
#[derive(Debug, Default)]
pub struct Handles {
    by_id: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Handles {
    /// The same for the same id; from what people call them, where that leaves letters.
    pub fn of(&mut self, id: &str, called: &str) -> String {
        if let Some(known) = self.by_id.get(id) {
            return known.clone();
        }
        let base = slug(called.split('@').next().unwrap_or(called));
        let base = if base.is_empty() { slug(id) } else { base };
        let base = if base.is_empty() { "somebody".to_owned() } else { base };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut free = std::iter::once(base.clone()).chain(numbered).filter(|one| !self.taken.contains(one));
        let handle = free.next().unwrap_or(base);
        self.taken.insert(handle.clone());
        self.by_id.insert(id.to_owned(), handle.clone());
        handle
    }

    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.taken.iter()
    }
}

/// Letters, digits and `-`, as a name in the definitions has them.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.trim().to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(60);
    slug.trim_end_matches('-').to_owned()
}

/// A `Team` whose people are reached on the page until they write their own contact points.
pub fn team(
    from: &str,
    name: &str,
    zone: &str,
    handles: &Handles,
    rotations: &BTreeMap<String, Value>,
) -> Result<SourceFile, String> {
    let person = || json!({ "timezone": zone, "contact": [ { "channel": "web" } ] });
    let people: Map<String, Value> = handles.all().map(|handle| (handle.clone(), person())).collect();
    let pages: Vec<String> = rotations.keys().map(|rotation| format!("oncall:{rotation}")).collect();
    let document = json!({
        "apiVersion": "andon/v1",
        "kind": "Team",
        "metadata": { "name": name },
        "spec": { "people": people, "oncall": rotations, "escalation": [ { "page": pages } ] },
    });
    let yaml = serde_saphyr::to_string(&document).map_err(|error| error.to_string())?;
    let from: String = from.chars().filter(|c| !c.is_control()).collect();
    Ok(SourceFile { path: format!("{name}.yaml"), text: format!("# {from}\n{yaml}") })
}

pub fn overrides(entries: &[(String, Stretch)]) -> Value {
    let one = |(person, during): &(String, Stretch)| json!({ "person": person, "from": during.from.to_string(), "until": during.until.to_string() });
    entries.iter().map(one).collect()
}

/// The events of a calendar as a rotation in which each of them is written down: who is named has it then.
pub fn calendar_team(name: &str, zone: &str, events: &[(String, Stretch)]) -> Result<SourceFile, String> {
    let mut handles = Handles::default();
    let entries: Vec<(String, Stretch)> =
        events.iter().map(|(called, during)| (handles.of(called, called), *during)).collect();
    let people: Vec<&String> = handles.all().collect();
    if people.is_empty() {
        return Err("no event of it names anybody in the time to come".to_owned());
    }
    let rotation = json!({ "people": people, "every": "1w", "overrides": overrides(&entries) });
    let rotations = BTreeMap::from([("primary".to_owned(), rotation)]);
    team("from a calendar", &slug(name), zone, &handles, &rotations)
}
