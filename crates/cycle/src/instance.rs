//! This Andon itself: its definitions, its term, whether automation is halted, and which commands were answered.

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::{Catalog, SourceFile};
use andon_vocabulary::{
    Command, Deed, Event, GlassId, HaltedBy, Input, InstanceEvent, Receipt, Refusal, RefusalKind, Timestamp,
    Told,
};
use imbl::OrdMap;

use crate::glass::{self, Glass};

/// How long the answer to a command is remembered under its idempotency key.
const ANSWERED_FOR: Duration = Duration::from_secs(24 * 3600);
const ANSWERS_MAX: usize = 10_000;

#[derive(Clone, Debug, Default)]
pub struct Instance {
    pub term: u64,
    pub catalog: Arc<Catalog>,
    /// Findings of definitions on disk that are not in force.
    pub broken: Vec<String>,
    pub halt: Option<Halt>,
    /// Glass that was broken and that no admin has looked behind yet.
    pub glass: OrdMap<GlassId, Glass>,
    last_glass: u64,
    answers: OrdMap<String, Answered>,
}

/// What was answered under a key, and to what.
#[derive(Clone, Debug)]
struct Answered {
    at: Timestamp,
    receipt: Receipt,
    /// None until the command that it answers is seen, which stands in the same record.
    command: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    pub by: HaltedBy,
    pub reason: String,
    pub at: Timestamp,
}

impl Halt {
    /// A journal that was copied owes things that may have been done elsewhere: nobody is paged from it either.
    pub fn stops_paging(&self) -> bool {
        self.by == HaltedBy::JournalMoved
    }
}

impl Instance {
    /// What the same command was answered before. Another command under its key is refused: whoever sent it must not
    /// take the old answer for its own.
    pub(crate) fn answer(&self, told: &Told, now: Timestamp) -> Option<Result<&Receipt, Refusal>> {
        let known = self.answers.get(&told.key).filter(|known| known.at + ANSWERED_FOR > now)?;
        if known.command.is_some_and(|command| command != fingerprint(told)) {
            return Some(Err(Refusal {
                kind: RefusalKind::Invalid,
                what: format!("the key {:?} belongs to another command, which was carried out", told.key),
                hint: Some(
                    "make up a key for each command, and use it again only to repeat that one".to_owned(),
                ),
            }));
        }
        Some(Ok(&known.receipt))
    }

    /// What was answered under a key, and when, whatever was said under it.
    pub fn answered_under(&self, key: &str, now: Timestamp) -> Option<(Timestamp, &Receipt)> {
        let known = self.answers.get(key).filter(|known| known.at + ANSWERED_FOR > now)?;
        Some((known.at, &known.receipt))
    }

    /// The command of a record belongs to the answer in it.
    pub(crate) fn answered(&mut self, told: &Told) {
        if let Some(known) = self.answers.get_mut(&told.key) {
            known.command.get_or_insert_with(|| fingerprint(told));
        }
    }

