//! The matcher against a naive model, the book against the order of things, days against the clocks.

use std::cmp::Reverse;
use std::time::Duration;

use andon_definitions::{Catalog, SourceFile, load};
use andon_vocabulary::{
    AlertFired, AlertId, Event, FiredReason, IncidentId, IncumbentCase, IncumbentDeed, IncumbentDid,
    IncumbentParty, Input, InstanceEvent, Labels, MonitorEvent, RespondEvent, ShadowCounts, SuppressedBy,
    Timestamp, Urgency, Value,
};
use arbtest::arbitrary::{Result, Unstructured};

use super::pair::{Likeness, Ours, Theirs, likeness, pair};
use super::*;
use crate::State;

const WITHIN: Duration = Duration::from_secs(600);

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn some(u: &mut Unstructured<'_>, of: &[&'static str]) -> Result<Option<&'static str>> {
    let chosen = *u.choose(of)?;
    Ok(Some(chosen).filter(|chosen| !chosen.is_empty()))
}

fn labels(u: &mut Unstructured<'_>) -> Result<Labels> {
    let mut pairs = Vec::new();
    for (name, values) in [
        ("alertname", &["DiskFull", "Slow", "Slow", ""][..]),
        ("instance", &["a", "b", ""]),
        ("dedup_key", &["k1", "", "", ""]),
    ] {
        pairs.extend(some(u, values)?.map(|value| (name, value)));
    }
    Ok(Labels::new(pairs))
}

fn moment(u: &mut Unstructured<'_>) -> Result<Timestamp> {
    Ok(Timestamp::from_ms(1_000_000_000 + i64::from(u.int_in_range(0..=40u8)?) * 120_000))
}

const TITLES: [&str; 6] =
    ["DiskFull", "[FIRING:2] Slow (a b)", "it is slow", "Slowness", "", "DiskFull, Slow"];

#[derive(Clone, Debug)]
struct Case {
    at: Timestamp,
    key: Option<&'static str>,
    labels: Labels,
    title: &'static str,
    service: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Alert {
    from: Timestamp,
    until: Timestamp,
    labels: Labels,
    summary: Option<&'static str>,
    service: Option<&'static str>,
}

impl Case {
    fn theirs(&self) -> Theirs<'_> {
        let Case { at, key, labels, title, service } = self;
        Theirs { at: *at, key: *key, labels, title, service: *service }
    }
}

impl Alert {
    fn ours(&self) -> Ours<'_> {
        let Alert { from, until, labels, summary, service } = self;
        Ours { from: *from, until: *until, labels, summary: *summary, service: *service }
    }
}

fn world(u: &mut Unstructured<'_>) -> Result<(Vec<Case>, Vec<Alert>)> {
    let services = ["shop", "till", ""];
    let mut cases = Vec::new();
    for _ in 0..u.int_in_range(0..=12)? {
        let labels = if u.arbitrary()? { labels(u)? } else { Labels::default() };
        let (key, title) = (some(u, &["k1", "k2", "", ""])?, *u.choose(&TITLES)?);
        cases.push(Case { at: moment(u)?, key, labels, title, service: some(u, &services)? });
    }
    let mut alerts = Vec::new();
    for _ in 0..u.int_in_range(0..=12)? {
        let from = moment(u)?;
        let until = if u.arbitrary()? { from + Duration::from_secs(300) } else { Timestamp::MAX };
        let summary = some(u, &["it is slow", "", ""])?;
        alerts.push(Alert { from, until, labels: labels(u)?, summary, service: some(u, &services)? });
    }
    alerts.sort_by_key(|alert| alert.from);
    Ok((cases, alerts))
}

/// Every alert is looked at for every case.
fn naive(case: &Case, alerts: &[Alert]) -> Option<usize> {
    let found = alerts.iter().enumerate().filter_map(|(place, alert)| {
        let apart = case.at.as_ms().abs_diff(alert.from.as_ms());
        Some((likeness(&case.theirs(), &alert.ours(), WITHIN)?, Reverse(apart), Reverse(place)))
    });
    found.max().map(|(_, _, Reverse(place))| place)
}

