//! Why an alert told people, or did not; why a person was paged, or was not: the whole path, with the reason at each
//! step and the line of the definitions that decided it.
//!
//! What was decided is quoted from the journal, in the words of the decision. What nobody had to decide yet is asked of
//! the very functions that the loop decides by, on the state as it was at that time.

mod alert;
mod delivery;
mod escalation;
mod incident;
mod past;
mod person;
mod question;
mod route;
mod step;
#[cfg(test)]
mod tests;

pub use past::Past;
pub use question::{Question, Unasked};
pub use step::{Sign, Stage, Step, Why};

/// Longer answers are not read; a narrower question finds the rest.
const ALERTS_MAX: usize = 5;

/// The answer. `past` reaches back to where the question looks from.
pub fn why(question: &Question, past: &Past<'_>) -> Why {
    let mut notes = past.notes();
    let (short, steps) = match question {
        Question::Incident(id) => (incident::short(past, *id), incident::steps(past, *id)),
        Question::Person(person) => (person::short(past, person), person::steps(past, person)),
        Question::Alerts { matchers, .. } => {
            let mut found = alert::matching(past, matchers);
            if found.len() > ALERTS_MAX {
                notes.push(format!("{} alerts match; these are the newest {ALERTS_MAX}", found.len()));
                found.truncate(ALERTS_MAX);
            }
            let steps = match found.is_empty() {
                true => alert::silent(past, matchers),
                false => found.iter().map(|id| alert::step(past, *id)).collect(),
            };
            (alert::short(past, &found), steps)
        }
        Question::Alert(id) => (alert::short(past, &[*id]), vec![alert::step(past, *id)]),
    };
    Why { of: question.to_string(), at: past.at, since: past.since, short, steps, notes }
}
