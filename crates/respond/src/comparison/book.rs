//! What the last day was: what the incumbent did, what fired here, and whom Andon paged or told of it.
//!
//! It is kept only where there is something to compare, and no longer than a report needs it.

use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Catalog;
use andon_vocabulary::{
    AlertFired, AlertId, Event, IncidentId, InstanceEvent, Labels, MonitorEvent, Name, NoticeKind,
    RespondEvent, SuppressedBy, Timestamp, Urgency,
};
use imbl::OrdMap;

use super::cases::{Case, Cases};
use super::compares;
use crate::dispatch::Dispatch;
use crate::incident::Incidents;

/// A day of 25 hours, the time until it is reported, and what may be said a little later.
const KEPT: Duration = Duration::from_secs(30 * 3600);
const TIDIED_EVERY: Duration = Duration::from_secs(3600);
/// Beyond these nothing new is taken into the book, and the comparison says so.
const ALERTS_MAX: usize = 200_000;
/// Of one episode, or one alert: the first of them.
const PAGES_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    cases: Cases,
    firing: OrdMap<AlertId, Arc<Fired>>,
    /// By when they ended.
    over: OrdMap<(Timestamp, AlertId), Arc<Fired>>,
    incidents: OrdMap<IncidentId, Arc<Concerned>>,
    tidied: Option<Timestamp>,
    /// From when on days are to be reported.
    to_report: Option<Timestamp>,
    /// When the book was full last.
    full: Option<Timestamp>,
}

