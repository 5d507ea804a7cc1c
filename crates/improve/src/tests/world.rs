//! The world of the tests: events and commands in, what was decided out, as text.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::{Catalog, Context, Duty};
use andon_vocabulary::*;
use expect_test::Expect;

use crate::State;

/// What happens, and how many seconds after the start.
pub enum Step {
    Told(u64, Command),
    /// An event of another stage.
    Seen(u64, Event),
}

pub fn check(steps: Vec<Step>, expected: Expect) {
    let mut catalog = Catalog::default();
    let team = serde_json::json!({ "people": { "ana": { "timezone": "Europe/Madrid", "contact": [{ "channel": "web" }] } } });
    let team = serde_json::from_value(team).expect("a team");
    catalog.teams.insert("payments".to_owned(), team);
    let mut state = State::default();
    let mut lines = String::new();
    for step in steps {
        let (Step::Told(seconds, _) | Step::Seen(seconds, _)) = step;
        let cx = Context {
            catalog: &catalog,
            duty: Duty::of_files(),
            now: at(seconds),
            halted: false,
            next_intent: 1,
        };
        let decided = match step {
            Step::Seen(_, event) => Ok(vec![event]),
            Step::Told(_, command) => state.decide(&told(command), &cx),
        };
        let mut events = match decided {
            Ok(events) => events,
            Err(refusal) => {
                let hint = refusal.hint.unwrap_or_default();
                lines += &format!("{seconds}s {:?}: {}; {hint}\n", refusal.kind, refusal.what);
                continue;
            }
        };
        while !events.is_empty() {
            for event in &events {
                if let Event::Improve(event) = event {
                    lines += &format!("{seconds}s {}\n", line(event));
                }
                state.apply(event, cx.now, &catalog);
            }
            events = events.iter().flat_map(|event| state.react(event, &cx)).collect();
        }
    }
    expected.assert_eq(&lines);
}

pub fn line(event: &ImproveEvent) -> String {
    match event {
        ImproveEvent::ReviewDrafted(drafted) => format!("drafted {}", facts(drafted)),
        ImproveEvent::ReviewRedrafted(drafted) => format!("redrafted {}", facts(drafted)),
        ImproveEvent::ReviewEdited { review, who, .. } => format!("{review} edited by {}", who.person),
        ImproveEvent::ActionAdded { review, text, owner, .. } => format!("{review} asks {owner}: {text}"),
        ImproveEvent::ReviewClosed { review, closing, .. } => format!("{review} closed: {closing:?}"),
    }
}

pub fn facts(drafted: &ReviewDrafted) -> String {
    let Times {
        deployment_change,
        configuration_change,
        incident_start,
        alarm,
        engagement,
        mitigation_start,
        resolved,
    } = drafted.times;
    let times = [
        ("deployment", deployment_change),
        ("configuration", configuration_change),
        ("start", incident_start),
        ("alarm", alarm),
        ("engagement", engagement),
        ("mitigation", mitigation_start),
        ("resolved", resolved),
    ];
    let times: Vec<String> =
        times.iter().filter_map(|(name, at)| Some(format!("{name} {}s", (*at)?.as_ms() / 1000))).collect();
    format!(
        "{} of {} on {}, SEV{}\n    {}\n    suspects {:?}\n    runs {:?}, paged {:?}, alone {:?}",
        drafted.review,
        drafted.incident,
        drafted.service,
        drafted.severity,
        times.join(", "),
        drafted.suspects,
        drafted.runs,
        drafted.paged,
        drafted.alone,
    )
}

pub fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

pub fn days(days: u64) -> Timestamp {
    at(days * 24 * 60 * 60)
}

pub fn ana() -> Who {
    Who::new("ana", Via::Page)
}

pub fn told(command: Command) -> Input {
    Input::Told(Told { who: ana(), key: "k".to_owned(), command })
}

pub fn seen(at: u64, event: impl Into<Event>) -> Step {
    Step::Seen(at, event.into())
}

pub fn incident() -> IncidentId {
    IncidentId(1)
}

pub fn run() -> RunId {
    RunId(3)
}

pub fn opened(at: u64) -> Step {
    seen(
        at,
        RespondEvent::IncidentOpened {
            incident: incident(),
            service: "checkout".into(),
            team: None,
            title: "checkout waits".to_owned(),
            severity: 3,
            why: SeverityReason::NoHealthyInstance,
            declared_by: None,
        },
    )
}

pub fn alert(at: u64, alert: u64, since: u64) -> [Step; 2] {
    let fired = MonitorEvent::AlertFired(AlertFired {
        alert: AlertId(alert),
        rule: "shop/Slow".into(),
        labels: Labels::default(),
        annotations: Labels::default(),
        value: Value(1.0),
        service: Some("checkout".into()),
        urgency: Urgency::Page,
        since: self::at(since),
        received: None,
        suppressed: Vec::new(),
        reason: FiredReason::AtOnce,
    });
    let joined =
        RespondEvent::AlertJoined { incident: incident(), alert: AlertId(alert), name: "Slow".to_owned() };
    [seen(at, fired), seen(at, joined)]
}

