//! What a run would change, exactly, before anything is touched: what a person approves, and `andon preview` prints.

use andon_definitions::{Act, Does, Step};
use andon_vocabulary::{Action, Preview, PreviewStep};

use super::conditions::Scope;
use super::run::Run;
use super::{action, guard};

/// How far a preview looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Up to the next step that asks a person: an approval covers no more.
    NextApproval,
    WholeRun,
}

/// The changing steps from `first` on, each resolved as if those before it had worked. What depends on a measurement
/// that is still to come cannot be resolved yet: the preview ends there, and that step asks for itself.
pub(super) fn of(run: &Run, first: usize, reach: Reach, mut scope: Scope) -> Result<Preview, String> {
    let mut preview = Preview { runbook: run.name(), definition: run.hash.clone(), steps: Vec::new() };
    let mut done: Vec<Action> = run.touched.clone();
    for step in run.runbook.steps.iter().skip(first) {
        let act = match &step.does {
            Does::Act(act) if act.action.changes() => act,
            Does::Act(_) => continue,
            Does::Approve(_) if reach == Reach::NextApproval => break,
            Does::Approve(_) => continue,
        };
        if matches!(scope.allows(step.condition.as_ref()), Ok(Err(_))) {
            continue;
        }
        let resolved = match action::resolve(&step.id, act, &scope) {
            Ok(resolved) => resolved,
            Err(why) if preview.steps.is_empty() => return Err(format!("step {}: {why}", step.id)),
            Err(_) => break,
        };
        guard::blast(&run.runbook, &done, &resolved.action, &scope)
            .map_err(|why| format!("step {}: {why}", step.id))?;
        scope = action::after(&step.id, &resolved.action, &resolved.before, &scope);
        done.push(resolved.action.clone());
        preview.steps.push(shown(step, act, resolved));
    }
    Ok(preview)
}

fn shown(step: &Step, act: &Act, resolved: action::Resolved) -> PreviewStep {
    let rollback = resolved.rollback.map(|(action, _)| action);
    let if_not = match (&rollback, &act.irreversible) {
        (Some(rollback), _) => format!("{rollback}, and a person is paged"),
        (None, Some(why)) => format!("no way back ({}); a person is paged", why.trim()),
        (None, None) => "a person is paged".to_owned(),
    };
    let verify = act.verify.as_ref().map(|verify| {
        let held =
            if verify.held_for.is_zero() { String::new() } else { format!(" for {}", verify.held_for) };
        format!("{} {}{held}, within {}", verify.query.trim(), verify.bound, verify.within)
    });
    PreviewStep { step: step.id.as_str().into(), action: resolved.action, verify, rollback, if_not }
}
