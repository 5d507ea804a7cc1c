//! An alert: that it fires and why, how urgent it is, what suppresses it, and both ways that lead from it to people:
//! its incident with the team's escalation, and the routes of an `alertmanager.yml`.

use std::collections::BTreeSet;

use andon_definitions::alertmanager::AlertMatcher;
use andon_definitions::{Catalog, Urgency as Definite};
use andon_monitor::{Alert, Phase};
use andon_vocabulary::{
    AlertFired, AlertId, Event, IncidentId, Labels, MonitorEvent, Name, ReceivedFrom, RespondEvent,
    SuppressedBy, Urgency,
};

use super::incident::{self, Paged};
use super::past::Past;
use super::step::{Sign, Stage, Step};
use super::{delivery, route};

/// Where one of several is named.
const NAMED_MAX: usize = 5;

/// What is known of an alert: from the state while it is there, else from the journal.
struct Known<'a> {
    rule: &'a Name,
    labels: &'a Labels,
    service: Option<&'a Name>,
    urgency: Urgency,
    received: Option<&'a ReceivedFrom>,
    suppressed: &'a [SuppressedBy],
    /// It is in the state, and has fired.
    fires: bool,
    pending: Option<&'a Phase>,
}

impl<'a> Known<'a> {
    fn of(past: &Past<'a>, id: AlertId) -> Option<Known<'a>> {
        if let Some(alert) = past.state.monitor.alerts.get(&id) {
            return Some(Known::held(alert));
        }
        past.facts().rev().find_map(|fact| match fact.event {
            Event::Monitor(MonitorEvent::AlertFired(fired)) if fired.alert == id => Some(Known::fired(fired)),
            _ => None,
        })
    }

    fn held(alert: &'a Alert) -> Known<'a> {
        Known {
            rule: &alert.rule,
            labels: &alert.labels,
            service: alert.service.as_ref(),
            urgency: alert.urgency,
            received: alert.received.as_ref(),
            suppressed: &alert.suppressed,
            fires: alert.fired_at().is_some(),
            pending: matches!(alert.phase, Phase::Pending { .. }).then_some(&alert.phase),
        }
    }

    fn fired(fired: &'a AlertFired) -> Known<'a> {
        Known {
            rule: &fired.rule,
            labels: &fired.labels,
            service: fired.service.as_ref(),
            urgency: fired.urgency,
            received: fired.received.as_ref(),
            suppressed: &fired.suppressed,
            fires: false,
            pending: None,
        }
    }
}

/// The alerts that match, the newest first: those in the state, and those that the journal tells of.
pub(super) fn matching(past: &Past<'_>, matchers: &[AlertMatcher]) -> Vec<AlertId> {
    let fits = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches(labels));
    let held = past.state.monitor.alerts.iter().filter(|(_, alert)| fits(&alert.labels));
    let mut held: Vec<(AlertId, andon_vocabulary::Timestamp)> =
        held.map(|(id, alert)| (*id, alert.since())).collect();
    held.sort_by_key(|(id, since)| (std::cmp::Reverse(*since), *id));
    let mut found: Vec<AlertId> = held.into_iter().map(|(id, _)| id).collect();
    let mut known: BTreeSet<AlertId> = found.iter().copied().collect();
    for fact in past.facts().rev() {
        if let Event::Monitor(MonitorEvent::AlertFired(fired)) = fact.event
            && fits(&fired.labels)
            && known.insert(fired.alert)
        {
            found.push(fired.alert);
        }
    }
    found
}

/// Nothing of that name fired: what the definitions and the state say of its rule.
pub(super) fn silent(past: &Past<'_>, matchers: &[AlertMatcher]) -> Vec<Step> {
    let since = past.since.second();
    let mut steps = Vec::new();
    let by_name = matchers.iter().find(|matcher| matcher.name() == "alertname");
    let rules = past.catalog().rules.iter().flat_map(|group| group.named());
    let rules = rules.filter(|(_, rule)| match (rule, by_name) {
        (andon_definitions::Rule::Alerting(rule), Some(matcher)) => {
            matcher.matches(&Labels::new([("alertname", rule.alert.as_str())]))
        }
        _ => false,
    });
    for (name, rule) in rules.take(NAMED_MAX) {
        let step = match past.state.monitor.failing.get(&*name) {
            Some(failing) => {
                let text = format!("rule {name} cannot be evaluated: {}", failing.error);
                Step::stopped(Stage::Alert, text).at(failing.since)
            }
            None => Step::stopped(Stage::Alert, format!("rule {name} raised no such alert since {since}")),
        };
        let condition = Step::said(Stage::Alert, format!("its condition: {}", &**rule.expr()));
        steps.push(step.by(Some(rule.origin())).with([condition]));
    }
    if steps.is_empty() {
        let text = format!("no alert with these labels fired since {since}, and no rule here raises one");
        steps.push(Step::stopped(Stage::Alert, text));
    }
    for (target, silent) in past.state.monitor.silent.iter().take(NAMED_MAX) {
        let text = format!("{target} does not answer: {}", silent.error);
        steps.push(Step::said(Stage::Alert, text).at(silent.since));
    }
    steps
}

pub(super) fn short(past: &Past<'_>, alerts: &[AlertId]) -> String {
    let Some(known) = alerts.first().and_then(|id| Known::of(past, *id)) else {
        return format!("no such alert fired since {}", past.since.second());
    };
    let name = known.labels.get("alertname").unwrap_or(known.rule);
    let mut people: Vec<String> = Vec::new();
    let mut earlier = None;
    for id in alerts.iter().take(NAMED_MAX) {
        let mut told = Vec::new();
        if let Some(incident) = incident_of(past, *id) {
            let (before, since) = paged(past, *id, incident);
            told = taken(&since);
            earlier = earlier.or(Some((incident, taken(&before)))).filter(|(_, before)| !before.is_empty());
        }
        told.extend(receivers(past, *id));
        told.retain(|name| !people.contains(name));
        people.extend(told);
    }
    match people.is_empty() {
        true => match earlier {
            Some((incident, before)) => {
                format!("nobody was told of {name} anew: {} had been paged for {incident}", before.join(", "))
            }
            None => format!("nobody was told of {name}"),
        },
        false if past.catalog().instance.is_shadow() => {
            format!("nobody was told of {name}; {} would have been", people.join(", "))
        }
        false => format!("{} was told of {name}", people.join(", ")),
    }
}

/// The pages of its incident: those before the alert fired or joined it, which told nobody of the alert, and those since.
fn paged(past: &Past<'_>, id: AlertId, incident: IncidentId) -> (Vec<Paged>, Vec<Paged>) {
    let began = past.facts().rev().find(|fact| match fact.event {
        Event::Monitor(MonitorEvent::AlertFired(fired)) => fired.alert == id,
        Event::Respond(RespondEvent::AlertJoined { alert, .. }) => *alert == id,
        _ => false,
    });
    let began = began.map_or(0, |fact| fact.seq);
    incident::paged(past, incident).into_iter().partition(|page| page.record < began)
}

/// Whoever a page reached, each once.
fn taken(pages: &[Paged]) -> Vec<String> {
    let mut people: Vec<String> = Vec::new();
    for page in pages.iter().filter(|page| page.sign == Sign::Led) {
        if !people.contains(&page.person.to_string()) {
            people.push(page.person.to_string());
        }
    }
    people
}

/// Who took a notification of it.
fn receivers(past: &Past<'_>, id: AlertId) -> Vec<String> {
    let mut found = Vec::new();
    for group in past.state.respond.dispatch.groups_of(id) {
        let told = group.lines.iter().filter_map(|line| line.told.as_ref());
        if told.into_iter().any(|told| told.firing.contains(&id) || told.resolved.contains(&id)) {
            found.push(format!("receiver {}", group.receiver));
        }
    }
    found
}

/// The incident that it belongs to, or last belonged to.
fn incident_of(past: &Past<'_>, id: AlertId) -> Option<IncidentId> {
    if let Some(incident) = past.state.respond.incidents.of_alert(id) {
        return Some(incident.id);
    }
    past.facts().rev().find_map(|fact| match fact.event {
        Event::Respond(RespondEvent::AlertJoined { incident, alert, .. }) if *alert == id => Some(*incident),
        _ => None,
    })
}

pub(super) fn step(past: &Past<'_>, id: AlertId) -> Step {
    let Some(known) = Known::of(past, id) else {
        return Step::stopped(
            Stage::Alert,
            format!("the journal knows no {id} since {}", past.since.second()),
        );
    };
    let labels = known.labels.without(&["alertname"]);
    let name = known.labels.get("alertname").unwrap_or(known.rule);
    let mut steps = happened(past, id, &known);
    if let Some(Phase::Pending { fires_at, .. }) = known.pending {
        let text = "its condition holds, but not for long enough: it fires then, if it still holds";
        steps.push(Step::waits(Stage::Alert, text).at(*fires_at).by(rule_origin(past, known.rule)));
        return Step::waits(Stage::Alert, format!("{name} {labels}")).with(steps);
    }
    steps.push(urgency(&known));
    let quiet = known.suppressed.iter().map(|by| delivery::suppression(past, *by, known.labels));
    let quiet: Vec<Step> = quiet.collect();
    match quiet.is_empty() {
        true => steps.push(Step::led(Stage::Suppression, "no silence and no other alert suppresses it")),
        false => steps.extend(quiet),
    }
    steps.push(pages(past, id, &known));
    steps.extend(route::step(past, id, known.labels, known.suppressed, known.fires));
    let leads = |sign: Sign| steps.iter().any(|step| step.stage != Stage::Alert && step.sign == sign);
    let told = |step: &Step| matches!(step.stage, Stage::Incident | Stage::Route);
    let sign = match () {
        () if steps.iter().any(|step| told(step) && step.sign == Sign::Led) => Sign::Led,
        () if leads(Sign::Waits) => Sign::Waits,
        () => Sign::Stopped,
    };
    Step::new(Stage::Alert, sign, format!("{name} {labels}")).with(steps)
}

fn rule_origin<'a>(past: &Past<'a>, rule: &str) -> Option<&'a andon_definitions::Origin> {
    past.catalog().alerting_rule(rule).map(|(_, rule)| &rule.origin)
}

