//! Runs as stories: what happens to a run, and the events that follow, as text.

mod approvals;
mod guardrails;
mod runbooks;
mod stories;
mod unknowns;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use andon_definitions::{Catalog, Context, Duty, Runbook, Service, Team};
use andon_vocabulary::{
    AlertFired, AlertId, ChangeEvent, Command, Effect, Event, FiredReason, HaltedBy, IncidentId,
    IncidentResolvedReason, Input, InstanceEvent, IntentId, Labels, MonitorEvent, OrderResult, Outcome,
    PersonAnswer, PlatformStatus, Purpose, Reading, Refusal, ResolvedReason, RespondEvent, RunId, Says,
    SeverityReason, Started, Timestamp, Told, Urgency, Value, Via, WatchKind, Who,
};
use expect_test::{Expect, expect};
use serde_json::json;

use super::Runs;
use super::known::is_open;
use crate::incident::Incidents;
use crate::notice::Notices;
use runbooks::{rollback, scale};

/// A Friday evening in Madrid: Ana is there, and so is everybody else of her team.
const START: &str = "2026-11-20T21:00:00Z";
const INCIDENT: IncidentId = IncidentId(1);
const ALERT: AlertId = AlertId(1);

/// A world that does what it is told, and writes down every event of a run.
struct World {
    catalog: Catalog,
    incidents: Incidents,
    runs: Runs,
    now: Timestamp,
    halted: bool,
    next_intent: u64,
    /// As the journal keeps it.
    journal: Vec<(Timestamp, String)>,
    story: String,
}

impl World {
    fn new(runbooks: &[serde_json::Value]) -> World {
        let mut catalog = Catalog::default();
        let team = json!({
            "name": "payments",
            "people": {
                "ana": { "timezone": "Europe/Madrid", "contact": [{ "channel": "web" }] },
                "ben": { "timezone": "Europe/Lisbon", "contact": [{ "channel": "web" }] },
            },
        });
        let service = json!({ "name": "checkout", "owner": "team:payments", "tier": 1 });
        let foreign = json!({ "name": "search", "owner": "team:search" });
        catalog.teams.insert("payments".into(), serde_json::from_value::<Team>(team).unwrap());
        for service in [service, foreign] {
            let service: Service = serde_json::from_value(service).unwrap();
            catalog.services.insert(service.name.clone(), service);
        }
        for runbook in runbooks {
            let runbook: Runbook = serde_json::from_value(runbook.clone()).unwrap();
            catalog.runbooks.insert(runbook.name.clone(), runbook);
        }
        let mut world = World {
            catalog,
            incidents: Incidents::default(),
            runs: Runs::default(),
            now: START.parse().unwrap(),
            halted: false,
            next_intent: 1,
            journal: Vec::new(),
            story: String::new(),
        };
        world.platform("v42", Some("v41"), 3);
        world
    }

    fn platform(&mut self, version: &str, previous: Option<&str>, instances: u32) {
        let status = PlatformStatus {
            service: "checkout".into(),
            version: version.into(),
            previous: previous.map(Into::into),
            wanted: instances,
            ready: instances,
            instances: Vec::new(),
        };
        self.happened(ChangeEvent::PlatformSeen { status });
    }

    /// An alert of checkout fires and opens an incident, or joins it.
    fn fire(&mut self) {
        self.fire_with(ALERT, INCIDENT, "checkout", "DbPoolExhausted");
    }

    fn fire_with(&mut self, alert: AlertId, incident: IncidentId, service: &str, name: &str) {
        self.alert_fires(alert, service, name);
        if self.incidents.get(incident).is_none() {
            self.happened(RespondEvent::IncidentOpened {
                incident,
                service: service.into(),
                team: Some("payments".into()),
                title: name.into(),
                severity: 2,
                why: SeverityReason::NoHealthyInstance,
                declared_by: None,
            });
        }
        self.happened(RespondEvent::AlertJoined { incident, alert, name: name.into() });
    }

    fn alert_fires(&mut self, alert: AlertId, service: &str, name: &str) {
        self.happened(MonitorEvent::AlertFired(AlertFired {
            alert,
            rule: "shop/DbPoolExhausted".into(),
            labels: Labels::new([("alertname", name), ("service", service)]),
            annotations: Labels::default(),
            value: Value(0.97),
            service: Some(service.into()),
            urgency: Urgency::Page,
            since: self.now,
            received: None,
            suppressed: Vec::new(),
            reason: FiredReason::AtOnce,
        }));
    }

    fn resolve_alert(&mut self) {
        let why = ResolvedReason::ConditionFalse { value: None };
        self.happened(MonitorEvent::AlertResolved { alert: ALERT, rule: "shop/DbPoolExhausted".into(), why });
    }

    fn resolve_incident(&mut self) {
        let why = IncidentResolvedReason::AlertsResolved;
        self.happened(RespondEvent::IncidentResolved { incident: INCIDENT, why });
    }

    /// The first alert fires again.
    fn reopen(&mut self) {
        let (incident, alert, name) = (INCIDENT, ALERT, "DbPoolExhausted");
        self.alert_fires(alert, "checkout", name);
        self.happened(RespondEvent::IncidentReopened { incident, alert });
        self.happened(RespondEvent::AlertJoined { incident, alert, name: name.into() });
    }

