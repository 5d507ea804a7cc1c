//! Why somebody was, or was not, paged: the journal folded up to that moment, and the reasons that stand in it.

use std::time::Duration;

use andon_definitions::{Team, oncall};
use andon_respond::{Incident, Phase, next_page};
use andon_vocabulary::{Event, NoticeKind, Record, RespondEvent, Timestamp};

use crate::State;
use crate::words;

/// What was said to a person this long before still explains their night.
const LOOKS_BACK: Duration = Duration::from_secs(12 * 3600);

/// Reasons in words, the standing ones first, then what was done in order of time. `records` is the whole journal.
pub fn why(records: &[Record], person: &str, at: Timestamp) -> Vec<String> {
    let mut state = State::default();
    let mut told = Vec::new();
    for record in records.iter().take_while(|record| record.at <= at) {
        state.apply(record);
        for event in &record.events {
            let Event::Respond(RespondEvent::NoticeOwed { delivery, .. }) = event else { continue };
            if *delivery.person == *person && record.at + LOOKS_BACK >= at {
                told.push(format!("{} {}", record.at.second(), words::say(event)));
            }
        }
    }
    let mut reasons = duty(&state, person, at);
    let incidents = state.respond.incidents.open.values();
    reasons.extend(
        incidents.filter(|incident| !incident.is_over()).map(|i| about(i, &state, records, person, at)),
    );
    if state.respond.incidents.open.values().all(Incident::is_over) {
        reasons.push(format!("no incident was going on at {}", at.second()));
    }
    if told.is_empty() {
        reasons.push(format!("nothing was sent to {person} in the 12 hours before"));
    }
    reasons.extend(told);
    reasons
}

/// On call or not, in each team that knows this person.
fn duty(state: &State, person: &str, at: Timestamp) -> Vec<String> {
    let mut duties = Vec::new();
    for (name, team) in state.catalog().teams.iter().filter(|(_, team)| team.people.contains_key(person)) {
        duties.extend(team.oncall.keys().map(|rotation| rotation_words(name, team, rotation, person, at)));
    }
    if duties.is_empty() {
        duties.push(format!("no rotation knew {person} then"));
    }
    duties
}

fn rotation_words(name: &str, team: &Team, rotation: &str, person: &str, at: Timestamp) -> String {
    match oncall::on_call(team, rotation, at) {
        Some(shift) if shift.person == person => {
            format!("{person} was on call in {name}/{rotation} until {}", shift.until.second())
        }
        Some(shift) => {
            format!(
                "{person} was not on call in {name}/{rotation}: {} was, until {}",
                shift.person,
                shift.until.second()
            )
        }
        None => format!("nobody was on call in {name}/{rotation}"),
    }
}

/// One incident that was going on: who had it, and when this person's turn would have come.
fn about(incident: &Incident, state: &State, records: &[Record], person: &str, at: Timestamp) -> String {
    let id = incident.id;
    let happened = || {
        let until = records.iter().take_while(|record| record.at <= at);
        until.flat_map(|record| record.events.iter().map(move |event| (record.at, event)))
    };
    let paged: Vec<String> = happened()
        .filter_map(|(when, event)| match event {
            Event::Respond(RespondEvent::NoticeOwed { delivery, why, .. })
                if delivery.incident == Some(id) && delivery.kind == NoticeKind::Page =>
            {
                Some(format!("{} at {} ({why})", delivery.person, when.second()))
            }
            _ => None,
        })
        .collect();
    let paged = if paged.is_empty() {
        "nobody was paged yet".to_owned()
    } else {
        format!("paged {}", paged.join(", "))
    };
    let next = match (&incident.phase, next_page(incident, state.catalog())) {
        (Phase::Acknowledged { by, at, expires }, _) => {
            format!(
                "{by} acknowledged at {}, which holds until {} without activity, so nobody else is paged",
                at.second(),
                expires.second()
            )
        }
        (_, Some(next)) if next.people.iter().any(|name| **name == *person) => {
            format!("the next step, at {}, pages {person} if nobody acknowledges", next.at.second())
        }
        (_, Some(next)) => {
            format!("the next step, at {}, pages {}", next.at.second(), next.people.join(", "))
        }
        (_, None) => "no further step of the escalation pages anybody".to_owned(),
    };
    let refused: String = happened()
        .filter_map(|(when, event)| match event {
            Event::Respond(RespondEvent::RunRefused { runbook, incident: Some(of), why }) if *of == id => {
                Some(format!("; runbook {runbook} was not launched at {}: {why}", when.second()))
            }
            _ => None,
        })
        .collect();
    format!("{id} {}: {paged}; {next}{refused}", incident.title)
}
