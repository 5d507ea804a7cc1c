//! The world of the tests: rules, and a script of samples, silences and evaluations; out come the decisions as text.
//!
//! Each line of a script begins with its second: `10 pool{service="a"} 5` is a sample (`stale` ends a series),
//! `10 eval` evaluates every rule, `10 silent a/1` and `10 answers a/1` concern a target, `10 removed a/1` takes it
//! out of the definitions, `10 restart` and `10 warm` begin and end warming up, `10 reload` has new rules, at
//! `10 joined` an incident takes in every alert, and at `10 closed` it is over for good.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::{Catalog, Context, Duty, Outside};
use andon_timeseries::{Head, STALE, Sample};
use andon_vocabulary::*;
use expect_test::Expect;

use crate::{Ask, Freshness, Phase, Reads, Rule, Silent, State, evaluate};

/// The rules are a group `g` in JSON; a second list, if any, takes their place at `reload`.
pub fn check(rules: &[serde_json::Value], script: &str, expected: Expect) {
    let mut world = World::new(catalog(&rules[0]));
    for text in script.lines().map(str::trim).filter(|text| !text.is_empty()) {
        let (second, what) = text.split_once(' ').expect("a time and what happens");
        let second: u64 = second.parse().expect("seconds");
        world.now = at(second);
        match what.split_once(' ') {
            None if what == "eval" => world.eval(),
            None if what == "restart" => world.warm = false,
            None if what == "warm" => world.warm = true,
            None if what == "joined" => world.joined(),
            None if what == "closed" => {
                world.respond(RespondEvent::IncidentClosed { incident: IncidentId(1) });
            }
            None if what == "reload" => world.reload(catalog(&rules[1])),
            Some(("silent", target)) => world.silent(target),
            Some(("answers", target)) => world.answers(target),
            Some(("removed", target)) => drop(world.silent.remove(target)),
            Some((series, value)) => world.sample(series, value),
            None => panic!("{what:?} means nothing"),
        }
    }
    expected.assert_eq(&world.said);
}

pub fn at(second: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(second)
}

pub fn catalog(rules: &serde_json::Value) -> Catalog {
    let group = serde_json::json!({ "name": "g", "rules": rules });
    let outside = Outside { labels: Labels::default(), url: "http://here".to_owned() };
    let mut catalog = Catalog::default();
    catalog.outside = outside.into();
    catalog.rules.push(serde_json::from_value(group).expect("a rule group"));
    let service = serde_json::json!({ "owner": "payments" });
    catalog.services.insert("checkout".to_owned(), serde_json::from_value(service).expect("a service"));
    catalog
}

/// `name{label="value",…}`.
pub fn labels(text: &str) -> Labels {
    let (name, rest) = text.split_once('{').unwrap_or((text, "}"));
    let pairs = rest.trim_end_matches('}').split(',').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').expect("label=\"value\""));
    let pairs = pairs.map(|(label, value)| (label, value.trim_matches('"')));
    Labels::new(pairs.chain([(METRIC_NAME, name)]))
}

struct World {
    catalog: Catalog,
    state: State,
    head: Head,
    silent: BTreeMap<String, Silent>,
    warm: bool,
    now: Timestamp,
    said: String,
}

impl World {
    fn new(catalog: Catalog) -> World {
        World {
            catalog,
            state: State::default(),
            head: Head::default(),
            silent: BTreeMap::new(),
            warm: true,
            now: Timestamp::EPOCH,
            said: String::new(),
        }
    }

    fn sample(&mut self, series: &str, value: &str) {
        let value = if value == "stale" { STALE } else { value.parse().expect("a value") };
        let sample = Sample { at: self.now, value };
        self.head.append(&labels(series), sample).expect("in order");
    }

    /// Where the target has just answered, or never did since a restart.
    fn silent(&mut self, target: &str) {
        let (service, _) = target.split_once('/').expect("service/instance");
        let silent = Silent {
            target: target.into(),
            labels: Labels::new([("service", service), ("instance", target)]),
            answered: self.warm.then_some(self.now),
        };
        self.silent.insert(target.to_owned(), silent);
        self.source(target, Some("connection refused".to_owned()));
    }