    fn halt(&mut self) {
        self.halted = true;
        self.happened(InstanceEvent::Halted { by: HaltedBy::Person("ana".into()), reason: "stop".into() });
    }

    fn release(&mut self) {
        self.halted = false;
        self.happened(InstanceEvent::Released { who: who("ana"), reason: "go".into() });
    }

    /// Time passes; every deadline on the way is a turn of its own.
    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        for _ in 0..1000 {
            match self.runs.next_deadline().filter(|at| *at <= until) {
                Some(at) => {
                    self.now = self.now.max(at);
                    self.input(Input::Tick);
                }
                None => break,
            }
        }
        assert!(
            self.runs.next_deadline().is_none_or(|at| at > until),
            "a deadline passes and nothing happens"
        );
        self.now = until;
        self.input(Input::Tick);
    }

    /// The query of this kind says something.
    fn says(&mut self, what: WatchKind, value: f64) {
        let watch = self.watch(what);
        let holds = watch.bound.is_none_or(|bound| bound.holds(value));
        let value = Value(value);
        self.read(what, if holds { Says::Holds { value } } else { Says::Fails { value } });
    }

    fn read(&mut self, what: WatchKind, says: Says) {
        let watch = self.watch(what).id;
        self.input(Input::Reading(Reading { watch, says }));
    }

    fn watch(&self, what: WatchKind) -> super::Watch {
        let watch = self.runs.watches().into_iter().find(|watch| watch.id.what == what);
        watch.unwrap_or_else(|| panic!("nothing is watched for {what:?}\n{}", self.story))
    }

    /// The hands answer the order that is owed.
    fn carried(&mut self, result: OrderResult) {
        let owed = self.runs.owed();
        let [owed] = owed.as_slice() else { panic!("one order should be owed: {owed:?}\n{}", self.story) };
        assert!(matches!(owed.effect, Effect::Carry(_)), "{owed:?}");
        self.outcome(owed.intent, Outcome::Carried(result));
    }

    fn done(&mut self) {
        self.carried(OrderResult::Done { detail: "3 of 3 run it".into() });
    }

    fn outcome(&mut self, intent: IntentId, outcome: Outcome) {
        self.input(Input::Outcome { intent, attempt: 1, outcome });
    }

    fn restart(&mut self) {
        self.input(Input::Started(Started { term: 2, version: "test".into(), moved: false, address: None }));
    }

    fn tell(&mut self, person: &str, command: Command) -> Result<(), Refusal> {
        let told = Told { who: who(person), key: String::new(), command };
        self.try_input(Input::Told(told))
    }

    fn approve(&mut self, person: &str, reason: Option<&str>) -> Result<(), Refusal> {
        let (run, step, preview) = self.asked();
        self.tell(person, Command::Approve { run, step, preview, reason: reason.map(str::to_owned) })
    }

    fn asked(&self) -> (RunId, andon_vocabulary::Name, String) {
        let asked =
            self.runs.open().find_map(|run| run.ask().map(|(step, ask)| (run.id, step, ask.preview.hash())));
        asked.unwrap_or_else(|| panic!("nobody is asked\n{}", self.story))
    }

    fn answer(&mut self, answer: PersonAnswer) -> Result<(), Refusal> {
        let run = self.runs.open().next().expect("a run is open");
        let (run, step) = (run.id, run.at().expect("it is at a step").0.id.as_str().into());
        self.tell("ana", Command::Answer { run, step, answer, reason: "I looked".into() })
    }

    fn start(&mut self, person: &str, inputs: &[(&str, &str)]) -> Result<(), Refusal> {
        let inputs = inputs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let incident = is_open(&self.incidents, INCIDENT).then_some(INCIDENT);
        let runbook = self.catalog.runbooks.keys().next().expect("a runbook").as_str().into();
        self.tell(person, Command::StartRun { runbook, incident, inputs })
    }

    fn input(&mut self, input: Input) {
        self.try_input(input).expect("only commands are refused");
    }

    fn try_input(&mut self, input: Input) -> Result<(), Refusal> {
        loop {
            let events = self.runs.decide(&self.incidents, &input, &self.cx())?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.happened(event);
            }
            // As the loop does: a timer that fires may make another one due.
            if input != Input::Tick {
                return Ok(());
            }
        }
    }

    /// Applied, written down, and followed at once by all that follows from it.
    fn happened(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.write(&event);
        if let Event::Respond(RespondEvent::StepIntended { order, .. }) = &event {
            self.next_intent = self.next_intent.max(order.intent.0 + 1);
        }
        if let Event::Respond(RespondEvent::LookupIntended { intent, .. }) = &event {
            self.next_intent = self.next_intent.max(intent.0 + 1);
        }
        self.journal.push((self.now, serde_json::to_string(&event).unwrap()));
        self.incidents.apply(&event, self.now, &self.catalog, &Notices::default());
        self.runs.apply(&event, self.now, &self.incidents);
        for next in self.runs.react(&self.incidents, &event, &self.cx()) {
            self.happened(next);
        }
    }

    fn cx(&self) -> Context<'_> {
        let (now, halted, next_intent) = (self.now, self.halted, self.next_intent);
        Context { catalog: &self.catalog, duty: Duty::of_files(), now, halted, next_intent }
    }

    fn write(&mut self, event: &Event) {
        let Event::Respond(event) = event else { return };
        if let Some(line) = line(event) {
            let seconds = self.now.since(START.parse().unwrap()).as_secs();
            writeln!(self.story, "{seconds}s {line}").expect("a string takes everything");
        }
    }

    /// The story so far; the next call goes on from here. The journal must tell the same one.
    fn story(&mut self) -> String {
        let (mut again, mut incidents) = (Runs::default(), Incidents::default());
        for (at, event) in &self.journal {
            let event = serde_json::from_str(event).unwrap();
            incidents.apply(&event, *at, &self.catalog, &Notices::default());
            again.apply(&event, *at, &incidents);
        }
        assert!(again == self.runs, "the journal gives another state");
        std::mem::take(&mut self.story)
    }
}

