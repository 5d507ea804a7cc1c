//! The shapes that programs read. Each is written by hand from the state, so that the state may change freely.

use andon_change::{Change, Phase as ChangePhase};
use andon_cycle::State;
use andon_improve::Review;
use andon_monitor::{Alert, Phase as AlertPhase, SilencePhase, Silenced};
use andon_respond::{Incident, Phase, Run};
use andon_vocabulary::{AlertId, ChangeId, Preview, SuppressedBy};
use serde_json::{Value, json};

use crate::runs::{phase_words, steps};

pub(crate) fn incident(incident: &Incident, state: &State) -> Value {
    let unsure = state.respond.unsure(incident.id).map(|run| run.id);
    let (phase, by, until) = match &incident.phase {
        Phase::Open => ("open", None, None),
        Phase::Acknowledged { by, expires, .. } => ("acknowledged", Some(by.clone()), Some(*expires)),
        Phase::Resolved { at, .. } => ("resolved", None, Some(*at)),
    };
    json!({
        "id": incident.id,
        "service": incident.service,
        "team": incident.team,
        "title": incident.title,
        "severity": incident.severity,
        "severity_why": incident.severity_why.to_string(),
        "state": phase,
        "by": by,
        "until": until,
        "opened_at": incident.opened_at,
        "came_back": incident.reopened.len(),
        "alerts": incident.alerts.iter().map(|(id, alert)| json!({
            "id": id,
            "name": alert.name,
            "state": format!("{:?}", alert.phase).to_lowercase(),
            "fired_at": alert.fired_at,
        })).collect::<Vec<_>>(),
        "suspects": incident.suspects.iter().map(|suspect| json!({
            "change": suspect.change,
            "what": suspect.what,
            "at": suspect.at,
            "why": suspect.why,
        })).collect::<Vec<_>>(),
        "runs": incident.runs.iter().collect::<Vec<_>>(),
        // Of these nobody knows what became of a step, be the incident over or not.
        "unsure": unsure.collect::<Vec<_>>(),
    })
}

pub(crate) fn run(run: &Run, halted: bool) -> Value {
    let asks = run.ask().map(|(step, ask)| {
        json!({
            "step": step,
            "from": ask.from,
            "expires": ask.expires,
            "preview": preview(&ask.preview),
        })
    });
    json!({
        "id": run.id,
        "runbook": run.runbook.name,
        "incident": run.incident,
        "requested_by": run.requested_by,
        "inputs": run.inputs,
        "lock": run.lock,
        "started": run.started,
        "state": phase_words(run, halted),
        "finished": run.is_finished(),
        "steps": steps(run, halted),
        "asks": asks,
    })
}

/// `hash` is what an approval has to name.
pub(crate) fn preview(preview: &Preview) -> Value {
    json!({ "hash": preview.hash(), "runbook": preview.runbook, "steps": preview.steps.iter().map(|step| json!({
        "step": step.step,
        "action": step.action.to_string(),
        "verify": step.verify,
        "if_not": step.if_not,
    })).collect::<Vec<_>>() })
}

pub(crate) fn alert(id: AlertId, alert: &Alert, state: &State) -> Value {
    let (word, why) = match &alert.phase {
        AlertPhase::Pending { fires_at, .. } => {
            ("pending", Some(format!("fires at {fires_at} if it still holds")))
        }
        AlertPhase::Firing { held_until: Some(until), .. } => {
            ("firing", Some(format!("no longer holds; kept until {until}")))
        }
        AlertPhase::Firing { held_until: None, .. } => ("firing", None),
        AlertPhase::Lost { why, .. } => ("lost", Some(why.to_string())),
    };
    let incident =
        state.respond.incidents.open.values().rev().find(|incident| incident.alerts.contains_key(&id));
    json!({
        "id": id,
        "rule": alert.rule,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "value": alert.value,
        "state": word,
        "why": why,
        "since": alert.since(),
        "fired_at": alert.fired_at(),
        "service": alert.service,
        "urgency": alert.urgency,
        "incident": incident.map(|incident| incident.id),
        // Empty: people are told of it.
        "suppressed": alert.suppressed.iter().map(|by| match by {
            SuppressedBy::Silence(id) => json!({ "by": "silence", "id": id }),
            SuppressedBy::Alert(id) => json!({ "by": "rule", "id": id }),
            SuppressedBy::Cause(id) => json!({ "by": "cause", "id": id }),
        }).collect::<Vec<_>>(),
    })
}

/// In the order in which they are listed.
pub(crate) fn silence_word(silenced: &Silenced) -> &'static str {
    match silenced.phase {
        SilencePhase::Active => "active",
        SilencePhase::Pending => "pending",
        SilencePhase::Ended { .. } => "ended",
    }
}

pub(crate) fn silence(silenced: &Silenced, state: &State) -> Value {
    let silence = &silenced.silence;
    let by = SuppressedBy::Silence(silence.id);
    let why = match &silenced.phase {
        SilencePhase::Ended { why, .. } => Some(why.to_string()),
        SilencePhase::Active | SilencePhase::Pending => None,
    };
    json!({
        "id": silence.id,
        "state": silence_word(silenced),
        "matchers": silence.shown().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "due": silenced.due,
        "weekly": silence.weekly.as_ref().map(ToString::to_string),
        "created_by": silence.created_by,
        "posted_by": silence.posted_by,
        "owner": silence.owner,
        "comment": silence.comment,
        "up_to": silence.up_to,
        "remind_at": silence.remind_at,
        "maintenance": silence.maintenance.as_ref().map(|maintained| &maintained.name),
        "alerts": state.monitor.alerts.values().filter(|alert| alert.suppressed.contains(&by)).count(),
        "why": why,
        // For whoever changes it.
        "as_set": silence,
    })
}

pub(crate) fn change(id: ChangeId, change: &Change) -> Value {
    let (word, detail) = match &change.phase {
        ChangePhase::Carrying { .. } => ("under way", None),
        ChangePhase::Unknown { why, .. } => ("unknown", Some(why)),
        ChangePhase::Looking { .. } => ("looking", None),
        ChangePhase::Undecided { why } => ("undecided", Some(why)),
        ChangePhase::Done { detail } => ("done", Some(detail)),
        ChangePhase::Failed { error } => ("failed", Some(error)),
    };
    json!({
        "id": id,
        "what": change.what.to_string(),
        "service": change.what.service(),
        "who": change.who.person,
        "at": change.at,
        "state": word,
        "detail": detail,
    })
}

pub(crate) fn review(review: &Review) -> Value {
    json!({
        "drafted_at": review.drafted_at,
        "facts": review.drafted,
        "conditions": review.conditions,
        "surprised": review.surprised,
        "helped": review.helped,
        "actions": review.actions.iter().map(|action| json!({
            "text": action.text,
            "owner": action.owner,
            "due": action.due,
        })).collect::<Vec<_>>(),
    })
}

pub(crate) fn status(state: &State, records: u64, clock: Option<String>) -> Value {
    let incidents = &state.respond.incidents;
    json!({
        "instance": state.catalog().instance.name,
        "definitions": state.catalog().hash,
        "mode": state.catalog().instance.mode,
        "findings": state.instance.broken,
        "halted": state.instance.halt.as_ref().map(|halt| json!({ "reason": halt.reason, "at": halt.at })),
        "records": records,
        "last_record_at": state.at,
        "clock": clock,
        "incidents_open": incidents.open.values().filter(|incident| !incident.is_over()).count(),
        "alerts": state.monitor.alerts.len(),
        "owed": state.respond.notices.owed.len(),
    })
}
