//! What permits and forbids: all of it is in force, or none.

use std::collections::BTreeMap;

use andon_identity::Policies;

use crate::book::Book;
use crate::source::Findings;

/// What they say together. A text with a flaw of its own is a finding already and is not among them.
pub(super) fn read(texts: &BTreeMap<String, String>, book: &Book, findings: &mut Findings) -> Policies {
    Policies::read(texts).unwrap_or_else(|(name, flaw)| {
        let spot = book.definitions[&format!("Policy/{name}")].spot("/spec/cedar");
        findings.error("cedar", spot, flaw.message).hint = flaw.hint;
        Policies::default()
    })
}