/// What the journal tells of it, and its condition.
fn happened(past: &Past<'_>, id: AlertId, known: &Known<'_>) -> Vec<Step> {
    let catalog: &Catalog = past.catalog();
    let rule = catalog.alerting_rule(known.rule).map(|(_, rule)| rule);
    let origin = match known.received {
        None => rule.map(|rule| rule.origin.to_string()),
        Some(from) => catalog.sources.get(&*from.source).map(|source| source.origin.to_string()),
    };
    let mut steps: Vec<Step> = Vec::new();
    for fact in past.facts() {
        let Event::Monitor(event) = fact.event else { continue };
        let sign = match event {
            MonitorEvent::AlertFired(fired) if fired.alert == id => {
                // What it was before it last fired is another story.
                steps.clear();
                Sign::Led
            }
            MonitorEvent::AlertPending { alert, .. } if *alert == id => Sign::Said,
            MonitorEvent::AlertLost { alert, .. }
            | MonitorEvent::AlertFound { alert, .. }
            | MonitorEvent::AlertHeld { alert, .. }
                if *alert == id =>
            {
                Sign::Said
            }
            MonitorEvent::AlertResolved { alert, .. } | MonitorEvent::AlertDropped { alert, .. }
                if *alert == id =>
            {
                Sign::Stopped
            }
            MonitorEvent::AlertsSuppressed { alerts, .. } if alerts.contains(&id) => Sign::Stopped,
            MonitorEvent::AlertsReleased { alerts, .. } if alerts.contains(&id) => Sign::Led,
            _ => continue,
        };
        let stage = match event {
            MonitorEvent::AlertsSuppressed { .. } | MonitorEvent::AlertsReleased { .. } => Stage::Suppression,
            _ => Stage::Alert,
        };
        let by = if matches!(event, MonitorEvent::AlertFired(_)) { origin.clone() } else { None };
        steps.push(Step::quoting(stage, sign, &fact).by(by));
    }
    if steps.is_empty()
        && let Some(alert) = past.state.monitor.alerts.get(&id)
    {
        let text = format!("it fires since {}, value {}", alert.since().second(), alert.value);
        steps.push(Step::led(Stage::Alert, text).at(alert.since()).by(origin.clone()));
    }
    if let (Some(rule), Some(first)) = (rule, steps.first_mut()) {
        let held = if rule.held_for.is_zero() { String::new() } else { format!(", for {}", rule.held_for) };
        let text = format!("its condition: {}{held}", &*rule.expr);
        first.steps.push(Step::said(Stage::Alert, text).by(Some(&rule.origin)));
    }
    steps
}

