//! Incidents and runs that have left the state: folded anew from the records that name them.

use andon_cycle::State;
use andon_vocabulary::{Event, IncidentId, Record, RespondEvent, RunId};

use crate::port::History;

/// More records than any incident has; a longer one is shown as far as this.
const RECORDS_MAX: usize = 20_000;

/// The state of a closed incident just before it was closed: the incident itself and its runs, nothing else that can
/// be relied on. None: no record names it.
pub fn incident_at_its_end(history: &dyn History, id: IncidentId) -> Result<Option<State>, String> {
    let records = history.about(&id.to_string(), RECORDS_MAX)?;
    let state = fold(
        &records,
        |event| matches!(event, Event::Respond(RespondEvent::IncidentClosed { incident }) if *incident == id),
    );
    Ok(state.respond.incidents.get(id).is_some().then_some(state))
}

/// The same for a run of a closed incident, or of none.
pub fn run_at_its_end(history: &dyn History, id: RunId) -> Result<Option<State>, String> {
    let records = history.about(&id.to_string(), RECORDS_MAX)?;
    let state = fold(&records, |event| matches!(event, Event::Respond(RespondEvent::IncidentClosed { .. })));
    Ok(state.respond.runs.get(id).is_some().then_some(state))
}

fn fold(records: &[(u64, Record)], ends: impl Fn(&Event) -> bool) -> State {
    let mut state = State::default();
    for (_, record) in records.iter().take_while(|(_, record)| !record.events.iter().any(&ends)) {
        state.apply(record);
    }
    state
}
