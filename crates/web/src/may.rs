//! What of a page its visitor may press: asked by the very command that the form would become, so that no page knows of
//! itself who may what.

use andon_api::Problem;
use andon_vocabulary::Command;
use maud::{Markup, html};

use crate::visit::Visit;

impl Visit {
    /// Whether they may say this. What a person writes in the form changes nothing of that, and may be missing.
    pub fn may_say(&self, command: &Command) -> Result<(), Problem> {
        self.visitor.may_tell(command, &self.view)
    }
}

/// What can be pressed, for whoever may; for anybody else a button that cannot be, and tells why.
pub fn offer(may: Result<(), Problem>, label: &str, control: impl FnOnce() -> Markup) -> Markup {
    match may {
        Ok(()) => control(),
        Err(Problem { detail, hint, .. }) => {
            let why = hint.map_or(detail.clone(), |hint| format!("{detail}; {hint}"));
            html! { button.barred type="button" disabled title=(why) { (label) span.hidden { ": " (why) } } }
        }
    }
}

/// Those of several that they may. Err: none of them, and why.
pub fn those<T>(all: Vec<T>, may: impl Fn(&T) -> Result<(), Problem>) -> Result<Vec<T>, Problem> {
    let (mut allowed, mut refused) = (Vec::new(), None);
    for one in all {
        match may(&one) {
            Ok(()) => allowed.push(one),
            Err(problem) => refused = refused.or(Some(problem)),
        }
    }
    match refused {
        Some(problem) if allowed.is_empty() => Err(problem),
        _ => Ok(allowed),
    }
}
