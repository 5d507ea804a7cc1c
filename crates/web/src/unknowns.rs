//! What a run did not know for a while, told as one sentence each: what was asked, what was found, what followed.

use andon_vocabulary::{Answer, Event, IncidentId, OrderResult, Record, RespondEvent, RunId, Timestamp};
use maud::{Markup, html};

use crate::layout::{banner, card};
use crate::prose::prose;
use crate::times::span;
use crate::visit::Visit;

/// What is said beside an incident's end, or a review of it, while what became of a step is unknown.
pub fn unsure(visit: &Visit, incident: IncidentId) -> Markup {
    html! {
        @for run in visit.view.respond.unsure(incident) {
            (banner("unsure", "warn", html! {
                h2 { "Nobody knows yet what became of a step of " a href={ "/runs/" (run.id) } { (run.id) } }
                p { "What it did, or did not do, may bring the incident back; the review is drafted anew once it is known." }
            }))
        }
    }
}

/// One outcome that was unknown.
struct Doubt {
    asked: String,
    asked_at: Timestamp,
    why: String,
    found: Option<String>,
    /// Whether the same step was intended again afterwards.
    repeated: bool,
}

/// Oldest first. Times stand in the journal's form.
pub fn unknowns(records: &[(u64, Record)], id: RunId) -> Vec<String> {
    let mut doubts: Vec<Doubt> = Vec::new();
    let mut asked: Option<(String, Timestamp)> = None;
    for (_, record) in records {
        for event in &record.events {
            let Event::Respond(event) = event else { continue };
            match event {
                RespondEvent::StepIntended { order, .. } if order.run == Some(id) => {
                    if let Some(doubt) =
                        doubts.last_mut().filter(|doubt| doubt.asked == order.action.to_string())
                    {
                        doubt.repeated = true;
                    }
                    asked = Some((order.action.to_string(), record.at));
                }
                RespondEvent::StepUnknown { run, why, .. } if *run == id => {
                    if let Some((asked, asked_at)) = asked.clone() {
                        doubts.push(Doubt {
                            asked,
                            asked_at,
                            why: why.to_string(),
                            found: None,
                            repeated: false,
                        });
                    }
                }
                RespondEvent::LookedUp { run, answer, .. } if *run == id => {
                    let after = |doubt: &Doubt| span(record.at.since(doubt.asked_at));
                    if let Some(doubt) = doubts.last_mut() {
                        doubt.found = Some(match answer {
                            Answer::Happened { evidence } => {
                                format!("{} later: it did: {evidence}", after(doubt))
                            }
                            Answer::DidNotHappen { evidence } => {
                                format!("{} later: it did not: {evidence}", after(doubt))
                            }
                            Answer::CannotTell { why } => format!("nobody can tell: {why}"),
                        });
                    }
                }
                RespondEvent::StepCarried { run, result: OrderResult::Done { detail }, .. } if *run == id => {
                    if let Some(doubt) = doubts.last_mut().filter(|doubt| doubt.found.is_none()) {
                        doubt.found = Some(format!("the answer came late: {detail}"));
                    }
                }
                _ => {}
            }
        }
    }
    doubts.iter().map(Doubt::sentence).collect()
}

/// These sentences, where a person looks first.
pub fn doubts(sentences: &[String], now: Timestamp) -> Markup {
    let said = html! { @for sentence in sentences { p { (prose(sentence, now)) } } };
    card("doubts", "What was not known", None, said)
}

impl Doubt {
    fn sentence(&self) -> String {
        let Doubt { asked, asked_at, why, found, repeated } = self;
        let end = match (found, repeated) {
            (Some(found), true) => format!("{found}; asked again"),
            (Some(found), false) => format!("{found}; not repeated"),
            (None, _) => "looking …".to_owned(),
        };
        format!("asked to {asked} at {asked_at} , don't know whether it happened ({why}); {end}")
            .replace(" ,", ",")
    }
}
