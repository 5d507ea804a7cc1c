//! What runs go by: themselves, and the incidents that they answer.

use std::ops::Deref;

use andon_vocabulary::{AlertFired, AlertId, IncidentId, Labels, Name, Value};

use super::Runs;
use crate::incident::{Incident, Incidents};

/// Read like the runs themselves.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub runs: &'a Runs,
    pub incidents: &'a Incidents,
}

impl Deref for Known<'_> {
    type Target = Runs;

    fn deref(&self) -> &Runs {
        self.runs
    }
}

/// An alert as it was at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alert {
    pub labels: Labels,
    pub service: Option<Name>,
    pub value: Value,
}

impl Alert {
    /// One that fires, or is lost from sight.
    pub fn of(incidents: &Incidents, id: AlertId) -> Option<Alert> {
        let AlertFired { labels, service, value, .. } = &**incidents.alerts.get(&id)?;
        Some(Alert { labels: labels.clone(), service: service.clone(), value: *value })
    }

    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or("an alert")
    }
}

/// Whether an incident still disturbs. One that is not known never did.
pub(super) fn is_open(incidents: &Incidents, id: IncidentId) -> bool {
    incidents.get(id).is_some_and(|incident| !Incident::is_over(incident))
}
