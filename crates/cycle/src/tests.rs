//! Alerts that others raise, silences and inhibition, against a naive model that knows no index and no event.

mod actionable;
mod escalations;
mod returns;
mod silences;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::alertmanager::AlertMatcher;
use andon_vocabulary::{
    AlertId, CatalogTexts, Command, Input, Labels, Received, ReceivedAlert, Record, Silence, SilenceId,
    Started, SuppressedBy, Timestamp, Told, Urgency, Via, Who,
};
use arbtest::arbitrary::{self, Unstructured};

use crate::{State, turn};

/// Services and what each depends on. The last goes round in a circle, which `check` refuses.
type Graph = &'static [(&'static str, &'static [&'static str])];

const GRAPHS: [Graph; 4] = [
    &[("web", &["api"]), ("api", &["db"]), ("db", &[])],
    &[("web", &["api", "db"]), ("api", &[]), ("db", &[])],
    &[],
    &[("web", &["api"]), ("api", &["db"]), ("db", &["web"])],
];

/// Rules of inhibition as source, target and the label that must be equal.
type Rules = &'static [(&'static str, &'static str, &'static str)];

const RULES: [Rules; 3] = [
    &[(r#"alertname="Cause""#, r#"alertname=~"Symptom|Both""#, "cluster")],
    &[
        (r#"alertname=~"Both|Cause""#, r#"alertname=~"Both|Other""#, "cluster"),
        (r#"n="1""#, r#"alertname="Symptom""#, "n"),
    ],
    &[],
];
const SILENCED: [&str; 6] = [
    r#"service="db""#,
    r#"service=~"api|web",n="1""#,
    r#"alertname="Symptom""#,
    r#"cluster="a""#,
    r#"alertname=~"C.*|B.*",n!="1""#,
    r#"n="0",cluster!="""#,
];
/// The night begins at 08:00.
const MAINTENANCE: &str = "---
apiVersion: andon/v1
kind: Maintenance
metadata: { name: upkeep }
spec:
  services: [api]
  owner: t
  reason: once a day
  weekly: { days: [mon, tue, wed, thu, fri, sat, sun], from: '08:10', to: '08:25', timezone: UTC }
";
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn files(rules: Rules, graph: Graph, maintained: bool) -> BTreeMap<String, String> {
    let mut text = String::from("route: { receiver: r }\nreceivers: [ { name: r } ]\ninhibit_rules:\n");
    for (source, target, equal) in rules {
        text += &format!(
            "  - source_matchers: [ '{source}' ]\n    target_matchers: [ '{target}' ]\n    equal: [ {equal} ]\n"
        );
    }
    let instance = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: test }\nspec: {}\n";
    let mut services = String::from(
        "apiVersion: andon/v1\nkind: Team\nmetadata: { name: t }\nspec: { people: { ana: { contact: [ { channel: web } ] } } }\n",
    );
    for (name, on) in graph {
        services += &format!(
            "---\napiVersion: andon/v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ owner: t, depends_on: [{}] }}\n",
            on.join(", ")
        );
    }
    if maintained {
        services += MAINTENANCE;
    }
    [("alertmanager.yml", text.as_str()), ("instance.yaml", instance), ("services.yaml", &services)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
}

/// What fires, until when, and what is silenced.
#[derive(Default)]
struct Model {
    rules: Rules,
    graph: Graph,
    alerts: BTreeMap<AlertId, Fires>,
    silences: BTreeMap<SilenceId, Quiet>,
}

/// What is silenced.
#[derive(Clone)]
struct Quiet {
    matchers: &'static str,
    starts: Timestamp,
    ends: Timestamp,
    /// Minutes of the day, in UTC.
    hours: Option<(i64, i64)>,
    /// Nothing more urgent than tickets.
    only_tickets: bool,
    /// The service, of what the files say of it.
    maintains: Option<&'static str>,
}

impl Quiet {
    fn is_on(&self, now: Timestamp) -> bool {
        let minute = now.as_ms() / 60_000 % (24 * 60);
        let in_hours = self.hours.is_none_or(|(from, to)| from <= minute && minute < to);
        self.starts <= now && now < self.ends && in_hours
    }

    /// Whether there is a second in which it is on.
    fn comes(&self, now: Timestamp) -> bool {
        let start = self.starts.max(now);
        let length = self.ends.since(start).as_secs();
        (0..=length).any(|second| self.is_on(start + seconds(second)))
    }

    fn covers(&self, fires: &Fires) -> bool {
        let is_page = fires.labels.get("severity") == Some("page");
        self.maintains.is_none_or(|service| fires.service == Some(service))
            && (self.matchers.is_empty() || fits(self.matchers, &fires.labels))
            && !(self.only_tickets && is_page)
    }
}

struct Fires {
    labels: Labels,
    since: Timestamp,
    ends: Timestamp,
    /// As the services were when it fired.
    service: Option<&'static str>,
    /// Since when people are told of it.
    told: Option<Timestamp>,
}

impl Model {
    fn time_passes(&mut self, now: Timestamp) {
        self.alerts.retain(|_, fires| fires.ends > now);
        self.silences.retain(|_, quiet| quiet.ends > now);
    }

    fn silenced_by(&self, fires: &Fires, now: Timestamp) -> BTreeSet<SilenceId> {
        let quiet = self.silences.iter().filter(|(_, quiet)| quiet.is_on(now) && quiet.covers(fires));
        quiet.map(|(id, _)| *id).collect()
    }

    fn inhibitors(&self, id: AlertId, labels: &Labels) -> BTreeSet<AlertId> {
        let mut found = BTreeSet::new();
        for (source, target, equal) in self.rules {
            let both = |labels: &Labels| fits(source, labels) && fits(target, labels);
            for (other, Fires { labels: theirs, .. }) in &self.alerts {
                let explains = fits(source, theirs)
                    && fits(target, labels)
                    && theirs.get(equal).unwrap_or("") == labels.get(equal).unwrap_or("")
                    && !(both(labels) && both(theirs));
                if *other != id && explains {
                    found.insert(*other);
                }
            }
        }
        found
    }
}

impl Model {
    /// Every service that another depends on, through others too.
    fn above(&self, service: &str) -> BTreeSet<&'static str> {
        let on = |service: &str| self.graph.iter().find(|(name, _)| *name == service).map(|(_, on)| *on);
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = on(service).unwrap_or_default().to_vec();
        while let Some(next) = open.pop() {
            if found.insert(next) {
                open.extend(on(next).unwrap_or_default());
            }
        }
        found
    }

    /// What explains an alert: each pages, is told of, and fired no later.
    fn causes(&self, symptom: &Fires, now: Timestamp) -> BTreeSet<AlertId> {
        let above = self.above(symptom.service.unwrap_or(""));
        let explains = |(id, cause): &(&AlertId, &Fires)| {
            cause.service.is_some_and(|service| above.contains(service))
                && cause.labels.get("severity") == Some("page")
                && cause.since <= symptom.since
                && symptom.labels.get("inhibit") != Some("off")
                && self.silenced_by(cause, now).is_empty()
                && self.inhibitors(**id, &cause.labels).is_empty()
        };
        self.alerts.iter().filter(explains).map(|(id, _)| *id).collect()
    }
}

fn fits(matchers: &str, labels: &Labels) -> bool {
    AlertMatcher::list(matchers).unwrap().iter().all(|matcher| matcher.matches(labels))
}

struct World {
    state: State,
    model: Model,
    records: Vec<Record>,
    now: Timestamp,
}

impl World {
    fn turn(&mut self, input: Input) -> bool {
        let turned = turn(&mut self.state, input, self.now);
        self.records.extend(turned.record);
        turned.answer.is_ok()
    }

    fn tell(&mut self, command: Command) -> bool {
        let key = self.records.len().to_string();
        self.turn(Input::Told(Told { who: Who::new("ana", Via::Api), key, command }))
    }

    fn follow(&mut self, rules: Rules, graph: Graph, maintained: bool) {
        (self.model.rules, self.model.graph) = (rules, graph);
        let files = files(rules, graph, maintained);
        let hash = format!("{rules:?} {graph:?} {maintained}");
        self.turn(Input::Catalog(CatalogTexts { hash, files }));
        self.model.silences.retain(|_, quiet| quiet.maintains.is_none());
        let of_files = self.state.monitor.silences.all().find(|one| one.silence.maintenance.is_some());
        if let Some(one) = of_files.filter(|_| maintained) {
            let (starts, ends) = (Timestamp::EPOCH, one.silence.ends_at);
            let hours = Some((8 * 60 + 10, 8 * 60 + 25));
            let quiet =
                Quiet { matchers: "", starts, ends, hours, only_tickets: false, maintains: Some("api") };
            self.model.silences.insert(one.silence.id, quiet);
        }
    }

    fn receive(&mut self, alerts: Vec<ReceivedAlert>) {
        for alert in &alerts {
            let id = AlertId(alert.labels.fingerprint());
            if alert.ends_at > self.now {
                let named = alert.labels.get("service").unwrap_or("");
                let service = self.model.graph.iter().map(|(name, _)| *name).find(|name| *name == named);
                let (labels, since, ends) = (alert.labels.clone(), self.now, alert.ends_at);
                let fires = self.model.alerts.entry(id);
                fires.or_insert(Fires { labels, since, ends, service, told: None }).ends = ends;
            } else {
                self.model.alerts.remove(&id);
            }
        }
        let received = |alerts| {
            Input::Received(Received {
                source: "test".into(),
                alerts,
                heard: Vec::new(),
                payload: None,
                by: None,
            })
        };
        self.turn(received(alerts.clone()));
        // Said again at once, it is no news; a minute later only the new end of what fires is kept.
        let records = self.records.len();
        self.turn(received(alerts.clone()));
        assert_eq!(self.records.len(), records, "{:#?}", self.records.last());
        let mut other = self.state.clone();
        let later = |alert: ReceivedAlert| ReceivedAlert { ends_at: alert.ends_at + seconds(60), ..alert };
        let fires = alerts.into_iter().filter(|alert| alert.ends_at > self.now);
        let later: Vec<ReceivedAlert> = fires.map(later).collect();
        let again = turn(&mut other, received(later.clone()), self.now).record.map(|record| record.input);
        let kept = again.map(|input| match input {
            Input::Received(received) => (received.alerts.len(), received.heard.len()),
            other => panic!("{other:?}"),
        });
        assert_eq!(kept, (!later.is_empty()).then_some((0, later.len())));
    }

    fn set_by_people(&self) -> Vec<SilenceId> {
        let there = self.model.silences.iter().filter(|(_, quiet)| quiet.maintains.is_none());
        there.map(|(id, _)| *id).collect()
    }

    /// What a new silence keeps quiet.
    fn silences(&self, silence: &Silence, matchers: &'static str, hours: Option<(i64, i64)>) -> Quiet {
        let matched = self.model.alerts.values().filter(|fires| fits(matchers, &fires.labels));
        let urgencies: BTreeSet<bool> =
            matched.map(|fires| fires.labels.get("severity") == Some("page")).collect();
        Quiet {
            matchers,
            starts: silence.starts_at,
            ends: silence.ends_at,
            hours,
            only_tickets: silence.lift_on_severity && urgencies == BTreeSet::from([false]),
            maintains: None,
        }
    }

    fn agrees(&mut self) {
        let held = &self.state.monitor.alerts;
        let fires: BTreeSet<&AlertId> = held.keys().collect();
        assert_eq!(fires, self.model.alerts.keys().collect());
        for (id, fires) in &self.model.alerts {
            let labels = &fires.labels;
            let suppressed = &held[id].suppressed;
            let silenced: BTreeSet<SilenceId> = suppressed
                .iter()
                .filter_map(|by| match by {
                    SuppressedBy::Silence(silence) => Some(*silence),
                    SuppressedBy::Alert(_) | SuppressedBy::Cause(_) => None,
                })
                .collect();
            assert_eq!(silenced, self.model.silenced_by(fires, self.now), "silences of {labels}");
            let inhibitors = self.model.inhibitors(*id, labels);
            match held[id].inhibited_by() {
                Some(by) => assert!(inhibitors.contains(&by), "{labels} is inhibited by {by}"),
                None => assert!(inhibitors.is_empty(), "{labels} ought to be inhibited"),
            }
            // Of a circle one service comes first, and which is not the model's to say.
            let is_circle = self.model.above("db").contains("db");
            let causes = self.model.causes(fires, self.now);
            // What people were told of before stays told.
            let is_known = fires.told.is_some_and(|told| told < self.now);
            match held[id].cause() {
                Some(by) => {
                    assert!(causes.contains(&by), "{labels} is explained by {by}");
                    assert!(
                        !is_known || suppressed.len() > 1,
                        "{labels} was told of, and is explained by {by}"
                    );
                }
                None => {
                    let stays_told = is_known && suppressed.is_empty();
                    assert!(is_circle || causes.is_empty() || stays_told, "{labels} ought to be explained");
                }
            }
            self.ends_in_what_is_told_of(*id);
            self.is_told_of(*id, suppressed.is_empty());
        }
        for (id, fires) in &mut self.model.alerts {
            let is_told = self.state.monitor.alerts[id].suppressed.is_empty();
            fires.told = is_told.then(|| fires.told.unwrap_or(self.now));
        }
    }

    /// From what is explained a chain of causes leads to an alert that nothing suppresses.
    fn ends_in_what_is_told_of(&self, id: AlertId) {
        let held = &self.state.monitor.alerts;
        let mut passed = BTreeSet::from([id]);
        let mut at = id;
        while let Some(cause) = held[&at].cause() {
            assert!(passed.insert(cause), "{id} is explained in a circle");
            at = cause;
        }
        assert!(at == id || held[&at].suppressed.is_empty(), "nobody is told of what explains {id}");
    }

    /// What disturbs is in an incident that is going on; what is suppressed disturbs in none.
    fn is_told_of(&self, id: AlertId, disturbs: bool) {
        let incidents = self.state.respond.incidents.open.values();
        let mut joined = incidents.filter(|i| !i.is_over()).filter_map(|i| i.alerts.get(&id));
        match joined.next() {
            Some(joined) => assert_eq!(joined.suppressed, !disturbs, "{id}"),
            None => assert!(!disturbs, "{id} disturbs, and nobody is told"),
        }
    }

    /// The journal says all that the state knows.
    fn is_replayed(&self) {
        let mut again = State::default();
        self.records.iter().for_each(|record| again.apply(record));
        assert!(again.monitor == self.state.monitor && again.respond == self.state.respond);
    }
}

fn alert(u: &mut Unstructured, now: Timestamp) -> arbitrary::Result<ReceivedAlert> {
    let labels = Labels::new([
        ("alertname", *u.choose(&["Cause", "Symptom", "Both", "Other"])?),
        ("cluster", *u.choose(&["a", "b", ""])?),
        ("n", *u.choose(&["0", "1"])?),
        ("severity", *u.choose(&["page", "page", "page", "warning"])?),
        ("service", *u.choose(&["web", "api", "db", "elsewhere"])?),
        ("inhibit", *u.choose(&["", "", "", "", "off"])?),
    ]);
    let annotations = Labels::new([("summary", *u.choose(&["one", "one", "another"])?)]);
    let ends_at = match u.int_in_range(0..=5_u8)? {
        0 => now,
        1 => now + seconds(60),
        _ => now + seconds(u.int_in_range(100..=900)?),
    };
    Ok(ReceivedAlert {
        labels,
        annotations,
        starts_at: now,
        ends_at,
        open_ended: false,
        generator: "".into(),
    })
}

#[test]
fn suppression_is_as_a_naive_model_says() {
    // What explained another was inhibited by one that fired at the same moment.
    arbtest::arbtest(as_the_model_says).seed(0xd674_c1af_0000_0096);
    arbtest::arbtest(as_the_model_says).budget_ms(2_000);
}

fn as_the_model_says(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let now = Timestamp::from_ms(1_800_000_000_000);
    let mut world = World { state: State::default(), model: Model::default(), records: Vec::new(), now };
    world.follow(RULES[0], GRAPHS[0], true);
    for number in 0..u.int_in_range(1..=40_u128)? {
        world.now = world.now + seconds(u.int_in_range(0..=90)?);
        let now = world.now;
        world.model.time_passes(now);
        if world.state.next_deadline(now).is_some_and(|at| at <= now) {
            world.turn(Input::Tick);
        }
        match u.int_in_range(0..=9_u8)? {
            0 => world.follow(u.choose(&RULES)?, u.choose(&GRAPHS)?, u.arbitrary()?),
            1 => {
                let (term, version) = (number as u64 + 1, "test".to_owned());
                world.turn(Input::Started(Started { term, version, moved: false, address: None }));
                let until = now + RESOLVE_TIMEOUT;
                world.model.alerts.values_mut().for_each(|fires| fires.ends = until.max(fires.ends));
            }
            2 => {
                let there = world.set_by_people();
                if !there.is_empty() {
                    let silence = *u.choose(&there)?;
                    assert!(world.tell(Command::LiftSilence { silence }));
                    world.model.silences.remove(&silence);
                }
            }
            3 | 4 => {
                let there = world.set_by_people();
                let replaces =
                    if there.is_empty() || u.ratio(1, 2)? { None } else { Some(*u.choose(&there)?) };
                let matchers = *u.choose(&SILENCED)?;
                let starts_at = now + seconds(*u.choose(&[0, 0, 45])?);
                let ends_at = starts_at + seconds(u.int_in_range(30..=600)?);
                let list = AlertMatcher::list(matchers).unwrap();
                let matchers_of = list.iter().map(AlertMatcher::plain).collect();
                let (id, by) = (SilenceId(number), "ana".to_owned());
                let hours = *u.choose(&[None, None, Some((8 * 60 + 5, 8 * 60 + 15))])?;
                let weekly = "mon,tue,wed,thu,fri,sat,sun 08:05-08:15 UTC";
                let silence = Silence {
                    lift_on_severity: u.arbitrary()?,
                    weekly: hours.map(|_| weekly.parse().unwrap()),
                    ..Silence::new(id, matchers_of, starts_at, ends_at, by, String::new())
                };
                let quiet = world.silences(&silence, matchers, hours);
                let is_taken = world.tell(Command::Silence { silence: silence.into(), replaces });
                assert_eq!(is_taken, quiet.comes(now));
                if !is_taken {
                    continue;
                }
                // Which of the two ids it has from now on is told in the receipt.
                let kept = replaces.filter(|old| {
                    let old = world.state.monitor.silences.get(*old).unwrap();
                    old.silence.ends_at == ends_at
                        && world.state.monitor.silences.get(SilenceId(number)).is_none()
                });
                world.model.silences.retain(|id, _| Some(*id) != replaces);
                // A changed one goes on with what it was made of.
                let set = world.state.monitor.silences.get(kept.unwrap_or(SilenceId(number))).unwrap();
                let only_tickets = set.silence.up_to == Some(Urgency::Ticket);
                assert!(kept.is_some() || only_tickets == quiet.only_tickets, "{set:?}");
                let quiet = Quiet { only_tickets, ..quiet };
                world.model.silences.insert(kept.unwrap_or(SilenceId(number)), quiet);
            }
            _ => {
                let count = u.int_in_range(1..=4)?;
                let alerts: Result<Vec<_>, _> = (0..count).map(|_| alert(u, now)).collect();
                let mut once = BTreeMap::new();
                alerts?.into_iter().for_each(|alert| drop(once.insert(alert.labels.clone(), alert)));
                world.receive(once.into_values().collect());
            }
        }
        world.agrees();
    }
    world.is_replayed();
    Ok(())
}
