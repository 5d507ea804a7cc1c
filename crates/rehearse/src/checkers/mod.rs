//! What must hold in every play, whatever happens: each rule in a file of its own.

mod durable;
mod fresh;
mod once;
mod paged;
mod replayed;
mod told;
mod warranted;

use crate::play::Play;

/// Every violation, in words. An empty list is the only good answer.
pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    violations.extend(durable::check(play));
    violations.extend(replayed::check(play));
    violations.extend(once::check(play));
    violations.extend(warranted::check(play));
    violations.extend(fresh::check(play));
    violations.extend(paged::check(play));
    violations.extend(told::check(play));
    violations
}
