//! People: whether each can be reached, and is one person.

use std::collections::BTreeMap;

use andon_identity::check_handle;

use super::Check;
use crate::book::escape;
use crate::instance::ChannelKind;
use crate::scalar::{SecretSource, Sensitive};
use crate::team::{Person, Team};

impl Check<'_> {
    /// A page goes to a handle, whatever team names it: it must mean the same person in each.
    pub(super) fn people(&mut self) {
        let mut known: BTreeMap<&str, (&str, &Person)> = BTreeMap::new();
        for (name, team) in &self.catalog.teams {
            for (handle, person) in &team.people {
                let Some((first, other)) = known.get(handle.as_str()) else {
                    known.insert(handle, (name, person));
                    continue;
                };
                let what = match (other.timezone == person.timezone, other.contact == person.contact) {
                    (true, true) => continue,
                    (false, true) => "another `timezone`",
                    (true, false) => "another `contact`",
                    (false, false) => "another `timezone` and `contact`",
                };
                let pointer = format!("/spec/people/{}", escape(handle));
                let spot = self.entry(&format!("Team/{first}")).spot(&pointer);
                let related = self.findings.related(spot, &format!("in team `{first}`"));
                let message = format!("`{handle}` has {what} in team `{first}`: one handle is one person");
                self.error(&format!("Team/{name}"), &pointer, "conflict", message)
                    .hint("write the same in both, or call one of them otherwise")
                    .relate(related);
            }
        }
    }

    /// They would be taken for one another, so only one of them is let in.
    pub(super) fn spellings(&mut self) {
        let mut known: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for (name, team) in &self.catalog.teams {
            for handle in team.people.keys() {
                let &mut (first, other) =
                    known.entry(handle.to_ascii_lowercase()).or_insert((name.as_str(), handle.as_str()));
                if other == handle {
                    continue;
                }
                let spot =
                    self.entry(&format!("Team/{first}")).spot(&format!("/spec/people/{}", escape(other)));
                let related = self.findings.related(spot, &format!("in team `{first}`"));
                let message = format!(
                    "`{handle}` and `{other}` differ in capitals alone: only one of them can have an account"
                );
                self.warning(
                    &format!("Team/{name}"),
                    &format!("/spec/people/{}", escape(handle)),
                    "conflict",
                    message,
                )
                .hint("one handle is one person: write it the same everywhere, or call one of them otherwise")
                .relate(related);
            }
        }
    }

    pub(super) fn contacts(&mut self, definition: &str, team: &Team) {
        for (person, contacts) in &team.people {
            let pointer = format!("/spec/people/{}", escape(person));
            if let Err(why) = check_handle(person) {
                let message = format!("no account can be called `{person}`: {why}");
                self.warning(definition, &pointer, "wrong-value", message)
                    .hint("call them otherwise, here and where they are named");
            }
            for (at, contact) in contacts.contact.iter().enumerate() {
                let pointer = format!("{pointer}/contact/{at}");
                self.must_be_channel(definition, &format!("{pointer}/channel"), &contact.channel);
                let Some(channel) = self.catalog.instance.channels.get(&contact.channel) else { continue };
                match (&channel.kind, &contact.to) {
                    (kind, None) => {
                        let Some(why) = kind.needs() else { continue };
                        let message = format!("`{person}` cannot be reached: {why}");
                        self.error(definition, &pointer, "unreachable", message).hint("add `to:`");
                    }
                    (ChannelKind::Web {}, Some(_)) => {
                        let message = "the web page needs no address".to_owned();
                        self.error(definition, &format!("{pointer}/to"), "conflict", message)
                            .hint("leave `to` out");
                    }
                    (kind, Some(to)) => {
                        self.address(definition, &format!("{pointer}/to"), person, kind, to);
                    }
                }
            }
        }
    }

    fn address(&mut self, definition: &str, pointer: &str, person: &str, kind: &ChannelKind, to: &Sensitive) {
        let SecretSource::Plain(written) = to.source() else { return };
        if let Some(why) = kind.refuses(written) {
            let message = format!("`{person}` cannot be reached: {why}");
            self.error(definition, pointer, "unreachable", message);
        }
        if matches!(kind, ChannelKind::Sms(_) | ChannelKind::Voice(_)) {
            let message = format!("the number of `{person}` stands in the files for all to read");
            self.warning(definition, pointer, "address-in-files", message)
                .hint(format!("write `to: secret:file/phones/{person}`, and the number there"));
        }
    }
}
