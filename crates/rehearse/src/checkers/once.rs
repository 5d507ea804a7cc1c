//! No order is sent again unless something said that it had not happened, or a person said to.

use std::collections::BTreeMap;

use andon_vocabulary::{Answer, Event, OrderResult, PersonAnswer, RespondEvent, RunId};

use crate::play::{Play, SeenWhat};

pub fn check(play: &Play) -> Vec<String> {
    let mut allowed: BTreeMap<(Option<RunId>, String), u32> = BTreeMap::new();
    let mut sent: BTreeMap<String, u32> = BTreeMap::new();
    let mut violations = Vec::new();
    for seen in &play.seen {
        match &seen.what {
            SeenWhat::Event(Event::Respond(event)) => {
                if let Some((run, step)) = permits(event) {
                    *allowed.entry((Some(run), step)).or_default() += 1;
                }
            }
            SeenWhat::Sent(order) => {
                let times = sent.entry(order.key.clone()).or_default();
                *times += 1;
                let again = allowed.get(&(order.run, order.step.to_string())).copied().unwrap_or(0);
                if *times > 1 + again {
                    violations.push(format!(
                        "{}: {} was sent {times} times under the key {}",
                        seen.at, order.action, order.key
                    ));
                }
            }
            _ => {}
        }
    }
    violations
}

/// What makes it right to send a step once more.
fn permits(event: &RespondEvent) -> Option<(RunId, String)> {
    match event {
        RespondEvent::LookedUp { run, step, answer: Answer::DidNotHappen { .. }, .. }
        | RespondEvent::PersonAnswered { run, step, answer: PersonAnswer::Repeat, .. }
        | RespondEvent::StepCarried {
            run,
            step,
            result: OrderResult::Failed { .. } | OrderResult::Refused { .. },
            ..
        } => Some((*run, step.to_string())),
        _ => None,
    }
}
