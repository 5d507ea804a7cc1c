//! Items into the loop: alerts as they fire and end, acknowledgements, changes.

use std::collections::BTreeMap;

use andon_cycle::State;
use andon_definitions::{Catalog, Source};
use andon_intake::{Change, Item};
use andon_monitor::Alert;
use andon_vocabulary::{
    AlertId, Command, IncidentId, Labels, Name, Payload, Received, ReceivedAlert, Timestamp, Told, Via, Who,
};

use super::{Doors, Trouble};
use crate::doors::Visitor;
use crate::port::TellError;

/// What became of a request, item by item.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub firing: usize,
    pub ended: usize,
    pub acknowledged: usize,
    pub changes: usize,
    /// Deeds of an incumbent.
    pub compared: usize,
    /// What was understood and brought nothing about, and why.
    pub notes: Vec<String>,
    pub refused: Vec<String>,
}

impl Doors {
    /// Answered once all of it is durable.
    pub(super) async fn take(
        &self,
        items: Vec<Item>,
        payload: Payload,
        source: &Source,
        catalog: &Catalog,
        visitor: &Visitor,
    ) -> Result<Taken, Trouble> {
        let is_keyed = |item: &Item| match item {
            Item::Alert { key, .. } => key.is_some(),
            Item::End { .. } | Item::Acknowledge { .. } => true,
            Item::Change(_) | Item::Nothing { .. } | Item::Refused { .. } => false,
        };
        let turn = self.turn(&source.name);
        let _turn = if items.iter().any(is_keyed) { Some(turn.lock().await) } else { None };
        let now = self.shared.now();
        let view = self.shared.view();
        let mut batch = Batch { doors: self, source, catalog, view: &view, now, fresh: BTreeMap::new() };
        let (mut taken, mut alerts) = (Taken::default(), Vec::new());
        let (mut acknowledged, mut changes) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Item::Alert { key, alert } => {
                    let ends = alert.ends_at <= now;
                    *(if ends { &mut taken.ended } else { &mut taken.firing }) += 1;
                    batch.alert(key, alert, &mut alerts);
                }
                Item::End { key } => match batch.end(&key) {
                    Some(ended) => {
                        taken.ended += 1;
                        alerts.push(ended);
                    }
                    None => taken.notes.push(format!("nothing fires under the key {key:?}")),
                },
                Item::Acknowledge { key, by } => acknowledged.push((key, by)),
                Item::Change(change) => changes.push(change),
                Item::Nothing { why } => taken.notes.push(why),
                Item::Refused { why } => taken.refused.push(why),
            }
        }
        drop(view);
        if !alerts.is_empty() {
            let received = Received {
                source: source.name.as_str().into(),
                alerts,
                heard: Vec::new(),
                payload: Some(payload),
                by: visitor.sender(&source.name),
            };
            self.shared.receive(received).await.map_err(unavailable)?;
        }
        for (key, by) in acknowledged {
            match self.acknowledge(source, &key, by, visitor).await? {
                Ok(()) => taken.acknowledged += 1,
                Err(why) => taken.notes.push(why),
            }
        }
        for change in changes {
            match self.change(source, catalog, change, visitor).await? {
                Ok(()) => taken.changes += 1,
                Err(why) => taken.refused.push(why),
            }
        }
        Ok(taken)
    }

    /// The inner error: it changed nothing, and why.
    async fn acknowledge(
        &self,
        source: &Source,
        key: &str,
        by: Option<String>,
        visitor: &Visitor,
    ) -> Result<Result<(), String>, Trouble> {
        let view = self.shared.view();
        let people = || view.catalog().teams.values().flat_map(|team| team.people.keys());
        let by =
            by.filter(|by| people().any(|person| person == by)).or_else(|| source.acknowledged_by.clone());
        let Some((id, _)) = self.keys.find(&source.name, key, &view) else {
            return Ok(Err(format!("nothing fires under the key {key:?}")));
        };
        let Some(incident) = view.respond.incidents.of_alert(id) else {
            return Ok(Err(format!("nobody was paged for what fires under the key {key:?}")));
        };
        let incident: IncidentId = incident.id;
        let key = format!("in/{}/{incident}/{}", source.name, self.shared.now().as_ms());
        self.tell(who(source, by, visitor), key, Command::Acknowledge { incident }).await
    }

    async fn change(
        &self,
        source: &Source,
        catalog: &Catalog,
        change: Change,
        visitor: &Visitor,
    ) -> Result<Result<(), String>, Trouble> {
        let named = change.service.as_deref().filter(|service| catalog.services.contains_key(*service));
        let Some(service) = named.or(source.service.as_deref()) else {
            let said = change.service.unwrap_or_default();
            return Ok(Err(format!("no service is called {said:?}, and the source names none")));
        };
        let version: String = change.version.chars().filter(char::is_ascii_graphic).take(64).collect();
        let note = match change.link {
            Some(link) => format!("{} ({link})", change.summary),
            None => change.summary,
        };
        // The same change told again is the same.
        let told = format!("{service}\0{version}\0{note}");
        let key = format!("in/{}/{}", source.name, andon_intake::opsgenie::id_of(told.as_bytes()));
        let command = Command::RecordChange { service: service.into(), version: version.into(), note };
        self.tell(who(source, None, visitor), key, command).await
    }

    async fn tell(&self, who: Who, key: String, command: Command) -> Result<Result<(), String>, Trouble> {
        let told = Told { who, key, command };
        match self.shared.tell(told).await {
            Ok(_) => Ok(Ok(())),
            Err(TellError::Refused(refusal)) => Ok(Err(refusal.what)),
            Err(error @ TellError::Unavailable(_)) => Err(unavailable(error)),
        }
    }
}

