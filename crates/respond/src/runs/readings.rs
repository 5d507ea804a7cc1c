//! What the watched queries say, and which run that moves.

use andon_definitions::Context;
use andon_definitions::guardrails::Times;
use andon_vocabulary::{Answer, Event, Reading, RespondEvent, RunOutcome, Says, WatchKind};

use super::known::Known;
use super::run::{Doing, Run};
use super::{step, unknown, verify, watches};

/// A reading that changes nothing by itself may still be the moment at which a deadline has passed.
pub(super) fn decide(known: Known, reading: &Reading, cx: &Context) -> Vec<Event> {
    let watch = &reading.watch;
    let Some(run) = known.get(watch.run).filter(|run| !run.is_finished()) else { return Vec::new() };
    let here = run.at().is_some_and(|(step, _)| *step.id == *watch.step);
    let event = match watch.what {
        WatchKind::StopIf => stop_if(run, &reading.says),
        WatchKind::Verify if here => verify::read(run, &reading.says, cx.now),
        WatchKind::Measure if here => measured(run, &reading.says),
        WatchKind::Verify | WatchKind::Measure => None,
    };
    match event {
        Some(event) => vec![event.into()],
        None => known.advance([run], cx),
    }
}

fn stop_if(run: &Run, says: &Says) -> Option<RespondEvent> {
    let stop_if = run.runbook.guardrails.stop_if.as_ref()?;
    let query = stop_if.query.trim();
    let seen = |says: &Says| RespondEvent::VerifyReading {
        run: run.id,
        step: watches::STOP_IF.into(),
        says: says.clone(),
    };
    let value = match says {
        Says::Holds { value } | Says::Fails { value } => *value,
        Says::NoData | Says::Error { .. } => return run.blind_since.is_none().then(|| seen(says)),
    };
    let bound = match (stop_if.times, run.baseline) {
        (Some(Times::Start), None) => return Some(RespondEvent::StopIfBaseline { run: run.id, value }),
        (Some(Times::Start), Some(start)) => stop_if.bound.times(start.0),
        (None, _) => stop_if.bound,
    };
    // What is not a number is no sign that all is well.
    let crossed = value.0.is_nan() || bound.holds(value.0);
    if crossed {
        let why = format!("stop_if: `{query}` is {value}, {bound}");
        return Some(step::finished(run, RunOutcome::Stopped, why));
    }
    run.blind_since.map(|_| seen(says))
}

fn measured(run: &Run, says: &Says) -> Option<RespondEvent> {
    let (step, doing) = run.at()?;
    let (id, name) = (run.id, step.id.as_str().into());
    match doing {
        Doing::Began { .. } => Some(RespondEvent::StepMeasured { run: id, step: name, says: says.clone() }),
        Doing::LookingUp { intent, .. } => {
            let lookup = unknown::lookup_query(run)?;
            let (query, bound) = (lookup.query.trim(), lookup.bound);
            let answer = match says {
                Says::Holds { value } => {
                    Answer::Happened { evidence: format!("`{query}` is {value}, {bound}") }
                }
                Says::Fails { value } => {
                    Answer::DidNotHappen { evidence: format!("`{query}` is {value}, not {bound}") }
                }
                // Samples newer than the order may still come.
                Says::NoData | Says::Error { .. } => return None,
            };
            Some(RespondEvent::LookedUp { run: id, step: name, intent: *intent, answer })
        }
        _ => None,
    }
}
