//! Which incident each alert belongs to: kept, since it is asked for every alert and incidents may be many.

use andon_vocabulary::{AlertId, IncidentId};
use imbl::OrdMap;

use crate::incident::Incident;

/// Of the incidents that an alert joined and that are going on or may reopen, the newest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Belonging(OrdMap<AlertId, IncidentId>);

impl Belonging {
    pub fn of(&self, alert: AlertId) -> Option<IncidentId> {
        self.0.get(&alert).copied()
    }

    pub fn joins(&mut self, alert: AlertId, incident: IncidentId) {
        if self.of(alert).is_none_or(|before| before < incident) {
            self.0.insert(alert, incident);
        }
    }

    /// What joined an incident that closed goes back to the one that it joined before, if that is still there.
    pub fn leave(&mut self, closed: &Incident, open: &OrdMap<IncidentId, Incident>) {
        for alert in closed.alerts.keys() {
            if self.of(*alert) != Some(closed.id) {
                continue;
            }
            match open.values().rev().find(|incident| incident.alerts.contains_key(alert)) {
                Some(before) => self.0.insert(*alert, before.id),
                None => self.0.remove(alert),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use andon_definitions::Catalog;
    use andon_vocabulary::{Event, RespondEvent, SeverityReason, Timestamp};

    use super::*;
    use crate::incident::{Incidents, UNASSIGNED};
    use crate::notice::Notices;

    fn opened(incident: IncidentId) -> RespondEvent {
        let why = SeverityReason::NoHealthyInstance;
        let (title, service) = (String::new(), UNASSIGNED.into());
        RespondEvent::IncidentOpened {
            incident,
            service,
            team: None,
            title,
            severity: 2,
            why,
            declared_by: None,
        }
    }

    /// What is kept is what a look through all incidents says.
    #[test]
    fn every_alert_belongs_to_the_newest_that_it_joined() {
        let (mut incidents, catalog) = (Incidents::default(), Catalog::default());
        let mut state = 12_345_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..2_000 {
            let (known, alert) = (incidents.last, AlertId(draw(12)));
            let incident = IncidentId(known.saturating_sub(draw(5)));
            let event = match draw(6) {
                0 => opened(IncidentId(known + 1)),
                1 => RespondEvent::IncidentClosed { incident },
                2 => RespondEvent::IncidentReopened { incident, alert },
                _ => RespondEvent::AlertJoined { incident, alert, name: "A".to_owned() },
            };
            incidents.apply(&Event::from(event), Timestamp::EPOCH, &catalog, &Notices::default());
            for alert in (0..12).map(AlertId) {
                let held =
                    incidents.open.values().rev().find(|incident| incident.alerts.contains_key(&alert));
                assert_eq!(incidents.of_alert(alert), held);
            }
        }
    }
}