#[test]
fn the_index_finds_what_looking_at_everything_finds() {
    arbtest::arbtest(|u| {
        let (cases, alerts) = world(u)?;
        let ours: Vec<Ours<'_>> = alerts.iter().map(Alert::ours).collect();
        let theirs: Vec<Theirs<'_>> = cases.iter().map(Case::theirs).collect();
        let found = pair(&theirs, &ours, WITHIN);
        let expected: Vec<Option<usize>> = cases.iter().map(|case| naive(case, &alerts)).collect();
        assert_eq!(found, expected, "{cases:#?}\n{alerts:#?}");
        let reversed: Vec<Theirs<'_>> = theirs.iter().rev().copied().collect();
        let mut found = pair(&reversed, &ours, WITHIN);
        found.reverse();
        assert_eq!(found, expected, "whichever case is looked at first");
        Ok(())
    });
}

#[test]
fn what_says_more_is_believed_more() {
    let fired = Labels::new([("alertname", "Slow"), ("instance", "a"), ("dedup_key", "k1")]);
    let ours = Ours {
        from: at("2026-11-23T10:00:00Z"),
        until: Timestamp::MAX,
        labels: &fired,
        summary: Some("it is slow"),
        service: Some("shop"),
    };
    let none = Labels::default();
    let theirs =
        Theirs { at: at("2026-11-23T10:04:00Z"), key: None, labels: &none, title: "", service: None };
    let like = |theirs: Theirs<'_>| likeness(&theirs, &ours, WITHIN);
    let some = Labels::new([("alertname", "Slow"), ("instance", "a")]);
    let other = Labels::new([("alertname", "Slow"), ("instance", "b")]);
    assert_eq!(like(Theirs { key: Some("k1"), ..theirs }), Some(Likeness::Key));
    assert_eq!(like(Theirs { labels: &fired, ..theirs }), Some(Likeness::Labels));
    assert_eq!(like(Theirs { labels: &some, ..theirs }), Some(Likeness::SomeLabels));
    assert_eq!(like(Theirs { labels: &other, title: "Slow", ..theirs }), None, "another instance");
    assert_eq!(like(Theirs { title: "it is slow", ..theirs }), Some(Likeness::Summary));
    assert_eq!(
        like(Theirs { title: "[Slow] now", service: Some("Shop"), ..theirs }),
        Some(Likeness::NameAndService)
    );
    assert_eq!(like(Theirs { title: "Slow on a", service: Some("till"), ..theirs }), Some(Likeness::Name));
    assert_eq!(like(Theirs { title: "Slowness", ..theirs }), None);
    let early = Theirs { key: Some("k1"), at: at("2026-11-23T09:49:59Z"), ..theirs };
    assert_eq!(like(early), None, "too early");
    let lasting = Theirs { key: Some("k1"), at: at("2026-11-25T00:00:00Z"), ..theirs };
    assert_eq!(like(lasting), Some(Likeness::Key), "it fires still");
}

const FILES: &str = "apiVersion: andon/v1
kind: Instance
metadata: { name: beside }
spec: { mode: shadow, shadow: { timezone: Europe/Madrid } }
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
    ben: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
---
apiVersion: andon/v1
kind: Source
metadata: { name: pd }
spec: { format: pagerduty, incumbent: true, secret: { hmac: x }, names: { PBEN: ben } }
";

fn catalog() -> Catalog {
    let (catalog, found) = load(&[SourceFile { path: "ops.yaml".to_owned(), text: FILES.to_owned() }]);
    assert_eq!(found, []);
    catalog
}

fn party(name: &str) -> IncumbentParty {
    IncumbentParty { name: name.to_owned(), id: None, address: None }
}

fn deed(id: &str, when: &str, did: IncumbentDid) -> IncumbentDeed {
    let case = IncumbentCase {
        id: "P1".to_owned(),
        title: format!("Slow, as {id} says"),
        key: None,
        labels: Labels::default(),
        service: None,
        link: None,
    };
    IncumbentDeed { id: id.to_owned(), at: at(when), case, did }
}

/// A state of this moment, in shadow mode.
fn state(catalog: &Catalog, when: &str) -> State {
    let mut state = State::default();
    let changed = InstanceEvent::CatalogChanged { hash: String::new(), files: Default::default() };
    state.apply(&changed.into(), at(when), catalog);
    state
}

fn did(state: &mut State, deed: &IncumbentDeed, catalog: &Catalog) {
    let event: Event =
        RespondEvent::IncumbentDid { source: "pd".into(), deed: Box::new(deed.clone()) }.into();
    state.apply(&event, deed.at, catalog);
}

