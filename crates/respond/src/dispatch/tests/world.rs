//! A world of one file, in which receivers answer at once.

use std::sync::Arc;

use andon_definitions::{Catalog, Context, Duty, SourceFile, load};
use andon_vocabulary::{
    AlertFired, AlertId, Event, FiredReason, Input, InstanceEvent, Labels, MonitorEvent, NotificationNext,
    Outcome, ReceivedFrom, ResolvedReason, RespondEvent, SuppressedBy, Timestamp, Urgency, Value,
};

use crate::Dispatch;

pub struct World {
    pub dispatch: Dispatch,
    pub now: Timestamp,
    /// How often a group's time came.
    pub flushes: usize,
    catalog: Arc<Catalog>,
    next_intent: u64,
    fails: Option<(String, bool)>,
    story: String,
}

impl World {
    pub fn new(file: &str) -> World {
        let mut world = World {
            dispatch: Dispatch::default(),
            now: World::at(0),
            flushes: 0,
            catalog: Arc::default(),
            next_intent: 1,
            fails: None,
            story: String::new(),
        };
        if !file.is_empty() {
            world.reads(file);
        }
        world
    }

    pub fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(1_764_201_600_000 + seconds * 1000)
    }

    pub fn reads(&mut self, file: &str) {
        let file = SourceFile { path: "alertmanager.yml".to_owned(), text: file.to_owned() };
        // Without text there is no file.
        let (catalog, findings) = if file.text.is_empty() { load(&[]) } else { load(&[file]) };
        assert!(findings.iter().all(|finding| !finding.is_error()), "{findings:?}");
        self.catalog = Arc::new(catalog);
        let (hash, files) = (String::new(), Default::default());
        self.happens(InstanceEvent::CatalogChanged { hash, files });
    }

    pub fn answers(&mut self, error: &str, lasting: bool) {
        self.fails = Some((error.to_owned(), lasting));
    }

    pub fn is_well(&mut self) {
        self.fails = None;
    }

    fn labels(alertname: &str, who: &str) -> Labels {
        Labels::new([("alertname", alertname), ("who", who)])
    }

    fn id(alertname: &str, who: &str) -> AlertId {
        AlertId(World::labels(alertname, who).fingerprint())
    }

    pub fn fires(&mut self, alertname: &str, who: &str) {
        self.fired(alertname, who, self.now, Vec::new());
    }

    pub fn fires_since(&mut self, alertname: &str, who: &str, seconds: i64) {
        self.fired(alertname, who, World::at(seconds), Vec::new());
    }

    pub fn fires_suppressed(&mut self, alertname: &str, who: &str, by: SuppressedBy) {
        self.fired(alertname, who, self.now, vec![by]);
    }

    fn fired(&mut self, alertname: &str, who: &str, starts_at: Timestamp, suppressed: Vec<SuppressedBy>) {
        let labels = World::labels(alertname, who);
        let received = ReceivedFrom {
            source: "test".into(),
            starts_at,
            ends_at: Timestamp::MAX,
            open_ended: true,
            generator: "".into(),
        };
        self.happens(MonitorEvent::AlertFired(AlertFired {
            alert: World::id(alertname, who),
            rule: "test/alert".into(),
            labels,
            annotations: Labels::default(),
            value: Value(1.0),
            service: None,
            urgency: Urgency::Log,
            since: starts_at,
            reason: FiredReason::Received,
            received: Some(received),
            suppressed,
        }));
    }

    pub fn resolves(&mut self, alertname: &str, who: &str) {
        let (alert, rule) = (World::id(alertname, who), "test/alert".into());
        self.happens(MonitorEvent::AlertResolved { alert, rule, why: ResolvedReason::Ended });
    }

    pub fn suppresses(&mut self, alertname: &str, who: &str, by: SuppressedBy) {
        let alerts = vec![World::id(alertname, who)];
        self.happens(MonitorEvent::AlertsSuppressed { by, alerts });
    }

    pub fn releases(&mut self, alertname: &str, who: &str, by: SuppressedBy) {
        let alerts = vec![World::id(alertname, who)];
        self.happens(MonitorEvent::AlertsReleased { by, alerts });
    }

    /// Time passes; timers and receivers do what they do.
    pub fn until(&mut self, seconds: i64) {
        let end = World::at(seconds);
        self.carries_out();
        while let Some(next) = self.dispatch.next_deadline(self.now).filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.decides(&Input::Tick);
            self.carries_out();
        }
        self.now = end;
    }

    fn carries_out(&mut self) {
        loop {
            let next = self.dispatch.owed(self.now).next();
            let Some(owed) = next else { break };
            let outcome = match &self.fails {
                None => Outcome::Delivered { receipt: "200 OK".to_owned() },
                Some((error, lasting)) => {
                    Outcome::NotDelivered { error: error.clone(), lasting: *lasting, retry_after_s: None }
                }
            };
            self.decides(&Input::Outcome { intent: owed.intent, attempt: owed.attempt, outcome });
        }
    }

    fn context(&self) -> Context<'_> {
        let (now, next_intent) = (self.now, self.next_intent);
        Context { catalog: &self.catalog, duty: Duty::of_files(), now, halted: false, next_intent }
    }

    fn decides(&mut self, input: &Input) {
        let events = self.dispatch.decide(input, &self.context());
        events.into_iter().for_each(|event| self.happens(event));
    }

    fn happens(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.next_intent = self.next_intent.max(event.issues().map_or(0, |intent| intent.0 + 1));
        self.tells(&event);
        let catalog = self.catalog.clone();
        self.dispatch.apply(&event, self.now, &catalog);
        let events = self.dispatch.react(&event, &self.context());
        events.into_iter().for_each(|event| self.happens(event));
    }

    fn tells(&mut self, event: &Event) {
        let Event::Respond(event) = event else { return };
        let after = |at: Timestamp| at.since(self.now).as_secs();
        let line = match event {
            RespondEvent::NotificationOwed(owed) => {
                let names = |what: &str, ids: &[AlertId]| {
                    let mut names: Vec<&str> = ["a", "b", "c"]
                        .into_iter()
                        .filter(|who| {
                            ["Slow", "Down", "Old", "Short"]
                                .iter()
                                .any(|name| ids.contains(&World::id(name, who)))
                        })
                        .collect();
                    names.sort_unstable();
                    if names.is_empty() { String::new() } else { format!(", {what} {}", names.join(" ")) }
                };
                let (firing, resolved) = (names("firing", &owed.firing), names("resolved", &owed.resolved));
                format!("{}: {}{firing}{resolved}", owed.receiver, owed.reason)
            }
            RespondEvent::NotificationFailed { next: NotificationNext::Retry { at, attempt }, .. } => {
                format!("failed, attempt {attempt} after {}s", after(*at))
            }
            RespondEvent::NotificationFailed { error, .. } => format!("failed for good: {error}"),
            RespondEvent::NotificationDropped { why, .. } => format!("dropped: {why}"),
            RespondEvent::NotificationHeld { why, until, .. } => {
                format!("held until {}s: {why}", until.since(World::at(0)).as_secs())
            }
            RespondEvent::GroupsFlushed { groups } => {
                self.flushes += groups.len();
                return;
            }
            _ => return,
        };
        let now = self.now.since(World::at(0)).as_secs();
        self.story += &format!("{now}s {line}\n");
    }

    pub fn check(&self, expected: expect_test::Expect) {
        expected.assert_eq(&self.story);
    }
}
