//! The queries that runs wait for, with the run's inputs and scope bound into them.

use andon_definitions::guardrails::Times;
use andon_definitions::scalar::Query;
use andon_definitions::{Action, Bound, Does};
use andon_vocabulary::{Labels, Name, Timestamp, WatchId, WatchKind};

use super::conditions::Scope;
use super::run::{Doing, Phase, Run};
use super::unknown;

/// The place under which a run's `stop_if` is watched; no step can be called so.
pub(super) const STOP_IF: &str = "guardrails.stop_if";

/// A query that the driver evaluates while it stands here.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    pub id: WatchId,
    /// PromQL: every `$name` is bound and the run's scope is among its matchers.
    pub query: String,
    /// Without one a query always holds.
    pub bound: Option<Bound>,
    /// Only samples newer than this count.
    pub since: Option<Timestamp>,
}

pub(super) fn of(run: &Run) -> Vec<Watch> {
    stop_if(run).into_iter().chain(step(run)).collect()
}

fn stop_if(run: &Run) -> Option<Watch> {
    if matches!(run.phase, Phase::Queued { .. }) && run.lock.is_some() {
        return None;
    }
    let stop_if = run.runbook.guardrails.stop_if.as_ref()?;
    let bound = match (stop_if.times, run.baseline) {
        (None, _) => Some(stop_if.bound),
        (Some(Times::Start), start) => start.map(|start| stop_if.bound.times(start.0)),
    };
    watch(run, STOP_IF.into(), WatchKind::StopIf, &stop_if.query, bound, None)
}

fn step(run: &Run) -> Option<Watch> {
    let (step, doing) = run.at()?;
    let name: Name = step.id.as_str().into();
    match (&step.does, doing) {
        (Does::Act(act), Doing::Began { .. }) => match &act.action {
            Action::Promql(promql) => watch(run, name, WatchKind::Measure, &promql.query, None, None),
            _ => None,
        },
        (Does::Act(act), Doing::Verifying { since, .. }) => {
            let verify = act.verify.as_ref()?;
            watch(run, name, WatchKind::Verify, &verify.query, Some(verify.bound), Some(*since))
        }
        (Does::Act(_), Doing::LookingUp { since, .. }) => {
            let lookup = unknown::lookup_query(run)?;
            watch(run, name, WatchKind::Measure, &lookup.query, Some(lookup.bound), Some(*since))
        }
        _ => None,
    }
}

fn watch(
    run: &Run,
    step: Name,
    what: WatchKind,
    query: &Query,
    bound: Option<Bound>,
    since: Option<Timestamp>,
) -> Option<Watch> {
    let query = self::query(run, query).ok()?;
    Some(Watch { id: WatchId { run: run.id, step, what }, query, bound, since })
}

/// A query as it is evaluated. A value becomes a literal or a matcher, never syntax.
pub(super) fn query(run: &Run, query: &Query) -> Result<String, String> {
    let bound =
        andon_promql::bind(query, &run.inputs).map_err(|error| format!("`{}`: {error}", query.trim()))?;
    let expr = andon_promql::parse(&bound.text).map_err(|error| format!("`{}`: {error}", query.trim()))?;
    let scope = Scope::pinned(run);
    let matchers = run.runbook.scope.iter().map(|(label, value)| Ok((label.as_str(), scope.text(value)?)));
    let matchers = matchers.collect::<Result<Vec<(&str, String)>, String>>()?;
    Ok(expr.with_matchers(&Labels::new(matchers)).to_string())
}
