//! What makes a run begin: an alert that joined an incident, the release of a halted instance, or a person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use andon_definitions::guardrails::Level;
use andon_definitions::runbook::RunPer;
use andon_definitions::{Context, Does, Runbook};
use andon_vocabulary::{
    AlertId, Event, IncidentId, Name, Preview, Refusal, RefusalKind, Requester, RespondEvent, RunId,
    RunRefusedReason, RunStarted, Who,
};

use super::conditions::Scope;
use super::known::{Alert, Known, is_open};
use super::preview::{self, Reach};
use super::run::Run;
use super::{guard, inputs, watches};

/// What there is one run for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Per {
    Incident(IncidentId),
    Alert(AlertId),
    Target(Name),
}

impl Per {
    pub fn of(runbook: &Runbook, incident: IncidentId, alert: Option<AlertId>, service: Option<Name>) -> Per {
        match (runbook.run_per, alert, service) {
            (RunPer::Alert, Some(alert), _) => Per::Alert(alert),
            (RunPer::Target, _, Some(service)) => Per::Target(service),
            _ => Per::Incident(incident),
        }
    }
}

/// What was already said of a runbook and an incident, so that ten alerts do not say it ten times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Proposed,
    Refused,
    /// To be looked at again when the instance is released.
    Halted,
}

/// The runbooks that this alert of this incident launches.
pub(super) fn on_alert(known: Known, incident: IncidentId, alert: AlertId, cx: &Context) -> Vec<Event> {
    launch_all(known, [(incident, alert)], cx)
}

/// Whatever would have been launched while the instance was halted.
pub(super) fn on_release(known: Known, cx: &Context) -> Vec<Event> {
    let open = known.incidents.open.iter().filter(|(_, incident)| !incident.is_over());
    let pairs = open.flat_map(|(id, incident)| incident.alerts.keys().map(|alert| (*id, *alert)));
    launch_all(known, pairs, cx)
}

fn launch_all(
    known: Known,
    pairs: impl IntoIterator<Item = (IncidentId, AlertId)>,
    cx: &Context,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut next = known.last + 1;
    let mut taken: BTreeSet<(String, Per)> = BTreeSet::new();
    for (incident, alert) in pairs {
        let Some(fired) = Alert::of(known.incidents, alert) else { continue };
        for runbook in cx.catalog.runbooks_for(&fired.labels) {
            let per = Per::of(runbook, incident, Some(alert), fired.service.clone());
            let key = (runbook.name.clone(), per);
            let name: Name = runbook.name.as_str().into();
            let ran = known.ran.get(&(name.clone(), key.1.clone())).map(|(run, _)| *run);
            if known.said.contains_key(&(name.clone(), incident)) || !taken.insert(key) {
                continue;
            }
            if let Some(run) = ran {
                // While it is at work it answers this alert too; once it has ended, nobody does.
                if known.get(run).is_none_or(Run::is_finished) {
                    let why = RunRefusedReason::AlreadyRan { run };
                    events.push(
                        RespondEvent::RunRefused { runbook: name, incident: Some(incident), why }.into(),
                    );
                }
                continue;
            }
            let why = format!("{} fires", fired.name());
            if runbook.trust.start.min(runbook.trust.ceiling) == Level::Suggest {
                events.push(RespondEvent::RunProposed { runbook: name, incident, why }.into());
                continue;
            }
            let by = Requester::Alert(fired.name().to_owned());
            let (id, given) = (RunId(next), &BTreeMap::new());
            let request = Request { id, runbook, incident: Some(incident), alert: Some(alert), by, given };
            events.push(match prepare(known, &request, cx) {
                Ok(run) => {
                    next += 1;
                    RespondEvent::RunStarted(Box::new(started(&run))).into()
                }
                Err(why) => RespondEvent::RunRefused { runbook: name, incident: Some(incident), why }.into(),
            });
        }
    }
    events
}

/// A person starts a run.
pub(super) fn on_command(
    known: Known,
    who: &Who,
    runbook: &str,
    incident: Option<IncidentId>,
    given: &BTreeMap<String, String>,
    cx: &Context,
) -> Result<Vec<Event>, Refusal> {
    let run = by_person(known, who, runbook, incident, given, cx)?;
    guard::launch(known.runs, &run.runbook, run.lock.as_deref(), cx).map_err(|why| refusal(&why))?;
    Ok(vec![RespondEvent::RunStarted(Box::new(started(&run))).into()])
}

/// What a person would start: every argument resolved, nothing touched. Guards that only time lifts do not hide it.
pub(super) fn preview(
    known: Known,
    runbook: &str,
    given: &BTreeMap<String, String>,
    incident: Option<IncidentId>,
    cx: &Context,
) -> Result<Preview, Refusal> {
    let nobody = Who::new("preview", andon_vocabulary::Via::Cli);
    let run = by_person(known, &nobody, runbook, incident, given, cx)?;
    let scope = Scope::of(&run, known, cx);
    preview::of(&run, 0, Reach::WholeRun, scope).map_err(|what| Refusal {
        kind: RefusalKind::Conflict,
        what,
        hint: None,
    })
}

