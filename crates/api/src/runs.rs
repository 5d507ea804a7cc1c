//! A run, step by step, in the words that people and programs read.

use andon_definitions::{Does, Step};
use andon_respond::Run;
use andon_respond::runs::{Doing, Phase, StepOutcome};
use andon_vocabulary::Purpose;

/// One step of a run as it stands.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StepLine {
    pub id: String,
    /// As written after `uses`, or `approve`.
    pub uses: &'static str,
    /// waiting, at work, done, failed, skipped, or what it waits for.
    pub state: &'static str,
    /// What it measured, or how it stands, where there is more to say.
    pub detail: Option<String>,
}

/// Where a run as a whole stands: queued, running, waiting for approval …, or its outcome. `halted`: no automation goes
/// on, but for what was asked already.
pub fn phase_words(run: &Run, halted: bool) -> String {
    match &run.phase {
        Phase::Queued { behind: Some(other) } => format!("waits for {other}"),
        Phase::Queued { .. } | Phase::Between { .. } if halted => HALTED.to_owned(),
        Phase::Queued { behind: None } => "about to begin".to_owned(),
        Phase::Between { .. } => "running".to_owned(),
        Phase::At { doing, .. } => at_work(doing, halted).0.to_owned(),
        Phase::Finished { ending, .. } => ending.outcome.to_string(),
    }
}

/// `halted` as for [`phase_words`].
pub fn steps(run: &Run, halted: bool) -> Vec<StepLine> {
    let line = |(index, step): (usize, &Step)| {
        let (state, detail) = match (&run.phase, run.steps.get(step.id.as_str())) {
            (Phase::At { step: at, doing }, _) if *at == index => at_work(doing, halted),
            (_, Some(record)) => {
                let state = match record.outcome {
                    StepOutcome::Success => "done",
                    StepOutcome::Failure => "failed",
                    StepOutcome::Skipped => "skipped",
                };
                (state, record.value.map(|value| format!("measured {value}")))
            }
            (Phase::Finished { .. }, None) => ("not reached", None),
            _ => ("waiting", None),
        };
        StepLine { id: step.id.clone(), uses: uses(step), state, detail }
    };
    run.runbook.steps.iter().enumerate().map(line).collect()
}

fn uses(step: &Step) -> &'static str {
    match &step.does {
        Does::Approve(_) => "approve",
        Does::Act(act) => act.action.name(),
    }
}

const HALTED: &str = "halted";

fn at_work(doing: &Doing, halted: bool) -> (&'static str, Option<String>) {
    let (state, detail) = doing_words(doing);
    if halted && state == AT_WORK && !matches!(doing, Doing::InFlight(_)) {
        return (HALTED, Some("goes on once automation is released".to_owned()));
    }
    (state, detail)
}

const AT_WORK: &str = "at work";

fn doing_words(doing: &Doing) -> (&'static str, Option<String>) {
    match doing {
        Doing::Began { .. } | Doing::Measured { .. } | Doing::Notified | Doing::Carried { .. } => {
            (AT_WORK, None)
        }
        Doing::Asking(ask) => ("needs approval", Some(format!("asked {}", ask.from.join(", ")))),
        Doing::AskingNext { .. } => {
            ("needs approval", Some("nobody decided in time; others are asked".to_owned()))
        }
        Doing::Approved { who } => ("approved", Some(format!("by {}", who.person))),
        Doing::InFlight(attempt) => match attempt.purpose {
            Purpose::Act => (AT_WORK, Some(format!("asked to {}", attempt.order.action))),
            Purpose::RollBack => ("taking back", Some(format!("asked to {}", attempt.order.action))),
        },
        Doing::Unknown { why, .. } => ("outcome unknown", Some(why.to_string())),
        Doing::LookingUp { .. } => ("outcome unknown", Some("looking whether it happened".to_owned())),
        Doing::Unanswered { why, .. } => ("outcome unknown", Some(why.clone())),
        Doing::AskingPerson { question, .. } => ("needs an answer", Some(question.clone())),
        Doing::Again(_) => (AT_WORK, Some("once more".to_owned())),
        Doing::Failed { error, .. } => ("failed", Some(error.clone())),
        Doing::Retrying { attempt, at } => {
            (AT_WORK, Some(format!("attempt {} at {}", attempt.number + 1, at.second())))
        }
        Doing::Verifying { until, .. } => {
            ("verifying", Some(format!("watching whether it helps, until {}", until.second())))
        }
        Doing::Unverified { why, .. } => ("did not help", Some(why.clone())),
    }
}