/// Whoever the sender says it was, else the source; and where it comes from.
fn who(source: &Source, by: Option<String>, visitor: &Visitor) -> Who {
    let from = visitor.sender(&source.name).and_then(|sender| sender.from);
    let person: Name = by.unwrap_or_else(|| source.name.clone()).into();
    Who { from, ..Who::new(person, Via::Api) }
}

/// Either way its sender loses nothing by saying it again.
pub(super) fn unavailable(error: TellError) -> Trouble {
    match error {
        TellError::Refused(refusal) => Trouble::Unavailable(refusal.what),
        TellError::Unavailable(why) => Trouble::Unavailable(why),
    }
}

/// The alerts of one request, against those that fire.
struct Batch<'a> {
    doors: &'a Doors,
    source: &'a Source,
    catalog: &'a Catalog,
    view: &'a State,
    now: Timestamp,
    /// What this request says fires under a key, or no longer.
    fresh: BTreeMap<String, Option<ReceivedAlert>>,
}

impl Batch<'_> {
    fn alert(&mut self, key: Option<String>, mut alert: ReceivedAlert, alerts: &mut Vec<ReceivedAlert>) {
        alert.labels = self.labels(&alert.labels);
        let Some(key) = key else { return alerts.push(alert) };
        // Two senders may well use the same key for two things.
        alert.labels = alert.labels.with("source", &self.source.name);
        if let Some(open) = self.open(&key) {
            // One key is one alert: what fires keeps its name, whatever its summary says by now. Only another
            // severity makes it another, for people must hear of that; it begins before the first ends.
            let kept = open.labels.with("severity", alert.labels.get("severity").unwrap_or_default());
            alert.starts_at = alert.starts_at.min(open.starts_at);
            if kept != open.labels {
                alerts.push(ReceivedAlert { ends_at: self.now, open_ended: false, ..open });
            }
            alert.labels = kept;
        }
        let id = AlertId(alert.labels.fingerprint());
        self.doors.keys.note(&self.source.name, &key, id);
        self.fresh.insert(key, Some(alert.clone()));
        alerts.push(alert);
    }

    fn end(&mut self, key: &str) -> Option<ReceivedAlert> {
        let open = self.open(key)?;
        self.fresh.insert(key.to_owned(), None);
        Some(ReceivedAlert { ends_at: self.now, open_ended: false, ..open })
    }

    /// What fires under a key.
    fn open(&self, key: &str) -> Option<ReceivedAlert> {
        if let Some(fresh) = self.fresh.get(key) {
            return fresh.clone();
        }
        let (_, alert) = self.doors.keys.find(&self.source.name, key, self.view)?;
        Some(as_received(alert))
    }

    /// The source's own are what they are, whatever the sender says.
    fn labels(&self, said: &Labels) -> Labels {
        let own = Labels::new(self.source.labels.iter());
        let labels = said.merged(&own);
        let names = &self.catalog.instance.labels.service;
        match (&self.source.service, names.first()) {
            (Some(service), Some(first)) if !names.iter().any(|name| labels.get(name).is_some()) => {
                labels.with(first, service.name())
            }
            _ => labels,
        }
    }
}

fn as_received(alert: &Alert) -> ReceivedAlert {
    let from = alert.received.as_ref();
    ReceivedAlert {
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        starts_at: from.map_or(alert.since(), |from| from.starts_at),
        ends_at: from.map_or(Timestamp::MAX, |from| from.ends_at),
        open_ended: from.is_some_and(|from| from.open_ended),
        generator: from.map(|from| from.generator.clone()).unwrap_or_default(),
    }
}
