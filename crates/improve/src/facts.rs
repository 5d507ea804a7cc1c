//! What is known of one incident so far: its times, suspects, runs, and whom it woke.

use std::collections::BTreeMap;

use andon_vocabulary::{
    ChangeEvent, IncidentId, Name, Purpose, RespondEvent, ReviewDrafted, ReviewId, RunId, Times, Timestamp,
    What,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub service: Name,
    pub title: String,
    pub severity: u8,
    pub times: Times,
    pub suspects: BTreeMap<String, String>,
    /// Each run in words, by its id.
    pub runs: BTreeMap<RunId, String>,
    /// In the order of the first page that reached each.
    pub paged: Vec<Name>,
    pub alone: Vec<String>,
}

impl Facts {
    pub(crate) fn new(service: &Name, title: &str, severity: u8) -> Facts {
        Facts {
            service: service.clone(),
            title: title.to_owned(),
            severity,
            times: Times::default(),
            suspects: BTreeMap::new(),
            runs: BTreeMap::new(),
            paged: Vec::new(),
            alone: Vec::new(),
        }
    }

    /// Events of a run and of the incident itself; the caller knows that they belong to it.
    pub(crate) fn responded(&mut self, event: &RespondEvent, at: Timestamp) {
        match event {
            RespondEvent::SeverityChanged { to, .. } => self.severity = *to,
            RespondEvent::Acknowledged { .. }
            | RespondEvent::Noted { .. }
            | RespondEvent::Rejected { .. } => {
                first(&mut self.times.engagement, at);
            }
            RespondEvent::IncidentReopened { .. } => self.times.resolved = None,
            RespondEvent::IncidentResolved { .. } => self.times.resolved = Some(at),
            RespondEvent::RunStarted(started) => {
                let text = format!("{} {}: under way", started.run, started.runbook);
                self.runs.insert(started.run, text);
            }
            RespondEvent::RunFinished { run, runbook, outcome, .. } => {
                self.runs.insert(*run, format!("{run} {runbook}: {outcome}"));
            }
            RespondEvent::StepIntended { purpose: Purpose::Act, .. } => {
                first(&mut self.times.mitigation_start, at);
            }
            RespondEvent::Approved { run, step, who, alone, .. } => {
                first(&mut self.times.engagement, at);
                let line = |reason| format!("{} approved {step} of {run} alone: {reason}", who.person);
                self.alone.extend(alone.as_ref().map(line));
            }
            _ => {}
        }
    }

    pub(crate) fn paged(&mut self, person: &Name) {
        if !self.paged.contains(person) {
            self.paged.push(person.clone());
        }
    }

    /// The condition of one of its alerts held `since` then and was reported at `fired`.
    pub(crate) fn alarmed(&mut self, since: Timestamp, fired: Timestamp) {
        earliest(&mut self.times.incident_start, since);
        earliest(&mut self.times.alarm, fired);
    }

    /// Of several suspects the latest counts: it is the one that a roll-back would take back.
    pub(crate) fn suspected(&mut self, event: &ChangeEvent) {
        let ChangeEvent::ChangeSuspected { what, at, why, .. } = event else {
            return;
        };
        self.suspects.insert(what.to_string(), why.to_string());
        let time = match what {
            What::Deploy { .. } | What::RollBack { .. } => &mut self.times.deployment_change,
            What::Fault { .. } => &mut self.times.configuration_change,
        };
        *time = Some(time.map_or(*at, |known| known.max(*at)));
    }

    /// Somebody rolled the service back by hand: that is mitigation as much as a runbook's step.
    pub(crate) fn mitigated(&mut self, at: Timestamp) {
        first(&mut self.times.mitigation_start, at);
    }

    pub(crate) fn draft(&self, review: ReviewId, incident: IncidentId) -> ReviewDrafted {
        ReviewDrafted {
            review,
            incident,
            service: self.service.clone(),
            title: self.title.clone(),
            severity: self.severity,
            times: self.times.clone(),
            suspects: self.suspects.clone(),
            runs: self.runs.values().cloned().collect(),
            paged: self.paged.clone(),
            alone: self.alone.clone(),
        }
    }
}

fn first(time: &mut Option<Timestamp>, at: Timestamp) {
    time.get_or_insert(at);
}

fn earliest(time: &mut Option<Timestamp>, at: Timestamp) {
    *time = Some(time.map_or(at, |known| known.min(at)));
}