fn check(mut world: World, expected: Expect) -> World {
    expected.assert_eq(&world.story());
    world
}

/// Up to the question, which every story of it goes on from.
fn asked() -> World {
    let mut world = World::new(&[rollback()]);
    world.fire();
    world.says(WatchKind::Measure, 97.0);
    expect![[r#"
        0s RUN-1 started service=checkout
        0s RUN-1 locks service/checkout
        0s diagnose begins
        0s diagnose measured Holds { value: 97 }
        0s diagnose done: 97
        0s gate begins
        0s gate asks ana for: run checkout v41 instead of v42
    "#]]
    .assert_eq(&world.story());
    world
}

fn who(person: &str) -> Who {
    Who::new(person, Via::Cli)
}

fn line(event: &RespondEvent) -> Option<String> {
    use RespondEvent as E;
    Some(match event {
        E::RunProposed { runbook, why, .. } => format!("proposed {runbook}: {why}"),
        E::RunRefused { runbook, why, .. } => format!("refused {runbook}: {why}"),
        E::RunStarted(started) => format!("{} started {}", started.run, pairs(&started.inputs)),
        E::RunWaits { run, lock, held_by } => format!("{run} waits for {lock}, held by {held_by}"),
        E::LockTaken { run, lock } => format!("{run} locks {lock}"),
        E::StepBegan { step, .. } => format!("{step} begins"),
        E::StepSkipped { step, why, .. } => format!("{step} skipped: {why}"),
        E::StepMeasured { step, says, .. } => format!("{step} measured {says:?}"),
        E::ApprovalAsked { step, from, preview, .. } => {
            let steps: Vec<String> = preview.steps.iter().map(|step| step.action.to_string()).collect();
            format!("{step} asks {} for: {}", from.join(", "), steps.join("; "))
        }
        E::Approved { step, who, alone, .. } => match alone {
            Some(reason) => format!("{step} approved by {}, alone: {reason}", who.person),
            None => format!("{step} approved by {}", who.person),
        },
        E::Rejected { step, who, reason, .. } => format!("{step} rejected by {}: {reason}", who.person),
        E::ApprovalExpired { step, then, .. } => format!("{step} expired: {then:?}"),
        E::StepIntended { order, attempt, purpose, before } => {
            let what = if *purpose == Purpose::RollBack { "takes back" } else { "intends" };
            let (action, key) = (&order.action, &order.key);
            format!(
                "{} {what}: {action} (attempt {attempt}, key {key}, before {})",
                order.step,
                pairs(before)
            )
        }
        E::StepCarried { step, result, .. } => format!("{step} carried: {result:?}"),
        E::StepUnknown { step, why, .. } => format!("{step} unknown: {why}"),
        E::LookupIntended { step, .. } => format!("{step} is looked up"),
        E::LookedUp { step, answer, .. } => format!("{step} looked up: {answer:?}"),
        E::PersonAsked { step, question, .. } => format!("{step} asks: {question}"),
        E::PersonAnswered { step, who, answer, .. } => {
            format!("{step} answered by {}: {answer:?}", who.person)
        }
        E::StepRetried { step, attempt, why, .. } => format!("{step} will be tried again ({attempt}): {why}"),
        E::VerifyBegan { step, .. } => format!("{step} is being verified"),
        E::VerifyReading { step, says, .. } => format!("{step} reads {says:?}"),
        E::StepVerified { step, value, .. } => format!("{step} verified at {value}"),
        E::StepNotVerified { step, why, .. } => format!("{step} not verified: {why}"),
        E::StopIfBaseline { value, .. } => format!("stop_if begins at {value}"),
        E::StepFailed { step, why, .. } => format!("{step} failed: {why}"),
        E::StepDone { step, detail, .. } => format!("{step} done: {detail}"),
        E::NotifyAsked { to, text, .. } => format!("tell {to}: {text}"),
        E::RunFinished { run, outcome, why, .. } => format!("{run} {outcome}: {why}"),
        _ => return None,
    })
}

fn pairs(pairs: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}
