//! Alerts that others raise: what a request makes of those that are held, and when nobody repeats one any more.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::{
    AlertFired, AlertId, FiredReason, Labels, MonitorEvent, Name, Received, ReceivedAlert, ReceivedFrom,
    Refusal, RefusalKind, ResolvedReason, Timestamp, Urgency, Value,
};

use crate::State;
use crate::inhibit::is_source;
use crate::state::urgency;

/// Alerts that fire at the same time, all sources together.
pub const ALERTS_MAX: usize = 200_000;
/// What an alert that names no end lasts after it was last heard of, where no file says otherwise.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);

/// What an alert that names no end lasts after it was last heard of.
pub fn resolve_timeout(catalog: &Catalog) -> Duration {
    catalog.alertmanager.as_ref().map_or(RESOLVE_TIMEOUT, |file| *file.resolve_timeout)
}

impl State {
    /// The same request, with only its new end of each alert that goes on as it is: small enough to be kept. What is
    /// decided is decided by this one.
    pub fn shortened(&self, received: Received, now: Timestamp) -> Received {
        let Received { source, alerts, mut heard, payload, by } = received;
        let mut news = Vec::new();
        for alert in alerts {
            let id = AlertId(alert.labels.fingerprint());
            match self.alerts.get(&id).and_then(|held| Some((held, held.received.as_ref()?))) {
                Some((held, from))
                    if alert.ends_at > now
                        && held.annotations == alert.annotations
                        && goes_on(from, &source, &alert) =>
                {
                    heard.push((id, alert.ends_at));
                }
                _ => news.push(alert),
            }
        }
        let payload = payload.filter(|_| !news.is_empty());
        Received { source, alerts: news, heard, payload, by }
    }

    pub(crate) fn received(&self, received: &Received, cx: &Context) -> Result<Vec<MonitorEvent>, Refusal> {
        let new = |alert: &&ReceivedAlert| !self.alerts.contains_key(&AlertId(alert.labels.fingerprint()));
        if self.alerts.len() + received.alerts.iter().filter(new).count() > ALERTS_MAX {
            return Err(Refusal {
                kind: RefusalKind::Conflict,
                what: format!("{ALERTS_MAX} alerts fire already, which is the limit"),
                hint: Some("those that are held go on; resolve some before you send new ones".to_owned()),
            });
        }
        // The same alert twice in one request: the later one counts.
        let once: BTreeMap<AlertId, &ReceivedAlert> =
            received.alerts.iter().map(|alert| (AlertId(alert.labels.fingerprint()), alert)).collect();
        // Causes before what they explain: who comes in one request with its cause is told of no more than any other.
        let placed = once.into_iter().map(|(id, alert)| (stands(&alert.labels, cx.catalog), id, alert));
        let mut alerts: Vec<(Option<u32>, AlertId, &ReceivedAlert)> = placed.collect();
        alerts.sort_by_key(|(stands, id, _)| (stands.is_none(), *stands, *id));
        // Only what may inhibit others is applied: what follows is suppressed by nothing else of the same request.
        let mut before = Cow::Borrowed(self);
        let mut heard = BTreeMap::<Timestamp, Vec<AlertId>>::new();
        let mut events = Vec::new();
        for (stands, id, alert) in alerts {
            let Some(held) = self.alerts.get(&id) else {
                if alert.ends_at > cx.now {
                    let fired = before.begins_to_fire(id, alert, received, cx);
                    if stands.is_some() {
                        before.to_mut().apply(&fired.clone().into(), cx.now, cx.catalog);
                    }
                    events.push(fired);
                }
                continue;
            };
            // One of our own rules raised the very same alert first.
            let Some(from) = &held.received else { continue };
            if alert.ends_at <= cx.now {
                let (rule, why) = (held.rule.clone(), ResolvedReason::Ended);
                let resolved = MonitorEvent::AlertResolved { alert: id, rule, why };
                if stands.is_some() {
                    before.to_mut().apply(&resolved.clone().into(), cx.now, cx.catalog);
                }
                events.push(resolved);
            } else {
                let earliest = from.starts_at.min(alert.starts_at);
                let received = ReceivedFrom { starts_at: earliest, ..received_from(&received.source, alert) };
                let annotations = alert.annotations.clone();
                events.push(MonitorEvent::AlertChanged { alert: id, annotations, received });
            }
        }
        for (id, ends_at) in &received.heard {
            heard.entry(*ends_at).or_default().push(*id);
        }
        for (ends_at, mut alerts) in heard {
            alerts.retain(|id| self.ends_at(*id).is_some_and(|end| end != ends_at && ends_at > cx.now));
            if !alerts.is_empty() {
                alerts.sort_unstable();
                events.push(MonitorEvent::AlertsHeard { alerts, ends_at });
            }
        }
        Ok(events)
    }

