//! Maintenance: what the files say of it is a silence like any other, that nobody has to set or to lift.

use andon_definitions::{Context, Maintenance};
use andon_vocabulary::{
    AlertId, Labels, Maintained, MonitorEvent, Silence, SilenceEndedReason, SilenceId, SuppressedBy,
};

use crate::State;
use crate::silence::{SilencePhase, Silenced};

impl State {
    /// What the files say now, against the silences that they brought before.
    pub(crate) fn maintained(&self, cx: &Context) -> Vec<MonitorEvent> {
        let mut events = Vec::new();
        for maintenance in cx.catalog.maintenance.values() {
            let Some(wanted) = silence(maintenance) else { continue };
            match self.silences.get(wanted.id) {
                Some(there) if there.silence == wanted && !is_undefined(there) => {}
                there => events.extend(self.maintains(wanted, there, cx)),
            }
        }
        for silenced in self.silences.all() {
            let Some(maintained) = &silenced.silence.maintenance else { continue };
            if !cx.catalog.maintenance.contains_key(&*maintained.name) {
                events.extend(self.ends(silenced, SilenceEndedReason::Undefined));
            }
        }
        events
    }

    /// One that is new, or other than it was: nobody is told in between of what both silence.
    fn maintains(&self, wanted: Silence, there: Option<&Silenced>, cx: &Context) -> Vec<MonitorEvent> {
        let was_active = there.is_some_and(|there| there.phase == SilencePhase::Active);
        if wanted.ends_at <= cx.now {
            let over = there.filter(|_| was_active);
            return over.map_or(Vec::new(), |there| self.ends(there, SilenceEndedReason::Expired));
        }
        let (id, by) = (wanted.id, SuppressedBy::Silence(wanted.id));
        let new = Silenced::of(wanted, cx.now);
        let mut events = vec![MonitorEvent::SilenceSet { silence: new.silence.clone() }];
        let keeps: Vec<AlertId> = if new.is_on(cx.now) { self.quiet(&new, cx.catalog) } else { Vec::new() };
        if new.is_on(cx.now) {
            events.push(MonitorEvent::SilenceBegan { silence: id });
            if !keeps.is_empty() {
                events.push(MonitorEvent::AlertsSuppressed { by, alerts: keeps.clone() });
            }
        } else if was_active {
            events.push(MonitorEvent::SilenceRests { silence: id, until: new.next(cx.now) });
        }
        let no_longer = self.alerts.iter().filter(|(_, alert)| alert.suppressed.contains(&by));
        let alerts: Vec<AlertId> = no_longer.map(|(id, _)| *id).filter(|id| !keeps.contains(id)).collect();
        if !alerts.is_empty() {
            events.push(MonitorEvent::AlertsReleased { by, alerts });
        }
        events
    }
}

/// The files did not say so for a while, and do again.
fn is_undefined(silenced: &Silenced) -> bool {
    matches!(silenced.phase, SilencePhase::Ended { why: SilenceEndedReason::Undefined, .. })
}

/// None where the files leave open when it is, which `check` refuses.
fn silence(maintenance: &Maintenance) -> Option<Silence> {
    let (starts_at, ends_at) = maintenance.bounds()?;
    let services = maintenance.services.iter().map(|service| service.name().into()).collect();
    let maintained = Maintained { name: maintenance.name.as_str().into(), services };
    let created_by = maintenance.owner.to_string();
    let comment = maintenance.reason.clone();
    Some(Silence {
        weekly: maintenance.hours(),
        owner: Some(created_by.as_str().into()),
        maintenance: Some(maintained),
        ..Silence::new(id(&maintenance.name), Vec::new(), starts_at, ends_at, created_by, comment)
    })
}

/// The same for the same name, now and after every restart.
fn id(name: &str) -> SilenceId {
    let half = |part: &str| u128::from(Labels::new([("maintenance", name), ("part", part)]).fingerprint());
    SilenceId::from_bits(half("first") << 64 | half("second"))
}