/// An alert here, from one firing to its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fired {
    pub id: AlertId,
    pub at: Timestamp,
    pub until: Option<Timestamp>,
    pub rule: Name,
    pub labels: Labels,
    pub summary: Option<Arc<str>>,
    pub service: Option<Name>,
    pub urgency: Urgency,
    pub quiet: Vec<Quiet>,
    pub incident: Option<Belongs>,
    /// Each receiver, and when it was first to be told of it.
    pub told: Vec<(Name, Timestamp)>,
    pub held: Option<Held>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quiet {
    pub by: SuppressedBy,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Belongs {
    pub incident: IncidentId,
    /// The episode.
    pub began: Timestamp,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    pub receiver: Name,
    pub why: String,
}

/// An incident: each time that it was opened or came back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Concerned {
    pub title: String,
    pub team: Option<Name>,
    pub episodes: Vec<Episode>,
    closed: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Episode {
    pub began: Timestamp,
    pub pages: Vec<Page>,
    pub acknowledged: Option<(Timestamp, Name)>,
    /// Nobody is left to page: why.
    pub stuck: Option<String>,
    pub flaps: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    pub at: Timestamp,
    pub person: Name,
    /// The reason of the decision, in its words.
    pub why: String,
}

impl Episode {
    /// Whether it went on before that.
    pub fn is_older(&self, than: Timestamp) -> bool {
        self.began < than
    }
}

impl Book {
    pub fn has_heard(&self, source: &Name, deed: &str) -> bool {
        self.cases.has_heard(source, deed)
    }

    /// Whether an incumbent said anything lately.
    pub fn has_cases(&self) -> bool {
        !self.cases.is_empty()
    }

    /// Since when something may be missing, if anything is.
    pub fn full(&self) -> Option<Timestamp> {
        self.full
    }

    pub(super) fn to_report(&self) -> Option<Timestamp> {
        self.to_report
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = (&Name, &Case)> {
        self.cases.all()
    }

    pub(super) fn alerts(&self) -> impl Iterator<Item = &Fired> {
        self.firing.values().chain(self.over.values()).map(|fired| &**fired)
    }

    pub(super) fn concerned(&self) -> impl Iterator<Item = (IncidentId, &Concerned)> {
        self.incidents.iter().map(|(id, concerned)| (*id, &**concerned))
    }

    pub(super) fn episode(&self, incident: IncidentId, began: Timestamp) -> Option<&Episode> {
        self.incidents.get(&incident)?.episodes.iter().find(|episode| episode.began == began)
    }

    /// After the other parts of the state have applied it.
    pub(crate) fn apply(
        &mut self,
        event: &Event,
        at: Timestamp,
        catalog: &Catalog,
        incidents: &Incidents,
        dispatch: &Dispatch,
    ) {
        if let Event::Instance(InstanceEvent::CatalogChanged { .. }) = event {
            return self.defined(at, catalog, incidents);
        }
        // Only what there was in the book when it was begun is there.
        if self.tidied.is_none() {
            return;
        }
        match event {
            Event::Monitor(event) => self.monitored(event, at),
            Event::Respond(event) => self.responded(event, at, dispatch),
            _ => {}
        }
        self.tidy(at);
    }

    fn defined(&mut self, at: Timestamp, catalog: &Catalog, incidents: &Incidents) {
        if !compares(catalog) {
            *self = Book::default();
            return;
        }
        if catalog.instance.is_shadow() {
            self.to_report.get_or_insert(at);
        } else {
            self.to_report = None;
        }
        if self.tidied.is_some() {
            return;
        }
        self.tidied = Some(at);
        for incident in incidents.open.values().filter(|incident| !incident.is_over()) {
            let (title, team) = (incident.title.clone(), incident.team.clone());
            let episodes = vec![Episode::new(incident.opened_at)];
            let concerned = Concerned { title, team, episodes, closed: None };
            self.incidents.insert(incident.id, Arc::new(concerned));
        }
        for fired in incidents.alerts.values() {
            self.fired(fired, fired.since);
            if let Some(incident) = incidents.of_alert(fired.alert).filter(|incident| !incident.is_over()) {
                self.joined(incident.id, fired.alert, incident.opened_at);
            }
        }
    }

    fn monitored(&mut self, event: &MonitorEvent, at: Timestamp) {
        match event {
            MonitorEvent::AlertFired(fired) => self.fired(fired, at),
            MonitorEvent::AlertResolved { alert, .. } => {
                if let Some(fired) = self.firing.remove(alert) {
                    let fired = Fired { until: Some(at), ..Arc::unwrap_or_clone(fired) };
                    self.over.insert((at, *alert), Arc::new(fired));
                }
            }
            MonitorEvent::AlertsSuppressed { by, alerts } => self.each(alerts, |fired| {
                if fired.quiet.len() < PAGES_MAX {
                    fired.quiet.push(Quiet { by: *by, from: at, until: None });
                }
            }),
            MonitorEvent::AlertsReleased { by, alerts } => self.each(alerts, |fired| {
                let lasting = fired.quiet.iter_mut().filter(|quiet| quiet.by == *by && quiet.until.is_none());
                lasting.for_each(|quiet| quiet.until = Some(at));
            }),
            _ => {}
        }
    }

    fn responded(&mut self, event: &RespondEvent, at: Timestamp, dispatch: &Dispatch) {
        use RespondEvent as E;
        match event {
            E::IncumbentDid { source, deed } => {
                let has_room = self.cases.hear(source, deed);
                if !has_room {
                    self.full = Some(deed.at);
                }
            }
            E::ShadowReported { until, .. } => self.to_report = self.to_report.map(|_| *until),
            E::IncidentOpened { incident, title, team, .. } => {
                let episodes = vec![Episode::new(at)];
                let concerned =
                    Concerned { title: title.clone(), team: team.clone(), episodes, closed: None };
                self.incidents.insert(*incident, Arc::new(concerned));
            }
            E::AlertJoined { incident, alert, .. } => self.joined(*incident, *alert, at),
            E::IncidentReopened { incident, alert } => {
                if let Some(concerned) = self.incidents.get_mut(incident) {
                    let concerned = Arc::make_mut(concerned);
                    concerned.closed = None;
                    if concerned.episodes.len() == PAGES_MAX {
                        concerned.episodes.remove(0);
                    }
                    concerned.episodes.push(Episode::new(at));
                }
                self.joined(*incident, *alert, at);
            }
            E::NoticeOwed { delivery, why, .. } if delivery.kind == NoticeKind::Page => {
                let Some(incident) = delivery.incident else { return };
                self.lately(incident, |episode| {
                    let is_told = |page: &Page| page.person == delivery.person && page.at == at;
                    if episode.pages.len() < PAGES_MAX && !episode.pages.iter().any(is_told) {
                        let person = delivery.person.clone();
                        episode.pages.push(Page { at, person, why: why.to_string() });
                    }
                });
            }
            E::Acknowledged { incident, who, .. } => self.lately(*incident, |episode| {
                episode.acknowledged.get_or_insert((at, who.person.clone()));
            }),
            E::EscalationExhausted { incident, why, .. } => {
                self.lately(*incident, |episode| episode.stuck = Some(why.clone()));
            }
            E::IncidentFlaps { incident, .. } => self.lately(*incident, |episode| episode.flaps = true),
            E::IncidentClosed { incident } => {
                if let Some(concerned) = self.incidents.get_mut(incident) {
                    Arc::make_mut(concerned).closed = Some(at);
                }
            }
            E::NotificationOwed(owed) => self.each(&owed.firing, |fired| {
                if !fired.told.iter().any(|(receiver, _)| *receiver == owed.receiver) {
                    fired.told.push((owed.receiver.clone(), at));
                }
            }),
            E::NotificationHeld { group, receiver, why, .. } => {
                self.each(&dispatch.alerts_of(group), |fired| {
                    fired.held = Some(Held { receiver: receiver.clone(), why: why.clone() });
                });
            }
            _ => {}
        }
    }

    fn fired(&mut self, fired: &AlertFired, at: Timestamp) {
        if self.firing.len() + self.over.len() >= ALERTS_MAX {
            self.full = Some(at);
            return;
        }
        let quiet = fired.suppressed.iter().map(|by| Quiet { by: *by, from: at, until: None });
        let alert = Fired {
            id: fired.alert,
            at,
            until: None,
            rule: fired.rule.clone(),
            labels: fired.labels.clone(),
            summary: fired.annotations.get("summary").map(Arc::from),
            service: fired.service.clone(),
            urgency: fired.urgency,
            quiet: quiet.collect(),
            incident: None,
            told: Vec::new(),
            held: None,
        };
        self.firing.insert(fired.alert, Arc::new(alert));
    }

    fn joined(&mut self, incident: IncidentId, alert: AlertId, at: Timestamp) {
        let last = self.incidents.get(&incident).and_then(|concerned| concerned.episodes.last());
        let began = last.map_or(at, |episode| episode.began);
        self.each(&[alert], |fired| fired.incident = Some(Belongs { incident, began, at }));
    }

    /// The episode that goes on.
    fn lately(&mut self, incident: IncidentId, change: impl FnOnce(&mut Episode)) {
        if let Some(concerned) = self.incidents.get_mut(&incident)
            && let Some(episode) = Arc::make_mut(concerned).episodes.last_mut()
        {
            change(episode);
        }
    }

    fn each(&mut self, alerts: &[AlertId], change: impl Fn(&mut Fired)) {
        for alert in alerts {
            if let Some(fired) = self.firing.get_mut(alert) {
                change(Arc::make_mut(fired));
            }
        }
    }

    /// What no report needs any more goes.
    fn tidy(&mut self, at: Timestamp) {
        if self.tidied.is_some_and(|tidied| at.since(tidied) < TIDIED_EVERY) {
            return;
        }
        self.tidied = Some(at);
        let kept = at - KEPT;
        self.cases.tidy(kept);
        keep(&mut self.over, |(until, _), _| *until >= kept);
        keep(&mut self.incidents, |_, concerned| concerned.closed.is_none_or(|closed| closed >= kept));
    }
}

pub(super) fn keep<K: Ord + Clone, V: Clone>(map: &mut OrdMap<K, V>, is_kept: impl Fn(&K, &V) -> bool) {
    let goes: Vec<K> =
        map.iter().filter(|(key, value)| !is_kept(key, value)).map(|(key, _)| key.clone()).collect();
    for key in &goes {
        map.remove(key);
    }
}

impl Episode {
    fn new(began: Timestamp) -> Episode {
        Episode { began, pages: Vec::new(), acknowledged: None, stuck: None, flaps: false }
    }
}
