//! What a scenario expects, in sentences.

use andon_definitions::scenario::{AlertIs, Expectation, IncidentIs, Never, Of, Outcome as RunEnds};
use andon_vocabulary::Labels;

/// `5m`, `1m30s`, `250ms`.
pub fn span(span: std::time::Duration) -> String {
    andon_definitions::Period(span).to_string()
}

/// An expectation as a sentence.
pub fn describe(expectation: &Expectation) -> String {
    let within = expectation.within().map_or_else(String::new, |within| format!(" within {within}"));
    let of = |of: &Option<Of>| of.as_ref().map_or_else(String::new, |of| format!(" of {}", describe_of(of)));
    match expectation {
        Expectation::Alert(e) => {
            let is = match e.is {
                AlertIs::Pending => "pending",
                AlertIs::Firing => "firing",
                AlertIs::Lost => "lost",
                AlertIs::Resolved => "resolved",
                AlertIs::Suppressed => "suppressed",
                AlertIs::Released => "released",
            };
            format!("alert {} is {is}{within}{}", e.alert, of(&e.of))
        }
        Expectation::Page(e) => {
            let via = e.via.as_ref().map_or_else(String::new, |via| format!(" via {via}"));
            let times = e.times.map_or_else(String::new, |times| format!(" exactly {times} times"));
            format!("{} is paged{via}{times}{within}{}", e.page, of(&e.of))
        }
        Expectation::Never(e) => match &e.never {
            Never::Page(person) => format!("{person} is never paged"),
            Never::Alert(alert) => format!("alert {alert} never fires"),
            Never::Resolved(alert) => format!("alert {alert} is never resolved"),
            Never::Run(runbook) => format!("runbook {runbook} never runs"),
            Never::Sent(step) => format!("step {step} is never sent"),
            Never::Incident(service) => format!("no incident of {service} is opened"),
            Never::Notified(receiver) => format!("{receiver} is never told anything"),
        },
        Expectation::Run(e) => {
            format!("the run of {} ends {}{within}{}", e.run, outcome_word(e.outcome), of(&e.of))
        }
        Expectation::Sent(e) => format!("step {} is sent exactly {} times", e.sent, e.times),
        Expectation::Incident(e) => {
            let suspects: Vec<&str> = e.suspects.iter().map(String::as_str).collect();
            let suspects = if suspects.is_empty() {
                String::new()
            } else {
                format!(" suspecting {}", suspects.join(", "))
            };
            let is = match e.is {
                IncidentIs::Open => "open",
                IncidentIs::Acknowledged => "acknowledged",
                IncidentIs::Resolved => "resolved",
                IncidentIs::Reopened => "reopened",
            };
            format!("the incident of {} is {is}{suspects}{within}{}", e.incident, of(&e.of))
        }
        Expectation::Review(e) => format!("a review is drafted{within}{}", of(&e.of)),
        Expectation::Notified(e) => {
            let alert = e.alert.as_ref().map_or_else(String::new, |alert| format!(" of {alert}"));
            let times = e.times.map_or_else(String::new, |times| format!(" exactly {times} times"));
            format!("{} is told{alert}{times}{within}{}", e.notified, of(&e.of))
        }
        Expectation::Route(e) => {
            format!("an alert with {} is sent to {}", Labels::new(&e.route), e.receivers.join(", "))
        }
        Expectation::Compared(e) => {
            let because = e.because.map_or_else(String::new, |why| format!(" because of {}", why.word()));
            format!("{:?} compares as {}{because}", e.compared, e.is.word())
        }
        Expectation::Reported(e) => {
            let counts = [
                ("same", e.same),
                ("different", e.different),
                ("unknown", e.unknown),
                ("only_incumbent", e.only_incumbent),
                ("only_andon", e.only_andon),
            ];
            let counts = counts.iter().filter_map(|(word, count)| Some(format!(" {word} {}", (*count)?)));
            format!("the day {} is reported{within}:{}", e.reported.0, counts.collect::<String>())
        }
        Expectation::OnCall(e) => {
            let at = e.at.as_ref().map_or_else(String::new, |at| format!(" at {}", at.0));
            format!("{} has {}{at}", e.is, e.oncall)
        }
    }
}

fn outcome_word(outcome: RunEnds) -> &'static str {
    match outcome {
        RunEnds::Verified => "verified",
        RunEnds::Succeeded => "succeeded",
        RunEnds::RolledBack => "rolled back",
        RunEnds::Failed => "failed",
        RunEnds::Rejected => "rejected",
        RunEnds::Expired => "expired",
        RunEnds::Stopped => "stopped",
        RunEnds::Skipped => "skipped",
    }
}

pub(super) fn describe_of(of: &Of) -> String {
    match of {
        Of::Alert(alert) => format!("alert {alert} firing"),
        Of::Page(person) => format!("the page to {person}"),
        Of::Run(runbook) => format!("the start of {runbook}"),
        Of::Sent(step) => format!("the sending of {step}"),
        Of::Incident(service) => format!("the incident of {service}"),
        Of::Notified(receiver) => format!("the notification of {receiver}"),
    }
}