#[test]
fn in_which_order_the_incumbent_speaks_and_how_often_changes_nothing() {
    let catalog = catalog();
    let paged = |who: &str| IncumbentDid::Paged { whom: vec![party(who)] };
    let deeds = [
        deed("1", "2026-11-23T10:00:00Z", paged("Ana Ruiz")),
        deed("2", "2026-11-23T10:01:00Z", IncumbentDid::Acknowledged { by: Some(party("ana")) }),
        deed("3", "2026-11-23T10:05:00Z", paged("Ben")),
        deed("4", "2026-11-23T10:07:00Z", IncumbentDid::Acknowledged { by: None }),
        deed("5", "2026-11-23T10:09:00Z", IncumbentDid::Resolved),
    ];
    let day = Day::containing(at("2026-11-23T12:00:00Z"), &catalog);
    let row = |order: &[usize]| {
        let mut state = state(&catalog, "2026-11-23T09:00:00Z");
        order.iter().for_each(|place| did(&mut state, &deeds[*place], &catalog));
        compare(&state.beside, &catalog, &day, at("2026-11-23T12:00:00Z"))
    };
    let usual = row(&[0, 1, 2, 3, 4]);
    assert_eq!(usual.counts, ShadowCounts { only_incumbent: 1, ..ShadowCounts::default() });
    let side = usual.rows[0].incumbent.as_ref().expect("it paged");
    assert_eq!(usual.rows[0].title, "Slow, as 1 says");
    assert_eq!(
        (&side.whom[..], &side.then[..]),
        (&[Whom::Person("ana".into())][..], &[Whom::Person("ben".into())][..])
    );
    assert_eq!(side.acknowledged_at, Some(at("2026-11-23T10:01:00Z")));
    arbtest::arbtest(|u| {
        let mut order: Vec<usize> = (0..deeds.len()).collect();
        for _ in 0..u.int_in_range(0..=4)? {
            order.push(u.int_in_range(0..=deeds.len() - 1)?);
        }
        for place in (1..order.len()).rev() {
            order.swap(place, u.int_in_range(0..=place)?);
        }
        assert_eq!(row(&order), usual, "{order:?}");
        Ok(())
    });
}

#[test]
fn a_deed_is_taken_once() {
    let catalog = catalog();
    let mut state = state(&catalog, "2026-11-23T09:00:00Z");
    let duty = andon_definitions::oncall::Duty::default();
    let one = deed("1", "2026-11-23T10:00:00Z", IncumbentDid::Paged { whom: vec![party("ana")] });
    let said = andon_vocabulary::IncumbentSaid {
        source: "pd".into(),
        deeds: vec![one.clone(), one],
        payload: None,
        by: None,
    };
    let input = Input::Incumbent(said);
    let now = at("2026-11-23T10:00:01Z");
    let cx = Context { catalog: &catalog, duty: &duty, now, halted: false, next_intent: 1 };
    let events = state.decide(&input, &cx).expect("decided");
    assert_eq!(events.len(), 1, "the same twice in one request");
    events.iter().for_each(|event| state.apply(event, now, &catalog));
    assert_eq!(state.decide(&input, &cx).expect("decided"), []);
}

fn fired(id: u64, when: &str, suppressed: Vec<SuppressedBy>) -> (Timestamp, Event) {
    let fired = AlertFired {
        alert: AlertId(id),
        rule: "g/Slow".into(),
        labels: Labels::new([("alertname", "Slow")]),
        annotations: Labels::default(),
        value: Value(1.0),
        service: None,
        urgency: Urgency::Page,
        since: at(when),
        reason: FiredReason::AtOnce,
        received: None,
        suppressed,
    };
    (at(when), MonitorEvent::AlertFired(fired).into())
}

