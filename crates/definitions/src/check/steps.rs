//! Steps: one that changes something is verified, can be undone or says why not, and says what may follow when
//! nobody knows whether it happened.

use std::collections::BTreeMap;

use super::Check;
use crate::action::Action;
use crate::reference::Whom;
use crate::runbook::Runbook;
use crate::scalar::Arg;
use crate::service::Service;
use crate::step::{Act, Approve, Does, Repeat};
use crate::suggest;

impl Check<'_> {
    pub(super) fn steps(&mut self, definition: &str, runbook: &Runbook) {
        let mut seen = BTreeMap::new();
        for (at, step) in runbook.steps.iter().enumerate() {
            let pointer = format!("/spec/steps/{at}");
            if let Some(first) = seen.insert(step.id.as_str(), at) {
                let first = self.entry(definition).spot(&format!("/spec/steps/{first}/id"));
                let related = self.findings.related(first, "first here");
                let message = format!("two steps are called `{}`", step.id);
                self.error(definition, &format!("{pointer}/id"), "duplicate", message).relate(related);
            }
            match &step.does {
                Does::Approve(approve) => self.approve(definition, &pointer, runbook, approve),
                Does::Act(act) => self.act(definition, &pointer, runbook, act),
            }
        }
    }

    fn approve(&mut self, definition: &str, pointer: &str, runbook: &Runbook, approve: &Approve) {
        for whom in approve.from.iter() {
            self.must_be_somebody(definition, &format!("{pointer}/approve/from"), &runbook.owner, whom);
        }
        if approve.alone.is_some() && approve.not.is_none() {
            let message = "`alone` says what holds where the requester may not approve".to_owned();
            self.error(definition, &format!("{pointer}/approve/alone"), "conflict", message)
                .hint("add `not: requester`, or leave `alone` out");
        }
        if approve.alone.is_some_and(|alone| !alone.review) {
            let message = "who approves alone is always listed in the incident's review".to_owned();
            self.error(definition, &format!("{pointer}/approve/alone/review"), "conflict", message)
                .hint("write `true`, or leave `review` out");
        }
        // What belongs to a step that acts has no meaning beside `approve`.
        for key in ["retry", "repeat", "lookup", "verify", "rollback", "irreversible"] {
            let place = format!("{pointer}/{key}");
            if self.entry(definition).spots.contains_key(&place) {
                let message = format!("a step that asks has no `{key}`");
                self.error(definition, &place, "conflict", message).hint("move it to the step that acts");
            }
        }
    }

    fn act(&mut self, definition: &str, pointer: &str, runbook: &Runbook, act: &Act) {
        self.action(definition, pointer, runbook, &act.action);
        if let Some(rollback) = &act.rollback {
            self.action(definition, &format!("{pointer}/rollback"), runbook, rollback);
        }
        let uses = format!("{pointer}/uses");
        let name = act.action.name();
        if act.action.changes() {
            if act.verify.is_none() {
                let message = format!("`{name}` changes something and nothing verifies that it helped");
                self.error(definition, &uses, "unverified", message)
                    .hint("add `verify: { query: …, below: …, within: … }`");
            }
            match (&act.rollback, &act.irreversible) {
                (None, None) => {
                    let message = format!("`{name}` changes something and cannot be undone");
                    self.error(definition, &uses, "no-way-back", message)
                        .hint("add `rollback:`, or say why there is none with `irreversible:`");
                }
                (Some(_), Some(_)) => {
                    let message = "`rollback` and `irreversible` exclude each other".to_owned();
                    self.error(definition, &format!("{pointer}/irreversible"), "conflict", message);
                }
                _ => {}
            }
        }
        self.repeat(definition, pointer, act);
    }

    fn repeat(&mut self, definition: &str, pointer: &str, act: &Act) {
        let place = format!("{pointer}/repeat");
        let said = self.entry(definition).spots.contains_key(&place);
        let name = act.action.name();
        match act.action.repeat() {
            None if !said => {
                let message =
                    format!("`{name}` does not say what may follow when nobody knows whether it happened");
                self.error(definition, &format!("{pointer}/uses"), "no-repeat", message)
                    .hint("add `repeat:` harmless, with_key, after_lookup or ask_person");
            }
            Some(known) if said && known != act.repeat => {
                let message =
                    format!("`{name}` knows itself what may follow when nobody knows whether it happened");
                self.error(definition, &place, "conflict", message).hint("leave `repeat` out");
            }
            _ => {}
        }
        let looks_up_itself = act.action.repeat() == Some(Repeat::AfterLookup);
        let needs = act.repeat == Repeat::AfterLookup && !looks_up_itself && said;
        if needs && act.lookup.is_none() {
            let message = "`after_lookup` needs a `lookup` that says whether it happened".to_owned();
            self.error(definition, &place, "no-lookup", message)
                .hint("add `lookup: { promql: { query: …, equals: … } }` or `lookup: { http: { url: … } }`");
        }
        if act.lookup.is_some() && !needs {
            let message = "this `lookup` is never used".to_owned();
            self.error(definition, &format!("{pointer}/lookup"), "conflict", message)
                .hint("add `repeat: after_lookup`, or leave it out");
        }
    }

    fn action(&mut self, definition: &str, pointer: &str, runbook: &Runbook, action: &Action) {
        let service = match action {
            Action::Restart(restart) => &restart.service,
            Action::Scale(scale) => &scale.service,
            Action::Rollback(rollback) => &rollback.service,
            Action::Notify(notify) => {
                self.audience(definition, &format!("{pointer}/with/to"), runbook, &notify.to);
                return;
            }
            Action::Promql(_) | Action::Http(_) | Action::Process(_) => return,
        };
        if let Action::Scale(scale) = action
            && let (Some(Arg::Value(to)), Some(max)) = (&scale.to, scale.max)
            && *to > max
        {
            let message = format!("{to} instances are more than the most allowed, {max}");
            self.error(definition, &format!("{pointer}/with/to"), "conflict", message);
        }
        if service.contains("${{") {
            return;
        }
        let place = format!("{pointer}/with/service");
        self.must_exist(definition, &place, "Service", service);
        let found: Option<&Service> = self.catalog.services.get(&**service);
        if found.is_some_and(|service| service.platform.is_none()) {
            let message = format!("Andon does not run `{service}`, so it cannot change it");
            self.error(definition, &place, "no-target", message).hint("add `platform:` to the service");
        }
    }

    fn audience(&mut self, definition: &str, pointer: &str, runbook: &Runbook, to: &str) {
        if to == "incident" || self.catalog.instance.channels.contains_key(to) {
            return;
        }
        match Whom::parse(to) {
            Ok(whom) => self.must_be_somebody(definition, pointer, &runbook.owner, &whom),
            Err(message) => {
                let hint = suggest::hint(to, self.catalog.instance.channels.keys().map(String::as_str));
                self.error(definition, pointer, "unknown-reference", message).hint = hint;
            }
        }
    }
}
