//! What followed in an outage, as what must follow in its scenario.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_definitions::Period;
use andon_vocabulary::{NoticeKind, RespondEvent, RunOutcome, Timestamp, What};

use super::Outage;
use super::scenario::quoted;

pub fn expectations(outage: &Outage) -> Vec<String> {
    let mut expect = Vec::new();
    let from_start = |at: Timestamp, slack: u64| within(at.since(outage.begin()), slack);
    let opening = outage.alerts().next();
    let alert = opening.and_then(|(_, fired)| fired.labels.get("alertname"));
    if let (Some((at, _)), Some(alert)) = (opening, alert) {
        expect.push(format!("alert: {alert}, is: firing, within: {}", from_start(at, 60)));
    }
    let first_page = outage.responses().find_map(|(_, event)| match event {
        RespondEvent::NoticeOwed { delivery, .. } if delivery.kind == NoticeKind::Page => {
            Some(&*delivery.person)
        }
        _ => None,
    });
    if let Some(person) = first_page {
        let of = alert.map_or_else(String::new, |alert| format!(", of: {{ alert: {alert} }}"));
        expect.push(format!("page: {person}, within: 10s{of}"));
    }
    let mut sent: Vec<&str> = Vec::new();
    for (at, event) in outage.responses() {
        match event {
            RespondEvent::RunFinished { runbook, outcome, .. } => {
                expect.extend(outcome_word(*outcome).map(|outcome| {
                    format!("run: {runbook}, outcome: {outcome}, within: {}", from_start(at, 120))
                }));
            }
            RespondEvent::StepIntended { order, .. } => sent.push(&order.step),
            _ => {}
        }
    }
    for step in sent.iter().collect::<BTreeSet<_>>() {
        let times = sent.iter().filter(|of| of == &step).count();
        expect.push(format!("sent: {step}, times: {times}"));
    }
    let resolved =
        outage.responses().find(|(_, event)| matches!(event, RespondEvent::IncidentResolved { .. }));
    let deploys = outage.suspects().filter(|(_, what)| matches!(what, What::Deploy { .. }));
    let suspects: BTreeSet<String> = deploys.map(|(_, what)| quoted(&what.to_string())).collect();
    let suspects = match suspects.len() {
        0 => String::new(),
        _ => format!(", suspects: [{}]", suspects.into_iter().collect::<Vec<_>>().join(", ")),
    };
    match resolved {
        Some((at, _)) => {
            let within = from_start(at, 300);
            expect.push(format!("incident: {}, is: resolved{suspects}, within: {within}", outage.service));
            expect.push(format!("review: drafted, within: {within}"));
        }
        None => expect.push(format!("incident: {}, is: open{suspects}", outage.service)),
    }
    expect
}

/// As scenarios say it; None for what they cannot ask for.
fn outcome_word(outcome: RunOutcome) -> Option<&'static str> {
    match outcome {
        RunOutcome::Verified => Some("verified"),
        RunOutcome::Done => Some("succeeded"),
        RunOutcome::RolledBack => Some("rolled_back"),
        RunOutcome::Failed => Some("failed"),
        RunOutcome::Rejected => Some("rejected"),
        RunOutcome::Expired => Some("expired"),
        RunOutcome::Stopped => Some("stopped"),
        RunOutcome::Aborted => None,
    }
}

/// With some patience, on a whole half minute.
fn within(span: Duration, slack_secs: u64) -> Period {
    Period::seconds((span.as_secs() + slack_secs).div_ceil(30) * 30)
}