fn urgency(known: &Known<'_>) -> Step {
    let (_, label) = Definite::decided(known.labels);
    let because = match label {
        Some(label) => format!("label {label}={:?}", known.labels.get(label).unwrap_or_default()),
        None => "it has neither `urgency` nor `severity`".to_owned(),
    };
    let text = format!("it is {}: {because}", known.urgency);
    match known.urgency {
        Urgency::Page => Step::led(Stage::Urgency, text),
        Urgency::Ticket | Urgency::Log => {
            Step::stopped(Stage::Urgency, format!("{text}, so it pages nobody"))
        }
    }
}

/// Its incident, and the escalation of the team that has it.
fn pages(past: &Past<'_>, id: AlertId, known: &Known<'_>) -> Step {
    let catalog = past.catalog();
    let claimed = match known.service {
        Some(service) => format!("{service} claims it"),
        None => "no service claims it".to_owned(),
    };
    let origin = known.service.and_then(|name| catalog.services.get(&**name)).map(|service| &service.origin);
    let Some(incident) = incident_of(past, id) else {
        let why = match (known.urgency, known.suppressed.is_empty()) {
            (Urgency::Log, _) => "it only goes on record",
            (_, false) => "it is suppressed since it fires",
            (_, true) => "nothing followed from it",
        };
        return Step::stopped(Stage::Incident, format!("it is in no incident: {why} ({claimed})")).by(origin);
    };
    let mut steps = incident::steps(past, incident);
    let (before, since) = paged(past, id, incident);
    if since.is_empty()
        && let Some(first) = before.iter().find(|page| page.sign == Sign::Led)
    {
        let people = taken(&before).join(", ");
        let text = format!(
            "it joined {incident}, for which {people} had been paged at {}: it paged nobody anew",
            first.at.second()
        );
        steps.insert(0, Step::said(Stage::Incident, text));
    }
    let sign = match since.iter().any(|page| page.sign == Sign::Led) {
        true => Sign::Led,
        false if steps.iter().any(|step| step.sign == Sign::Waits) => Sign::Waits,
        false => Sign::Stopped,
    };
    Step::new(Stage::Incident, sign, format!("it belongs to {incident}: {claimed}")).by(origin).with(steps)
}
