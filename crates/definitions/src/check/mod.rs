//! What no schema can say: references, cycles, steps without a way back, pages that reach nobody.

mod expectations;
mod instance;
mod maintenance;
mod people;
mod rules;
mod runbooks;
mod services;
mod sources;
mod steps;
mod teams;

use crate::book::Entry;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::reference::Whom;
use crate::source::Findings;
use crate::suggest;

/// The catalog being checked, and where findings go.
struct Check<'a> {
    catalog: &'a Catalog,
    findings: &'a mut Findings,
}

pub(crate) fn all(catalog: &Catalog, findings: &mut Findings) {
    let mut check = Check { catalog, findings };
    check.instance();
    check.teams();
    check.people();
    check.spellings();
    check.services();
    check.rules();
    check.sources();
    check.maintenance();
    check.runbooks();
    check.scenarios();
}

impl<'a> Check<'a> {
    fn error(&mut self, definition: &str, pointer: &str, code: &str, message: String) -> &mut Diagnostic {
        let spot = self.entry(definition).spot(pointer);
        self.findings.error(code, spot, message)
    }

    fn warning(&mut self, definition: &str, pointer: &str, code: &str, message: String) -> &mut Diagnostic {
        let spot = self.entry(definition).spot(pointer);
        self.findings.warning(code, spot, message)
    }

    fn entry(&self, definition: &str) -> &'a Entry {
        &self.catalog.book.definitions[definition]
    }

    /// Whether a definition is written, be it with errors of its own.
    fn is_written(&self, definition: &str) -> bool {
        self.catalog.book.definitions.contains_key(definition)
    }

    fn names(&self, kind: &str) -> Vec<&'a str> {
        let keys = self.catalog.book.definitions.keys();
        keys.filter_map(|key| key.strip_prefix(kind)?.strip_prefix('/')).collect()
    }

    /// A finding if nothing of this kind has this name.
    fn must_exist(&mut self, definition: &str, pointer: &str, kind: &str, name: &str) {
        if self.is_written(&format!("{kind}/{name}")) {
            return;
        }
        let hint = suggest::hint(name, self.names(kind));
        let message = format!("no {} is called `{name}`", kind.to_lowercase());
        self.error(definition, pointer, "unknown-reference", message).hint = hint;
    }

    /// An instance is written and could not be read, so nothing is known of what it has.
    fn instance_is_broken(&self) -> bool {
        self.catalog.instance.origin.file.is_empty() && !self.names("Instance").is_empty()
    }

    fn must_be_channel(&mut self, definition: &str, pointer: &str, channel: &str) {
        let channels = &self.catalog.instance.channels;
        let broken =
            self.names("Instance").len() > usize::from(!self.catalog.instance.origin.file.is_empty());
        if broken || channels.contains_key(channel) {
            return;
        }
        let hint = suggest::hint(channel, channels.keys().map(String::as_str));
        let message = format!("the instance has no channel `{channel}`");
        self.error(definition, pointer, "unknown-reference", message).hint = hint;
    }

    /// A finding if nobody is meant. A bare rotation is `own`'s; a person may be of any team.
    fn must_be_somebody(&mut self, definition: &str, pointer: &str, own: &str, whom: &Whom) {
        match whom {
            Whom::OnCall { team, rotation } => {
                let name = team.as_deref().unwrap_or(own);
                match self.catalog.teams.get(name) {
                    Some(team) if !team.oncall.contains_key(rotation) => {
                        let hint = suggest::hint(rotation, team.oncall.keys().map(String::as_str));
                        let message = format!("team `{name}` has no rotation `{rotation}`");
                        self.error(definition, pointer, "unknown-reference", message).hint = hint;
                    }
                    Some(_) => {}
                    None => self.must_exist(definition, pointer, "Team", name),
                }
            }
            Whom::Person(person) => self.must_be_person(definition, pointer, person),
            Whom::Team(team) => self.must_exist(definition, pointer, "Team", team),
        }
    }

    fn must_be_person(&mut self, definition: &str, pointer: &str, person: &str) {
        let catalog = self.catalog;
        // A team with errors of its own may well have the person.
        if self.names("Team").len() > catalog.teams.len() {
            return;
        }
        let people: Vec<&str> =
            catalog.teams.values().flat_map(|team| team.people.keys().map(String::as_str)).collect();
        if !people.contains(&person) {
            let hint = suggest::hint(person, people);
            let message = format!("no team has a person called `{person}`");
            self.error(definition, pointer, "unknown-reference", message).hint = hint;
        }
    }
}
