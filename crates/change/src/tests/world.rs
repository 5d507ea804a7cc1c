//! The world of the tests: steps in, what was decided out, as text, with what is then owed and due.

use std::time::Duration;

use andon_definitions::{Catalog, Context, Duty, Service};
use andon_vocabulary::*;
use expect_test::Expect;

use crate::State;

/// What happens, and how many seconds after the start.
pub enum Step {
    Told(u64, Command),
    In(u64, Input),
    /// An event of another stage.
    Seen(u64, Event),
}

pub fn check(steps: Vec<Step>, expected: Expect) {
    let catalog = catalog();
    let mut state = State::default();
    let mut intent = 1;
    let mut halted = false;
    let mut lines = Vec::new();
    for step in steps {
        let seconds = match &step {
            Step::Told(at, _) | Step::In(at, _) | Step::Seen(at, _) => *at,
        };
        let now = Timestamp::EPOCH + Duration::from_secs(seconds);
        let cx = |next_intent, halted| Context {
            catalog: &catalog,
            duty: Duty::of_files(),
            now,
            halted,
            next_intent,
        };
        let decided = match step {
            Step::Seen(_, event) => Ok(vec![event]),
            Step::Told(_, command) => state.decide(&told(command), &cx(intent, halted)),
            Step::In(_, input) => state.decide(&input, &cx(intent, halted)),
        };
        let mut events = match decided {
            Ok(events) => events,
            Err(refusal) => {
                let hint = refusal.hint.unwrap_or_default();
                lines.push(format!("{seconds}s {:?}: {}; {hint}", refusal.kind, refusal.what));
                continue;
            }
        };
        while !events.is_empty() {
            for event in &events {
                lines.extend(line(event).map(|line| format!("{seconds}s {line}")));
                if let Event::Change(ChangeEvent::ChangeIntended { .. } | ChangeEvent::ChangeLookup { .. }) =
                    event
                {
                    intent += 1;
                }
                if let Event::Instance(event) = event {
                    halted = matches!(event, InstanceEvent::Halted { .. });
                }
                state.apply(event, now, &catalog);
            }
            events = events.iter().flat_map(|event| state.react(event, &cx(intent, halted))).collect();
        }
        let owed: Vec<String> = state
            .owed()
            .iter()
            .map(|owed| match owed.effect {
                Effect::Carry(_) => format!("carry {}", owed.intent),
                Effect::LookUp(_) => format!("look up {}", owed.intent),
                Effect::Deliver(_) | Effect::Notify(_) => unreachable!("changes tell nobody"),
            })
            .collect();
        let due = state.next_deadline().map(|at| format!("due {}s", at.as_ms() / 1000));
        let left: Vec<String> = owed.into_iter().chain(due).collect();
        if !left.is_empty() {
            lines.push(format!("    {}", left.join(", ")));
        }
    }
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

pub fn line(event: &Event) -> Option<String> {
    let Event::Change(event) = event else {
        return None;
    };
    Some(match event {
        ChangeEvent::ChangeIntended { change, what, who, order } => {
            format!("{change} {what} by {}: {} as {}", who.person, order.action, order.intent)
        }
        ChangeEvent::ChangeCarried { change, result, .. } => format!("{change} carried: {result:?}"),
        ChangeEvent::ChangeUnknown { change, why, .. } => format!("{change} unknown: {why}"),
        ChangeEvent::ChangeLookup { change, intent } => format!("{change} looked up as {intent}"),
        ChangeEvent::ChangeLookedUp { change, answer, .. } => format!("{change} looked up: {answer:?}"),
        ChangeEvent::ChangeRecorded { change, what, who } => {
            format!("{change} {what} recorded by {}", who.person)
        }
        ChangeEvent::PlatformSeen { status } => format!("{} runs {}", status.service, status.version),
        ChangeEvent::ChangeSuspected { incident, change, why, .. } => {
            format!("{incident} suspects {change}: {why}")
        }
    })
}

pub fn catalog() -> Catalog {
    let service = |json: serde_json::Value| -> Service { serde_json::from_value(json).expect("a service") };
    let local = serde_json::json!({ "local": { "argv": ["storefront"] } });
    let mut catalog = Catalog::default();
    let services = [
        (
            "checkout",
            service(serde_json::json!({
                "owner": "payments", "depends_on": ["catalog"], "platform": local,
                "faults": { "leak": { "post": "/faults/leak" }, "burn": { "post": "/burn", "body": "now" } },
            })),
        ),
        (
            "catalog",
            service(serde_json::json!({ "owner": "payments", "depends_on": ["db"], "platform": local })),
        ),
        ("db", service(serde_json::json!({ "owner": "payments" }))),
        ("mail", service(serde_json::json!({ "owner": "payments" }))),
    ];
    for (name, service) in services {
        catalog.services.insert(name.to_owned(), service);
    }
    catalog
}

pub fn who() -> Who {
    Who::new("ana", Via::Cli)
}

pub fn told(command: Command) -> Input {
    Input::Told(Told { who: who(), key: "k".to_owned(), command })
}

pub fn deploy(at: u64, service: &str, version: &str) -> Step {
    Step::Told(at, Command::Deploy { service: service.into(), version: version.into() })
}

pub fn roll_back(at: u64) -> Step {
    Step::Told(at, Command::RollBack { service: "checkout".into(), reason: "it leaks".to_owned() })
}

pub fn fault(at: u64, fault: &str, on: bool) -> Step {
    Step::Told(at, Command::Fault { service: "checkout".into(), fault: fault.into(), on })
}

pub fn record(at: u64, service: &str) -> Step {
    Step::Told(
        at,
        Command::RecordChange { service: service.into(), version: "v2".into(), note: String::new() },
    )
}

pub fn runs(at: u64, version: &str, previous: Option<&str>) -> Step {
    Step::In(
        at,
        Input::Platform(PlatformStatus {
            service: "checkout".into(),
            version: version.into(),
            previous: previous.map(Name::from),
            wanted: 3,
            ready: 3,
            instances: Vec::new(),
        }),
    )
}

pub fn carried(at: u64, intent: u64, result: OrderResult) -> Step {
    outcome(at, intent, Outcome::Carried(result))
}

pub fn done(at: u64, intent: u64) -> Step {
    let detail = "3/3".to_owned();
    carried(at, intent, OrderResult::Done { detail })
}

pub fn outcome(at: u64, intent: u64, outcome: Outcome) -> Step {
    Step::In(at, Input::Outcome { intent: IntentId(intent), attempt: 1, outcome })
}

pub fn started(at: u64) -> Step {
    Step::In(at, Input::Started(Started { term: 2, version: "1".to_owned(), moved: false, address: None }))
}

pub fn tick(at: u64) -> Step {
    Step::In(at, Input::Tick)
}

pub fn halt(at: u64) -> Step {
    let by = HaltedBy::Person("ana".into());
    let reason = "calm".to_owned();
    Step::Seen(at, InstanceEvent::Halted { by, reason }.into())
}

pub fn release(at: u64) -> Step {
    let reason = "calm".to_owned();
    Step::Seen(at, InstanceEvent::Released { who: who(), reason }.into())
}

pub fn fired(at: u64, since: u64) -> Step {
    let fired = AlertFired {
        alert: AlertId(7),
        rule: "shop/Slow".into(),
        labels: Labels::default(),
        annotations: Labels::default(),
        value: Value(1.0),
        service: Some("checkout".into()),
        urgency: Urgency::Page,
        since: Timestamp::EPOCH + Duration::from_secs(since),
        received: None,
        suppressed: Vec::new(),
        reason: FiredReason::AtOnce,
    };
    Step::Seen(at, MonitorEvent::AlertFired(fired).into())
}

pub fn opened(at: u64, declared: bool) -> Step {
    let event = RespondEvent::IncidentOpened {
        incident: IncidentId(1),
        service: "checkout".into(),
        team: None,
        title: "slow".to_owned(),
        severity: 1,
        why: SeverityReason::NoHealthyInstance,
        declared_by: declared.then(who),
    };
    Step::Seen(at, event.into())
}

pub fn joined(at: u64) -> Step {
    let event =
        RespondEvent::AlertJoined { incident: IncidentId(1), alert: AlertId(7), name: "Slow".to_owned() };
    Step::Seen(at, event.into())
}

pub fn reopened(at: u64) -> Step {
    let event = RespondEvent::IncidentReopened { incident: IncidentId(1), alert: AlertId(7) };
    Step::Seen(at, event.into())
}

/// A step of a run that restarts checkout: due within 10 s, dead after 60 s more.
pub fn restarts(at: u64, run: u64) -> Step {
    let now = Timestamp::EPOCH + Duration::from_secs(at);
    let order = Order {
        intent: IntentId(100 + run),
        run: Some(RunId(run)),
        step: "restart".into(),
        action: Action::Restart { service: "checkout".into(), instances: Vec::new() },
        key: "k".to_owned(),
        not_after: now + Duration::from_secs(10),
        timeout: Duration::from_secs(60),
        warrant: Warrant::Trusted { runbook: "restart-leaky-checkout".into() },
    };
    let (order, before) = (Box::new(order), Default::default());
    let event = RespondEvent::StepIntended { order, attempt: 1, purpose: Purpose::Act, before };
    Step::Seen(at, event.into())
}

pub fn restarted(at: u64, run: u64) -> Step {
    let result = OrderResult::Done { detail: "3/3".to_owned() };
    let (run, intent) = (RunId(run), IntentId(100 + run));
    Step::Seen(at, RespondEvent::StepCarried { run, step: "restart".into(), intent, result }.into())
}

pub fn aborted(at: u64, run: u64) -> Step {
    let (incident, runbook, why) = (None, "restart-leaky-checkout".into(), "ana: no".to_owned());
    let run = RunId(run);
    let event = RespondEvent::RunFinished { run, incident, runbook, outcome: RunOutcome::Aborted, why };
    Step::Seen(at, event.into())
}