    /// Of an alert that others raised.
    fn ends_at(&self, id: AlertId) -> Option<Timestamp> {
        self.alerts.get(&id)?.received.as_ref().map(|from| from.ends_at)
    }

    fn begins_to_fire(
        &self,
        id: AlertId,
        alert: &ReceivedAlert,
        received: &Received,
        cx: &Context,
    ) -> MonitorEvent {
        let name = alert.labels.get("alertname").unwrap_or("alert");
        let service = cx.catalog.service_of(&alert.labels);
        MonitorEvent::AlertFired(AlertFired {
            alert: id,
            rule: Name::from(format!("{}/{name}", received.source)),
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            value: Value(1.0),
            service: service.map(Name::from),
            urgency: urgency(&alert.labels),
            since: alert.starts_at,
            reason: FiredReason::Received,
            received: Some(received_from(&received.source, alert)),
            suppressed: self.suppressed(id, &alert.labels, service, cx),
        })
    }

    /// What nobody repeated until its end.
    pub(crate) fn unheard(&self, now: Timestamp) -> Vec<MonitorEvent> {
        let due = self.ends.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, id)| MonitorEvent::AlertResolved {
            alert: *id,
            rule: self.alerts[id].rule.clone(),
            why: ResolvedReason::NotHeardAgain,
        })
        .collect()
    }

    /// While Andon was away it could hear nobody: whoever raised an alert gets the time to repeat it.
    pub(crate) fn listens_again(&self, cx: &Context) -> Option<MonitorEvent> {
        let ends_at = cx.now + resolve_timeout(cx.catalog);
        let alerts: Vec<AlertId> =
            self.ends.iter().take_while(|(at, _)| *at < ends_at).map(|(_, id)| *id).collect();
        (!alerts.is_empty()).then_some(MonitorEvent::AlertsHeard { alerts, ends_at })
    }
}

/// Where an alert stands among those that may inhibit others, the first first; None: it inhibits nobody.
fn stands(labels: &Labels, catalog: &Catalog) -> Option<u32> {
    let depend = &catalog.dependencies;
    let service = if depend.is_empty() { None } else { catalog.service_of(labels) };
    let is_above = |service: &&str| urgency(labels) == Urgency::Page && !depend.below(service).is_empty();
    let rank = service.filter(is_above).map(|service| depend.rank(service));
    rank.or_else(|| is_source(labels, catalog).then_some(0))
}

/// Nothing is new of it but perhaps its end. A sender that only repeats it may name another beginning.
fn goes_on(from: &ReceivedFrom, source: &str, alert: &ReceivedAlert) -> bool {
    *from.source == *source
        && from.starts_at <= alert.starts_at
        && from.open_ended == alert.open_ended
        && from.generator == alert.generator
}

fn received_from(source: &Name, alert: &ReceivedAlert) -> ReceivedFrom {
    ReceivedFrom {
        source: source.clone(),
        starts_at: alert.starts_at,
        ends_at: alert.ends_at,
        open_ended: alert.open_ended,
        generator: alert.generator.clone(),
    }
}
