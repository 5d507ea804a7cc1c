//! Why somebody was told, or was not: the question as it is asked over HTTP, and what of the journal it is answered from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use andon_cycle::{Past, Question, State, Why};
use andon_vocabulary::{Record, Timestamp};

use crate::port::{History, Loop, View};
use crate::rewind::last_until;

/// Records that one answer is made from, at most.
pub(crate) const RECORDS_MAX: u64 = 50_000;
/// Of one incident.
const OF_INCIDENT_MAX: usize = 20_000;
const PAGE: usize = 1024;
/// An alert's own record is a moment before the time at which it is said to have begun.
const BEFORE: Duration = Duration::from_secs(60);

/// How far back a person's pages are looked at, where nobody says otherwise.
pub const WINDOW: Duration = Duration::from_secs(12 * 3600);
pub const WINDOW_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// What is asked, not yet looked at.
#[derive(Clone, Debug)]
pub struct Asked {
    pub of: String,
    /// None: now.
    pub at: Option<Timestamp>,
    pub window: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The question cannot be read.
    Unasked(String),
    /// The journal cannot.
    Unread(String),
}

impl From<String> for NoAnswer {
    fn from(why: String) -> NoAnswer {
        NoAnswer::Unread(why)
    }
}

/// Blocking. It costs a look at the state of that time, and reads the records since the question's beginning: of a
/// person the window, of an alert since it fires, of an incident its own; never more than [`RECORDS_MAX`].
pub fn why(shared: &dyn Loop, asked: &Asked) -> Result<Why, NoAnswer> {
    let history = shared.history();
    let now: View = shared.view();
    let at = asked.at.unwrap_or_else(|| shared.now());
    let state = if at >= now.at { now } else { history.state_at(at)? };
    let question = Question::parse(&asked.of, state.catalog()).map_err(|why| NoAnswer::Unasked(why.0))?;
    let since = since(&question, &state, at, asked.window.min(WINDOW_MAX));
    let mut records = BTreeMap::new();
    let mut left_out = 0;
    if !matches!(question, Question::Incident(_)) {
        let last = last_until(history, at)?;
        let first = last_until(history, since - Duration::from_millis(1))? + 1;
        let from = first.max((last + 1).saturating_sub(RECORDS_MAX));
        left_out = from - first;
        read(history, from, last, &mut records)?;
    }
    for incident in incidents(&question, &state) {
        records.extend(history.about(&incident, OF_INCIDENT_MAX)?);
    }
    let records: Vec<(u64, Record)> = records.into_iter().collect();
    Ok(andon_cycle::why(&question, &Past { state: &state, at, records: &records, since, left_out }))
}

pub(crate) fn read(
    history: &dyn History,
    from: u64,
    last: u64,
    records: &mut BTreeMap<u64, Record>,
) -> Result<(), String> {
    let mut next = from;
    while next <= last {
        let most = usize::try_from(last + 1 - next).unwrap_or(PAGE).min(PAGE);
        let page = history.read(next, most)?;
        let Some((seq, _)) = page.last() else { break };
        next = seq + 1;
        records.extend(page);
    }
    Ok(())
}

/// Since when the journal has something to say to it.
fn since(question: &Question, state: &State, at: Timestamp, window: Duration) -> Timestamp {
    let earliest = at - WINDOW_MAX;
    let begins = match question {
        Question::Person(_) => None,
        Question::Incident(id) => state.respond.incidents.get(*id).map(|incident| incident.opened_at),
        Question::Alert(id) => state.monitor.alerts.get(id).map(|alert| alert.since() - BEFORE),
        Question::Alerts { matchers, .. } => {
            let fits = |labels| matchers.iter().all(|matcher| matcher.matches(labels));
            let alerts = state.monitor.alerts.values().filter(|alert| fits(&alert.labels));
            alerts.map(|alert| alert.since() - BEFORE).min()
        }
    };
    match (question, begins) {
        (Question::Incident(_), begins) => begins.unwrap_or(earliest),
        (_, begins) => begins.unwrap_or(at).min(at - window).max(earliest),
    }
}

/// The incidents whose own records are read too, however old they are.
fn incidents(question: &Question, state: &State) -> Vec<String> {
    let of_alert = |id| state.respond.incidents.of_alert(id).map(|incident| incident.id.to_string());
    match question {
        Question::Incident(id) => vec![id.to_string()],
        Question::Alert(id) => of_alert(*id).into_iter().collect(),
        Question::Alerts { matchers, .. } => {
            let fits = |labels| matchers.iter().all(|matcher| matcher.matches(labels));
            let alerts = state.monitor.alerts.iter().filter(|(_, alert)| fits(&alert.labels));
            let mut found: Vec<String> = alerts.filter_map(|(id, _)| of_alert(*id)).collect();
            found.sort();
            found.dedup();
            found.truncate(20);
            found
        }
        Question::Person(_) => {
            let open = state.respond.incidents.open.values().filter(|incident| !incident.is_over());
            open.rev().take(20).map(|incident| incident.id.to_string()).collect()
        }
    }
}

/// The same, where blocking is allowed.
pub async fn ask(shared: Arc<dyn Loop>, asked: Asked) -> Result<Why, NoAnswer> {
    match tokio::task::spawn_blocking(move || why(&*shared, &asked)).await {
        Ok(answer) => answer,
        Err(error) => Err(NoAnswer::Unread(error.to_string())),
    }
}
