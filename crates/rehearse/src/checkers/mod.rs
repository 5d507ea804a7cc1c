//! What must hold in every play, whatever happens: each rule in a file of its own.

mod acknowledged;
mod course;
mod durable;
mod forgotten;
mod fresh;
mod once;
mod over;
mod paged;
mod reached;
mod replayed;
mod silenced;
mod standing;
mod told;
mod twice;
mod warranted;

use crate::play::Play;

/// A rule, by the name of its file.
type Checker = (&'static str, fn(&Play) -> Vec<String>);

const CHECKERS: [Checker; 13] = [
    ("durable", durable::check),
    ("replayed", replayed::check),
    ("once", once::check),
    ("warranted", warranted::check),
    ("fresh", fresh::check),
    ("paged", paged::check),
    ("reached", reached::check),
    ("silenced", silenced::check),
    ("acknowledged", acknowledged::check),
    ("told", told::check),
    ("twice", twice::check),
    ("over", over::check),
    ("forgotten", forgotten::check),
];

/// Every violation, in words, after the name of the rule. An empty list is the only good answer.
pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, check) in CHECKERS {
        violations.extend(check(play).into_iter().map(|words| format!("{name}: {words}")));
    }
    violations
}
