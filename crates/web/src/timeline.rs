//! A timeline: oldest first, each entry told apart by a mark and a word.

use andon_api::Entry;
use andon_vocabulary::Timestamp;
use maud::{Markup, html};

use crate::prose::prose;
use crate::times::exact;
use crate::why;

/// `of`: what each entry is asked about, where it can be.
pub fn timeline(entries: &[Entry], of: Option<&str>, now: Timestamp) -> Markup {
    html! {
        ol.timeline {
            @for (index, entry) in entries.iter().enumerate() {
                // Entries of one record share its number: the first of them bears it.
                @let first = index == 0 || entries[index - 1].seq != entry.seq;
                li class={ (entry.kind) @if entry.routine { " routine" } } id=[first.then(|| format!("entry-{}", entry.seq))] {
                    span.head {
                        a.when href={ "#entry-" (entry.seq) } { (exact(entry.at, now)) }
                        span.kind { (entry.kind) }
                        @if let Some(of) = of.filter(|_| first && !entry.routine) { (why::link(of, Some(entry.at), "why?")) }
                    }
                    span.text { (prose(&entry.text, now)) }
                }
            }
        }
    }
}