    pub(crate) fn decide(&self, input: &Input, now: Timestamp) -> Result<Vec<Event>, Refusal> {
        match input {
            Input::Started(started) => {
                let mut events: Vec<Event> = vec![
                    InstanceEvent::Started {
                        term: started.term,
                        version: started.version.clone(),
                        address: started.address.clone(),
                    }
                    .into(),
                ];
                if started.moved && self.term > 0 {
                    let reason =
                        "this journal was copied or restored: what it owes may have been done elsewhere";
                    events.push(
                        InstanceEvent::Halted { by: HaltedBy::JournalMoved, reason: reason.into() }.into(),
                    );
                }
                Ok(events)
            }
            // The very definitions in force, after broken ones, are news too: what was broken is mended.
            Input::Catalog(texts) if texts.hash != self.catalog.hash || !self.broken.is_empty() => {
                let (hash, files) = (texts.hash.clone(), texts.files.clone());
                Ok(vec![InstanceEvent::CatalogChanged { hash, files }.into()])
            }
            Input::CatalogBroken { findings } if *findings != self.broken => {
                Ok(vec![InstanceEvent::CatalogBroken { findings: findings.clone() }.into()])
            }
            Input::Told(told) => self.on_told(told, now),
            Input::Access(access) => {
                let (who, deed) = (access.who.clone(), access.deed.clone());
                Ok(vec![InstanceEvent::Access { who, deed }.into()])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn on_told(&self, told: &Told, now: Timestamp) -> Result<Vec<Event>, Refusal> {
        let conflict = |what: &str, hint: &str| Refusal {
            kind: RefusalKind::Conflict,
            what: what.to_owned(),
            hint: Some(hint.to_owned()),
        };
        match (&told.command, &self.halt) {
            (Command::Halt { .. }, Some(_)) => {
                Err(conflict("automation is already halted", "`andon release` lets it go on"))
            }
            (Command::Halt { reason }, None) => {
                let by = HaltedBy::Person(told.who.person.clone());
                // Whoever pulls the brake in a hurry is not asked for words first.
                let reason =
                    if reason.trim().is_empty() { "no reason given".to_owned() } else { reason.clone() };
                Ok(vec![InstanceEvent::Halted { by, reason }.into()])
            }
            (Command::Release { .. }, None) => {
                Err(conflict("nothing is halted", "`andon halt` stops automation"))
            }
            (Command::Release { reason }, Some(_)) => {
                Ok(vec![InstanceEvent::Released { who: told.who.clone(), reason: reason.clone() }.into()])
            }
            (Command::BreakGlass { reason, minutes }, _) => {
                let next = GlassId(self.last_glass + 1);
                glass::broken(&self.glass, next, &self.catalog, told, reason, *minutes, now)
            }
            (Command::ReviewGlass { glass, note }, _) => glass::reviewed(&self.glass, *glass, told, note),
            _ => Ok(Vec::new()),
        }
    }

    pub(crate) fn apply(&mut self, event: &InstanceEvent, at: Timestamp) {
        match event {
            InstanceEvent::Started { term, .. } => self.term = *term,
            InstanceEvent::CatalogChanged { hash, files } => {
                let files: Vec<SourceFile> = files
                    .iter()
                    .map(|(path, text)| SourceFile { path: path.clone(), text: text.clone() })
                    .collect();
                // Only definitions without errors reach the journal; what an older version accepted still loads here
                // as far as it is understood.
                let (mut catalog, _) = andon_definitions::load(&files);
                catalog.hash.clone_from(hash);
                self.catalog = Arc::new(catalog);
                self.broken.clear();
            }
            InstanceEvent::CatalogBroken { findings } => self.broken.clone_from(findings),
            InstanceEvent::Halted { by, reason } => {
                self.halt = Some(Halt { by: by.clone(), reason: reason.clone(), at });
            }
            InstanceEvent::Released { .. } => self.halt = None,
            // Who may get in is not the loop's to keep: it only remembers that it was so. What somebody took by breaking
            // the glass ends with them, and does not come back.
            InstanceEvent::Access { deed: Deed::UserDisabled { user }, .. } => {
                let theirs = self.glass.iter().filter(|(_, glass)| glass.person == *user && glass.until > at);
                for id in theirs.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.glass[&id].until = at;
                }
            }
            InstanceEvent::Access { .. } => {}
            InstanceEvent::GlassBroken { glass, who, reason, until } => {
                self.last_glass = self.last_glass.max(glass.0);
                let (person, reason) = (who.person.clone(), reason.clone());
                self.glass.insert(*glass, Glass { person, reason, at, until: *until });
            }
            InstanceEvent::GlassReviewed { glass, .. } => {
                self.glass.remove(glass);
            }
            InstanceEvent::Answered { key, receipt } => {
                if self.answers.len() >= ANSWERS_MAX {
                    self.answers = self
                        .answers
                        .iter()
                        .filter(|(_, known)| known.at + ANSWERED_FOR > at)
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect();
                }
                self.answers.insert(key.clone(), Answered { at, receipt: receipt.clone(), command: None });
            }
        }
    }
}

/// Never written down, so that it may be another in the next version.
fn fingerprint(told: &Told) -> u64 {
    let said = serde_json::to_vec(&(&told.who.person, &told.command)).expect("a command is plain data");
    let mut hasher = DefaultHasher::new();
    hasher.write(&said);
    hasher.finish()
}