pub fn resolved(at: u64) -> Step {
    let why = IncidentResolvedReason::AlertsResolved;
    seen(at, RespondEvent::IncidentResolved { incident: incident(), why })
}

pub fn reopened(at: u64) -> Step {
    let alert = AlertId(1);
    seen(at, RespondEvent::IncidentReopened { incident: incident(), alert })
}

pub fn closed(at: u64) -> Step {
    seen(at, RespondEvent::IncidentClosed { incident: incident() })
}

pub fn order() -> Box<Order> {
    Box::new(Order {
        intent: IntentId(8),
        run: Some(run()),
        step: "scale".into(),
        action: Action::Scale { service: "checkout".into(), from: 3, to: 5 },
        key: "RUN-3/scale".to_owned(),
        not_after: at(0),
        timeout: Duration::from_secs(1),
        warrant: Warrant::Trusted { runbook: "db-pool-exhausted".into() },
    })
}

pub fn owed(at: u64, intent: u64, person: &str, kind: NoticeKind) -> Step {
    let delivery = Delivery {
        key: intent.to_string(),
        kind,
        person: person.into(),
        channel: "web".into(),
        to: None,
        incident: Some(incident()),
        run: None,
        subject: String::new(),
        body: String::new(),
        at: self::at(at),
    };
    let why = PageReason::IncidentOpened;
    let intent = IntentId(intent);
    seen(at, RespondEvent::NoticeOwed { intent, delivery, why })
}

pub fn sent(at: u64, intent: u64, person: &str) -> Step {
    seen(
        at,
        RespondEvent::NoticeSent {
            intent: IntentId(intent),
            incident: Some(incident()),
            person: person.into(),
            channel: "web".into(),
            receipt: "ok".to_owned(),
        },
    )
}

/// The facts of an outage, from the suspect to the end.
pub fn outage() -> Vec<Step> {
    let acknowledged = RespondEvent::Acknowledged { incident: incident(), who: ana(), expires: at(999) };
    let suspected = ChangeEvent::ChangeSuspected {
        incident: incident(),
        change: ChangeId(1),
        what: What::Deploy { service: "checkout".into(), version: "v42".into(), from: None },
        at: at(40),
        why: SuspectReason::SameService { before: Duration::from_secs(60) },
    };
    let raised = RespondEvent::SeverityChanged {
        incident: incident(),
        from: 3,
        to: 1,
        why: SeverityReason::SeveralTier1Services,
    };
    let run_started = RespondEvent::RunStarted(Box::new(RunStarted {
        run: run(),
        runbook: "db-pool-exhausted".into(),
        hash: String::new(),
        definition: serde_json::Value::Null,
        incident: Some(incident()),
        alert: None,
        requested_by: Requester::Alert("Slow".to_owned()),
        inputs: BTreeMap::new(),
        lock: None,
    }));
    let approved = RespondEvent::Approved {
        run: run(),
        step: "gate".into(),
        who: ana(),
        hash: String::new(),
        alone: Some("nobody else is awake".to_owned()),
    };
    let intended = RespondEvent::StepIntended {
        order: order(),
        attempt: 1,
        purpose: Purpose::Act,
        before: BTreeMap::new(),
    };
    let finished = RespondEvent::RunFinished {
        run: run(),
        incident: Some(incident()),
        runbook: "db-pool-exhausted".into(),
        outcome: RunOutcome::Verified,
        why: String::new(),
    };
    let mut steps = vec![opened(120)];
    steps.extend(alert(120, 1, 100));
    steps.extend([
        seen(120, suspected),
        owed(121, 5, "ana", NoticeKind::Page),
        owed(121, 6, "ben", NoticeKind::Page),
        owed(121, 7, "cem", NoticeKind::Tell),
        sent(122, 5, "ana"),
        sent(123, 7, "cem"),
        seen(130, raised),
        seen(140, acknowledged),
        seen(141, run_started),
        seen(150, approved),
        seen(151, intended),
        seen(180, finished),
    ]);
    steps.extend(alert(190, 2, 110));
    steps.push(resolved(300));
    steps
}

pub fn edit(at: u64, review: u64, conditions: &str) -> Step {
    Step::Told(
        at,
        Command::EditReview {
            review: ReviewId(review),
            conditions: conditions.to_owned(),
            surprised: String::new(),
            helped: String::new(),
        },
    )
}

pub fn action(at: u64, text: &str, owner: &str, due: Timestamp) -> Step {
    Step::Told(
        at,
        Command::AddAction { review: ReviewId(1), text: text.to_owned(), owner: owner.into(), due },
    )
}

pub fn close(at: u64, closing: Closing) -> Step {
    let review = ReviewId(1);
    Step::Told(at, Command::CloseReview { review, closing })
}

pub fn link(link: &str) -> Closing {
    let link = link.to_owned();
    Closing::Change { link }
}

pub fn waiver(reason: &str, until: Timestamp) -> Closing {
    let reason = reason.to_owned();
    Closing::Waiver { reason, until }
}