    fn answers(&mut self, target: &str) {
        self.silent.remove(target);
        self.source(target, None);
    }

    fn source(&mut self, target: &str, silent: Option<String>) {
        let target = target.into();
        self.input(Input::Source(SourceSeen { target, silent }));
    }

    fn eval(&mut self) {
        let rules: Vec<Rule> = Rule::all(&self.catalog).into_iter().map(|(_, rule)| rule).collect();
        let silent: Vec<Silent> = self.silent.values().cloned().collect();
        for rule in &rules {
            let Rule::Alert(rule) = rule else { continue };
            let freshness = Freshness { warm: self.warm, silent: &silent };
            let ask = Ask::new(Reads::Samples(&self.head));
            let verdict = evaluate(rule, &self.state.held(&rule.name), &ask, self.now, &freshness);
            let verdict = verdict.expect("samples are at hand");
            if !self.state.consider(&verdict, &self.cx()).is_empty() {
                self.input(Input::Verdict(verdict));
            }
        }
    }

    fn reload(&mut self, catalog: Catalog) {
        self.catalog = catalog;
        let event = InstanceEvent::CatalogChanged { hash: String::new(), files: BTreeMap::new() };
        let events = self.state.react(&event.into(), &self.cx());
        self.happen(events);
    }

    fn joined(&mut self) {
        let alerts: Vec<AlertId> = self.state.alerts.keys().copied().collect();
        for alert in alerts {
            let (incident, name) = (IncidentId(1), String::new());
            self.respond(RespondEvent::AlertJoined { incident, alert, name });
        }
    }

    fn respond(&mut self, event: RespondEvent) {
        self.state.apply(&event.into(), self.now, &self.catalog);
    }

    fn input(&mut self, input: Input) {
        let events = self.state.decide(&input, &self.cx()).expect("nothing is refused");
        self.happen(events);
    }

    fn happen(&mut self, events: Vec<Event>) {
        for event in events {
            let Event::Monitor(event) = event else {
                panic!("{event:?} is not of this stage");
            };
            let line = self.line(&event);
            self.state.apply(&event.into(), self.now, &self.catalog);
            let due = self.state.deadlines().next();
            let due = due.map_or_else(String::new, |(at, _)| format!(" (due {})", at.as_ms() / 1000));
            self.said += &format!("{} {line}{due}\n", self.now.as_ms() / 1000);
        }
    }

    fn cx(&self) -> Context<'_> {
        Context {
            catalog: &self.catalog,
            duty: Duty::of_files(),
            now: self.now,
            halted: false,
            next_intent: 1,
        }
    }

    fn line(&self, event: &MonitorEvent) -> String {
        let of = |alert: &AlertId| {
            let labels = &self.state.alerts[alert].labels;
            format!("{labels}")
        };
        match event {
            MonitorEvent::AlertPending { labels, value, .. } => format!("pending {labels} {value}"),
            MonitorEvent::AlertDropped { alert, .. } => format!("dropped {}", of(alert)),
            MonitorEvent::AlertFired(fired) => {
                let service = fired.service.as_deref().unwrap_or("nobody");
                let since = fired.since.as_ms() / 1000;
                format!(
                    "fired {} {}: {} since {since}, {:?} of {service} {}",
                    fired.labels, fired.value, fired.reason, fired.urgency, fired.annotations
                )
            }
            MonitorEvent::AlertLost { alert, why, .. } => format!("lost {}: {why}", of(alert)),
            MonitorEvent::AlertFound { alert, value, .. } => format!("found {} {value}", of(alert)),
            MonitorEvent::AlertHeld { alert, .. } => format!("held {}", of(alert)),
            MonitorEvent::AlertResolved { alert, why, .. } => {
                assert!(!matches!(self.state.alerts[alert].phase, Phase::Pending { .. }), "it never fired");
                format!("resolved {}: {why}", of(alert))
            }
            MonitorEvent::RuleFailed { rule, error } => format!("{rule} failed: {error}"),
            MonitorEvent::RuleRecovered { rule } => format!("{rule} recovered"),
            MonitorEvent::SourceSilent { target, error } => format!("{target} silent: {error}"),
            MonitorEvent::SourceBack { target } => format!("{target} back"),
            other => format!("{other:?}"),
        }
    }
}