fn by_person(
    known: Known,
    who: &Who,
    name: &str,
    incident: Option<IncidentId>,
    given: &BTreeMap<String, String>,
    cx: &Context,
) -> Result<Run, Refusal> {
    let Some(runbook) = cx.catalog.runbooks.get(name) else {
        let known: Vec<&str> = cx.catalog.runbooks.keys().map(String::as_str).collect();
        return Err(Refusal {
            kind: RefusalKind::NotFound,
            what: format!("no runbook is called {name}"),
            hint: Some(format!("known: {}", known.join(", "))),
        });
    };
    if let Some(id) = incident.filter(|id| !is_open(known.incidents, *id)) {
        return Err(Refusal {
            kind: RefusalKind::Conflict,
            what: format!("{id} is not open"),
            hint: Some("name an open incident, or none".to_owned()),
        });
    }
    let same = |run: &&Run| incident.is_some() && run.incident == incident && run.runbook.name == name;
    if let Some(open) = known.iter().filter(|run| !run.is_finished()).find(same) {
        return Err(refusal(&RunRefusedReason::AlreadyRan { run: open.id }));
    }
    let alert = incident.and_then(|id| alert_for(known, runbook, id));
    let (id, by) = (RunId(known.last + 1), Requester::Person(who.clone()));
    resolve(known, &Request { id, runbook, incident, alert, by, given }, cx).map_err(|why| refusal(&why))
}

/// The alert of an incident that would have launched the runbook.
fn alert_for(known: Known, runbook: &Runbook, incident: IncidentId) -> Option<AlertId> {
    let on = &runbook.on.as_ref()?.alert;
    let incidents = known.incidents;
    let fits = |id: &AlertId| incidents.alerts.get(id).is_some_and(|fired| on.matches(&fired.labels));
    incidents.get(incident)?.alerts.keys().copied().find(fits)
}

fn refusal(why: &RunRefusedReason) -> Refusal {
    let (kind, hint) = match why {
        RunRefusedReason::BadInput { .. } => (RefusalKind::Invalid, None),
        RunRefusedReason::Halted => {
            (RefusalKind::Conflict, Some("release the instance first: andon release"))
        }
        RunRefusedReason::AlreadyRan { .. } => {
            (RefusalKind::Conflict, Some("abort that run first, or let it end"))
        }
        _ => (RefusalKind::Conflict, Some("the runbook's guardrails hold for people too")),
    };
    Refusal { kind, what: why.to_string(), hint: hint.map(str::to_owned) }
}

struct Request<'a> {
    id: RunId,
    runbook: &'a Runbook,
    incident: Option<IncidentId>,
    alert: Option<AlertId>,
    by: Requester,
    given: &'a BTreeMap<String, String>,
}

fn prepare(known: Known, request: &Request, cx: &Context) -> Result<Run, RunRefusedReason> {
    if cx.halted {
        return Err(RunRefusedReason::Halted);
    }
    let run = resolve(known, request, cx)?;
    guard::launch(known.runs, request.runbook, run.lock.as_deref(), cx)?;
    Ok(run)
}

/// Inputs, lock and queries, as the run would begin with them.
fn resolve(known: Known, request: &Request, cx: &Context) -> Result<Run, RunRefusedReason> {
    let runbook = request.runbook;
    let alert = request.alert.and_then(|alert| Alert::of(known.incidents, alert));
    let service = request.incident.and_then(|incident| Some(&known.incidents.get(incident)?.service));
    let begun = RunStarted {
        run: request.id,
        runbook: runbook.name.as_str().into(),
        hash: runbook.fingerprint(),
        definition: serde_json::Value::Null,
        incident: request.incident,
        alert: request.alert,
        requested_by: request.by.clone(),
        inputs: inputs::resolve(runbook, request.given, alert.as_ref(), service, cx.catalog)?,
        lock: None,
    };
    let mut run = Run::new(&begun, Arc::new(runbook.clone()), alert, cx.now);
    if let Some(lock) = &runbook.guardrails.lock {
        let key = Scope::of(&run, known, cx).text(&lock.key);
        run.lock =
            Some(key.map_err(|why| RunRefusedReason::BadInput { input: "guardrails.lock".to_owned(), why })?);
    }
    check_queries(&run)?;
    Ok(run)
}

/// A query that cannot be bound is found before the run begins, not in the middle of it.
fn check_queries(run: &Run) -> Result<(), RunRefusedReason> {
    let acts = run.runbook.steps.iter().filter_map(|step| match &step.does {
        Does::Act(act) => Some((step.id.as_str(), act.verify.as_ref().map(|verify| &verify.query))),
        Does::Approve(_) => None,
    });
    let stop_if = run.runbook.guardrails.stop_if.as_ref().map(|stop_if| &stop_if.query);
    for (place, query) in acts.chain([("guardrails.stop_if", stop_if)]) {
        if let Some(query) = query {
            watches::query(run, query)
                .map_err(|why| RunRefusedReason::BadInput { input: place.to_owned(), why })?;
        }
    }
    Ok(())
}

fn started(run: &Run) -> RunStarted {
    RunStarted {
        run: run.id,
        runbook: run.name(),
        hash: run.hash.clone(),
        definition: serde_json::to_value(&*run.runbook).expect("a runbook is plain data"),
        incident: run.incident,
        alert: run.alert,
        requested_by: run.requested_by.clone(),
        inputs: run.inputs.clone(),
        lock: run.lock.clone(),
    }
}
