//! Deciding every input of the journal again yields the same events, and folding them the same state.

use andon_cycle::State;

use crate::play::Play;

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    let (mut folded, mut decided) = (State::default(), State::default());
    for record in super::durable::records(play) {
        folded.apply(&record);
        let again = andon_cycle::turn(&mut decided, record.input.clone(), record.at);
        match again.record {
            Some(again) if again.events == record.events => {}
            again => {
                violations.push(format!(
                    "{}: decided again, {:?} brings {again:?}, not {:?}",
                    record.at, record.input, record.events
                ));
                return violations;
            }
        }
    }
    for (what, state) in [("folded", &folded), ("decided again", &decided)] {
        if !same(state, &play.state) {
            violations.push(format!("the journal {what} is not the state that was reached"));
        }
    }
    violations
}

fn same(a: &State, b: &State) -> bool {
    a.monitor == b.monitor && a.respond == b.respond && a.change == b.change && a.improve == b.improve
}