#[test]
fn why_andon_paged_nobody() {
    let catalog = catalog();
    let paged = deed("1", "2026-11-23T10:02:00Z", IncumbentDid::Paged { whom: vec![party("ana")] });
    let word = |events: &[(Timestamp, Event)]| {
        let mut state = state(&catalog, "2026-11-23T09:00:00Z");
        events.iter().for_each(|(at, event)| {
            state.beside.apply(event, *at, &catalog, &state.incidents, &state.dispatch);
        });
        did(&mut state, &paged, &catalog);
        let day = Day::containing(paged.at, &catalog);
        let compared = compare(&state.beside, &catalog, &day, at("2026-11-23T12:00:00Z"));
        compared
            .rows
            .iter()
            .filter_map(|row| row.reason.as_ref())
            .map(Reason::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    let when = "2026-11-23T10:00:00Z";
    let of = |event: RespondEvent| (at(when), event.into());
    let opened = of(RespondEvent::IncidentOpened {
        incident: IncidentId(7),
        service: "till".into(),
        team: None,
        title: "Slow".to_owned(),
        severity: 2,
        why: andon_vocabulary::SeverityReason::NoHealthyInstance,
        declared_by: None,
    });
    let joined =
        of(RespondEvent::AlertJoined { incident: IncidentId(7), alert: AlertId(1), name: "Slow".to_owned() });
    let stuck = of(RespondEvent::EscalationExhausted {
        incident: IncidentId(7),
        team: None,
        why: "no team".to_owned(),
    });
    let fires = fired(1, when, Vec::new());
    let over: (Timestamp, Event) = (
        at("2026-11-23T10:00:20Z"),
        MonitorEvent::AlertResolved {
            alert: AlertId(1),
            rule: "g/Slow".into(),
            why: andon_vocabulary::ResolvedReason::Ended,
        }
        .into(),
    );
    assert_eq!(word(&[]), "no such alert came here at that time");
    assert_eq!(word(&[fired(1, when, vec![SuppressedBy::Alert(AlertId(9))])]), "ALR-9 inhibits it");
    assert_eq!(word(std::slice::from_ref(&fires)), "no route leads it to anybody");
    assert_eq!(word(&[opened.clone(), fires.clone(), joined.clone()]), "its time had not come");
    assert_eq!(
        word(&[opened.clone(), fires.clone(), joined.clone(), over]),
        "it ended after 20s, before anybody was to be told"
    );
    assert_eq!(word(&[opened, fires, joined, stuck]), "INC-7 has nobody to page: no team");
}

#[test]
fn days_are_those_of_the_zone() {
    let catalog = catalog();
    let hours = |when: &str| {
        let day = Day::containing(at(when), &catalog);
        (day.date.to_string(), day.until.since(day.from).as_secs() / 3600, day.from)
    };
    assert_eq!(hours("2026-11-22T23:00:00Z"), ("2026-11-23".to_owned(), 24, at("2026-11-22T23:00:00Z")));
    assert_eq!(hours("2026-11-22T22:59:59Z").0, "2026-11-22");
    assert_eq!(hours("2026-10-25T12:00:00Z"), ("2026-10-25".to_owned(), 25, at("2026-10-24T22:00:00Z")));
    assert_eq!(hours("2026-03-29T12:00:00Z"), ("2026-03-29".to_owned(), 23, at("2026-03-28T23:00:00Z")));
    // Where the clocks change at midnight, a day begins at one.
    let zone = andon_definitions::oncall::zone("America/Santiago").expect("a zone");
    let day = Day::around(at("2026-09-06T04:30:00Z"), &zone);
    assert_eq!((day.date.to_string(), day.from), ("2026-09-06".to_owned(), at("2026-09-06T04:00:00Z")));
}

#[test]
fn every_day_is_reported_once_an_hour_after_its_end() {
    let catalog = catalog();
    let mut state = state(&catalog, "2026-10-24T09:00:00Z");
    let duty = andon_definitions::oncall::Duty::default();
    let mut said = Vec::new();
    for _ in 0..3 {
        let now = deadline(&state.beside, &catalog).expect("a day ends");
        let cx = Context { catalog: &catalog, duty: &duty, now, halted: false, next_intent: 1 };
        let early = Context { now: now - Duration::from_millis(1), ..cx };
        assert_eq!(state.decide(&Input::Tick, &early).expect("decided"), []);
        let events = state.decide(&Input::Tick, &cx).expect("decided");
        let [event @ Event::Respond(RespondEvent::ShadowReported { day, .. })] = &events[..] else {
            panic!("{events:?}")
        };
        said.push(format!("{day} at {now}"));
        state.apply(event, now, &catalog);
    }
    assert_eq!(
        said,
        [
            "2026-10-24 at 2026-10-24T23:00:00.000Z",
            "2026-10-25 at 2026-10-26T00:00:00.000Z",
            "2026-10-26 at 2026-10-27T00:00:00.000Z"
        ]
    );
    let mut acting = catalog;
    acting.instance.mode = andon_definitions::instance::Mode::Act;
    assert_eq!(deadline(&state.beside, &acting), None, "only shadow mode has such days");
}
