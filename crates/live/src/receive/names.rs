//! Names of metrics, each once in memory.

use std::collections::BTreeSet;

use andon_vocabulary::Name;

#[derive(Debug, Default)]
pub struct Names(BTreeSet<Name>);

impl Names {
    pub fn of(&mut self, name: &str) -> Name {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let new = Name::from(name);
        self.0.insert(new.clone());
        new
    }

    /// Forgets all but these.
    pub fn keep<'a>(&mut self, names: impl Iterator<Item = &'a Name>) {
        self.0 = names.cloned().collect();
    }
}
