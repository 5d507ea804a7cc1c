//! Whether what a scenario expects was seen, and if not: what was, when, and why.

mod words;

use andon_definitions::scenario::{
    AlertIs, ExpectCompared, ExpectIncident, ExpectOnCall, ExpectPage, ExpectReported, ExpectRoute,
    Expectation, IncidentIs, Never, Of, Outcome as RunEnds, ReviewIs,
};
use andon_definitions::{Catalog, Duty};
use andon_respond::comparison::{Book, Day, Reason, compare};
use andon_vocabulary::{
    AlertId, Event, ImproveEvent, Labels, MonitorEvent, NoticeKind, RespondEvent, RunOutcome, Timestamp,
};

use crate::play::{Seen, SeenWhat};
use words::describe_of;
pub use words::{describe, span};

/// What was found for one expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Met { at: Option<Timestamp> },
    Missed { expected: String, actual: String },
}

pub struct Trace<'a> {
    pub catalog: &'a Catalog,
    pub seen: &'a [Seen],
    /// What an incumbent did, beside what was decided here, at the end.
    pub beside: &'a Book,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Trace<'_> {
    pub fn check(&self, expectation: &Expectation) -> Found {
        let expected = describe(expectation);
        match expectation {
            Expectation::Never(never) => self.never(&never.never, expected),
            Expectation::Sent(sent) => {
                let times = self.times(|seen| is_sent(seen, &sent.sent));
                let actual = format!("it was sent {times} times");
                if times == sent.times as usize {
                    Found::Met { at: None }
                } else {
                    Found::Missed { expected, actual }
                }
            }
            Expectation::Alert(alert) => {
                let found = |seen: &Seen| self.is_alert(seen, &alert.alert, alert.is);
                self.within(expectation, alert.of.as_ref(), expected, &found)
            }
            Expectation::Page(page) => self.page(expectation, page, expected),
            Expectation::Run(run) => {
                let found = |seen: &Seen| {
                    matches!(&seen.what, SeenWhat::Event(Event::Respond(RespondEvent::RunFinished { runbook, outcome, .. }))
                        if **runbook == *run.run && ends(run.outcome, *outcome))
                };
                self.within(expectation, run.of.as_ref(), expected, &found)
            }
            Expectation::Incident(incident) => {
                let found = |seen: &Seen| self.is_incident(seen, incident);
                self.within(expectation, incident.of.as_ref(), expected, &found)
            }
            Expectation::Notified(notified) => {
                let found =
                    |seen: &Seen| self.is_notified(seen, &notified.notified, notified.alert.as_deref());
                let times = notified.times.map(|wanted| (wanted, self.times(found)));
                match times {
                    Some((wanted, seen)) if seen != wanted as usize => {
                        let actual = format!("{} was told {seen} times", notified.notified);
                        Found::Missed { expected, actual }
                    }
                    Some((0, _)) => Found::Met { at: None },
                    _ => self.within(expectation, notified.of.as_ref(), expected, &found),
                }
            }
            Expectation::Route(route) => self.route(route, expected),
            Expectation::OnCall(oncall) => self.on_call(oncall, expected),
            Expectation::Compared(compared) => self.compared(compared, expected),
            Expectation::Reported(reported) => self.reported(expectation, reported, expected),
            Expectation::Review(review) => {
                let ReviewIs::Drafted = review.review;
                let found = |seen: &Seen| {
                    matches!(&seen.what, SeenWhat::Event(Event::Improve(ImproveEvent::ReviewDrafted(_))))
                };
                self.within(expectation, review.of.as_ref(), expected, &found)
            }
        }
    }

    fn page(&self, expectation: &Expectation, page: &ExpectPage, expected: String) -> Found {
        let found = |seen: &Seen| self.is_page(seen, &page.page, page.via.as_deref());
        if let Some(times) = page.times {
            let seen = self.times(found);
            if seen != times as usize {
                return Found::Missed { expected, actual: format!("{} was paged {seen} times", page.page) };
            }
            if times == 0 {
                return Found::Met { at: None };
            }
        }
        self.within(expectation, page.of.as_ref(), expected, &found)
    }

    /// Every day of the scenario is looked at: a title may be of any of them.
    fn compared(&self, expect: &ExpectCompared, expected: String) -> Found {
        let mut others = Vec::new();
        let mut day = Day::containing(self.start, self.catalog);
        while day.from <= self.end {
            for row in compare(self.beside, self.catalog, &day, self.end).rows {
                if row.title != expect.compared {
                    continue;
                }
                let word = row.reason.as_ref().map(Reason::word);
                let is_so = row.verdict.word() == expect.is.word()
                    && expect.because.is_none_or(|because| word == Some(because.word()));
                if is_so {
                    return Found::Met { at: Some(row.at) };
                }
                others.push(format!("{} ({})", row.verdict, row.why));
            }
            day = Day::containing(day.until, self.catalog);
        }
        let actual = match others.is_empty() {
            true => format!("neither paged anybody for {:?}", expect.compared),
            false => others.join("; "),
        };
        Found::Missed { expected, actual }
    }

    fn reported(&self, expectation: &Expectation, expect: &ExpectReported, expected: String) -> Found {
        let of_day = |seen: &Seen| match &seen.what {
            SeenWhat::Event(Event::Respond(RespondEvent::ShadowReported { day, counts, .. }))
                if *day == expect.reported.0 =>
            {
                Some(counts.clone())
            }
            _ => None,
        };
        if let Some(counts) = self.seen.iter().find_map(of_day) {
            let pairs = [
                (expect.same, counts.same),
                (expect.different, counts.different),
                (expect.unknown, counts.unknown),
                (expect.only_incumbent, counts.only_incumbent),
                (expect.only_andon, counts.only_andon),
            ];
            if pairs.iter().any(|(wanted, count)| wanted.is_some_and(|wanted| wanted != *count)) {
                return Found::Missed { expected, actual: counts.to_string() };
            }
        }
        self.within(expectation, None, expected, &|seen| of_day(seen).is_some())
    }

    /// What the files say, whatever is played.
    fn route(&self, expect: &ExpectRoute, expected: String) -> Found {
        let Some(alertmanager) = &self.catalog.alertmanager else {
            return Found::Missed { expected, actual: "there are no routes".to_owned() };
        };
        let ends = alertmanager.route.matching(&Labels::new(&expect.route));
        let receivers: Vec<&str> = ends.iter().map(|route| route.receiver.as_str()).collect();
        if receivers == expect.receivers {
            return Found::Met { at: None };
        }
        Found::Missed { expected, actual: format!("it is sent to {}", receivers.join(", ")) }
    }

    fn on_call(&self, expect: &ExpectOnCall, expected: String) -> Found {
        let at = expect.at.as_ref().and_then(|at| at.timestamp()).unwrap_or(self.start);
        let rotation = expect.oncall.split_once('/');
        let team = rotation.and_then(|(team, _)| self.catalog.teams.get(team));
        let shift = team.zip(rotation).and_then(|(team, (_, name))| Duty::of_files().shift(team, name, at));
        let is = shift.as_ref().map_or("nobody", |shift| &shift.person);
        if is == expect.is {
            return Found::Met { at: None };
        }
        let until =
            shift.as_ref().map_or_else(String::new, |shift| format!(", until {}", shift.until.second()));
        Found::Missed { expected, actual: format!("it was {is}{until}") }
    }

    /// A notification counts when a provider took it.
    fn is_notified(&self, seen: &Seen, receiver: &str, alert: Option<&str>) -> bool {
        let SeenWhat::Event(Event::Respond(RespondEvent::NotificationSent { intent, receiver: of, .. })) =
            &seen.what
        else {
            return false;
        };
        let tells_of = |name: &str| {
            self.seen.iter().any(|owed| match &owed.what {
                SeenWhat::Event(Event::Respond(RespondEvent::NotificationOwed(owed))) => {
                    owed.intent == *intent && owed.firing.iter().any(|alert| self.is_named(*alert, name))
                }
                _ => false,
            })
        };
        **of == *receiver && alert.is_none_or(tells_of)
    }

    /// The first that is found at or after the anchor, if it is in time.
    fn within(
        &self,
        expectation: &Expectation,
        of: Option<&Of>,
        expected: String,
        found: &dyn Fn(&Seen) -> bool,
    ) -> Found {
        let anchor = match of {
            None => self.start,
            Some(of) => match self.anchor(of) {
                Some(at) => at,
                None => {
                    return Found::Missed { expected, actual: format!("{} never happened", describe_of(of)) };
                }
            },
        };
        let first = self.seen.iter().find(|seen| seen.at >= anchor && found(seen));
        let deadline = expectation.within().map(|within| anchor + *within);
        match (first, deadline) {
            (Some(seen), Some(deadline)) if seen.at > deadline => Found::Missed {
                expected,
                actual: format!(
                    "it came at {}, {} late",
                    self.offset(seen.at),
                    span(seen.at.since(deadline))
                ),
            },
            (Some(seen), _) => Found::Met { at: Some(seen.at) },
            (None, _) => {
                Found::Missed { expected, actual: format!("it did not, until {}", self.offset(self.end)) }
            }
        }
    }

    fn never(&self, never: &Never, expected: String) -> Found {
        let seen = self.seen.iter().find(|seen| match never {
            Never::Page(person) => self.is_page(seen, person, None),
            Never::Alert(alert) => self.is_alert(seen, alert, AlertIs::Firing),
            Never::Resolved(alert) => self.is_alert(seen, alert, AlertIs::Resolved),
            Never::Run(runbook) => is_run_started(seen, runbook),
            Never::Sent(step) => is_sent(seen, step),
            Never::Incident(service) => is_opened(seen, service),
            Never::Notified(receiver) => self.is_notified(seen, receiver, None),
        });
        match seen {
            None => Found::Met { at: None },
            Some(seen) => {
                let what = match &seen.what {
                    SeenWhat::Event(event) => andon_cycle::words::say(event),
                    SeenWhat::Sent(order) => format!("asked to {}", order.action),
                    other => format!("{other:?}"),
                };
                Found::Missed { expected, actual: format!("at {}: {what}", self.offset(seen.at)) }
            }
        }
    }

    fn anchor(&self, of: &Of) -> Option<Timestamp> {
        let is = |seen: &&Seen| match of {
            Of::Alert(alert) => self.is_alert(seen, alert, AlertIs::Firing),
            Of::Page(person) => self.is_page(seen, person, None),
            Of::Run(runbook) => is_run_started(seen, runbook),
            Of::Sent(step) => is_sent(seen, step),
            Of::Incident(service) => is_opened(seen, service),
            Of::Notified(receiver) => self.is_notified(seen, receiver, None),
        };
        self.seen.iter().find(is).map(|seen| seen.at)
    }

    fn times(&self, is: impl Fn(&Seen) -> bool) -> usize {
        self.seen.iter().filter(|seen| is(seen)).count()
    }

    /// A page counts when a provider took it.
    fn is_page(&self, seen: &Seen, person: &str, via: Option<&str>) -> bool {
        let SeenWhat::Event(Event::Respond(RespondEvent::NoticeSent { intent, .. })) = &seen.what else {
            return false;
        };
        self.seen.iter().any(|owed| match &owed.what {
            SeenWhat::Event(Event::Respond(RespondEvent::NoticeOwed { intent: of, delivery, .. })) => {
                of == intent
                    && delivery.kind == NoticeKind::Page
                    && *delivery.person == *person
                    && via.is_none_or(|via| via == &*delivery.channel)
            }
            _ => false,
        })
    }

    fn is_alert(&self, seen: &Seen, name: &str, is: AlertIs) -> bool {
        let SeenWhat::Event(Event::Monitor(event)) = &seen.what else { return false };
        let named = |labels: &Labels| labels.get("alertname") == Some(name);
        match (event, is) {
            (MonitorEvent::AlertPending { labels, .. }, AlertIs::Pending) => named(labels),
            (MonitorEvent::AlertFired(fired), AlertIs::Firing) => named(&fired.labels),
            (MonitorEvent::AlertLost { alert, .. }, AlertIs::Lost)
            | (MonitorEvent::AlertResolved { alert, .. }, AlertIs::Resolved) => self.is_named(*alert, name),
            (MonitorEvent::AlertFired(fired), AlertIs::Suppressed) => {
                !fired.suppressed.is_empty() && named(&fired.labels)
            }
            (MonitorEvent::AlertsSuppressed { alerts, .. }, AlertIs::Suppressed)
            | (MonitorEvent::AlertsReleased { alerts, .. }, AlertIs::Released) => {
                alerts.iter().any(|alert| self.is_named(*alert, name))
            }
            _ => false,
        }
    }

    /// One that fired at some time.
    fn is_named(&self, alert: AlertId, name: &str) -> bool {
        self.seen.iter().any(|seen| match &seen.what {
            SeenWhat::Event(Event::Monitor(MonitorEvent::AlertFired(fired))) => {
                fired.alert == alert && fired.labels.get("alertname") == Some(name)
            }
            _ => false,
        })
    }

    fn is_incident(&self, seen: &Seen, expect: &ExpectIncident) -> bool {
        let SeenWhat::Event(Event::Respond(event)) = &seen.what else { return false };
        let id = match (event, expect.is) {
            (RespondEvent::IncidentOpened { incident, .. }, IncidentIs::Open)
            | (RespondEvent::Acknowledged { incident, .. }, IncidentIs::Acknowledged)
            | (RespondEvent::IncidentReopened { incident, .. }, IncidentIs::Reopened)
            | (RespondEvent::IncidentResolved { incident, .. }, IncidentIs::Resolved) => *incident,
            _ => return false,
        };
        let of_service = self.seen.iter().any(|other| match &other.what {
            SeenWhat::Event(Event::Respond(RespondEvent::IncidentOpened { incident, service, .. })) => {
                *incident == id && **service == *expect.incident
            }
            _ => false,
        });
        of_service && expect.suspects.iter().all(|suspect| self.is_suspected(id, suspect, seen.at))
    }

    fn is_suspected(&self, id: andon_vocabulary::IncidentId, suspect: &str, by: Timestamp) -> bool {
        self.seen.iter().take_while(|seen| seen.at <= by).any(|seen| match &seen.what {
            SeenWhat::Event(Event::Change(andon_vocabulary::ChangeEvent::ChangeSuspected {
                incident,
                what,
                ..
            })) => *incident == id && what.to_string() == suspect,
            _ => false,
        })
    }

    /// `+5m` after the start, for people.
    pub fn offset(&self, at: Timestamp) -> String {
        format!("+{}", span(at.since(self.start)))
    }
}

fn ends(expected: RunEnds, actual: RunOutcome) -> bool {
    match expected {
        RunEnds::Verified => actual == RunOutcome::Verified,
        RunEnds::Succeeded => actual == RunOutcome::Done,
        RunEnds::RolledBack => actual == RunOutcome::RolledBack,
        RunEnds::Failed => actual == RunOutcome::Failed,
        RunEnds::Rejected => actual == RunOutcome::Rejected,
        RunEnds::Expired => actual == RunOutcome::Expired,
        RunEnds::Stopped => actual == RunOutcome::Stopped,
        RunEnds::Skipped => actual == RunOutcome::Aborted,
    }
}

fn is_sent(seen: &Seen, step: &str) -> bool {
    matches!(&seen.what, SeenWhat::Sent(order) if *order.step == *step)
}

fn is_run_started(seen: &Seen, name: &str) -> bool {
    matches!(&seen.what, SeenWhat::Event(Event::Respond(RespondEvent::RunStarted(run))) if *run.runbook == *name)
}

fn is_opened(seen: &Seen, name: &str) -> bool {
    matches!(&seen.what, SeenWhat::Event(Event::Respond(RespondEvent::IncidentOpened { service, .. })) if **service == *name)
}
