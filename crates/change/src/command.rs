//! What a person commands: deploy, roll back, switch a fault, or say that something else made a change.

use std::time::Duration;

use andon_definitions::{Context, Service};
use andon_vocabulary::{
    Action, ChangeEvent, ChangeId, Command, IntentId, Name, Order, PlatformStatus, Refusal, RefusalKind,
    Told, Warrant, What,
};

use crate::State;

/// An order that could not be sent within this time is not sent any more.
const DISPATCH_MAX: Duration = Duration::from_secs(10);
/// After this time without an answer the outcome is unknown.
const ANSWER_MAX: Duration = Duration::from_secs(60);
const VERSION_BYTES_MAX: usize = 128;

impl State {
    pub(crate) fn told(&self, told: &Told, cx: &Context) -> Result<Vec<ChangeEvent>, Refusal> {
        let (what, action, step) = match &told.command {
            Command::Deploy { service, version } => self.deploy(service, version, cx)?,
            Command::RollBack { service, .. } => self.roll_back(service, cx)?,
            Command::Fault { service, fault, on } => switch(service, fault, *on, cx)?,
            Command::RecordChange { service, version, .. } => {
                defined(service, cx)?;
                well_formed(version)?;
                return Ok(vec![ChangeEvent::ChangeRecorded {
                    change: self.next_id(),
                    what: What::Deploy { service: service.clone(), version: version.clone(), from: None },
                    who: told.who.clone(),
                }]);
            }
            _ => return Ok(Vec::new()),
        };
        if cx.catalog.instance.is_shadow() {
            return Err(refusal(
                RefusalKind::Conflict,
                "this Andon is in shadow mode: it changes nothing".to_owned(),
                "write `mode: act` in the Instance once it shall",
            ));
        }
        self.no_other_under_way(what.service())?;
        // A fault beside a step is a rehearsal of it; a version beside one would leave it to chance which of both stays.
        if matches!(what, What::Deploy { .. } | What::RollBack { .. }) {
            self.steps.refuse(what.service(), cx.now)?;
        }
        let change = self.next_id();
        let order = Order {
            intent: IntentId(cx.next_intent),
            run: None,
            step: step.into(),
            action,
            key: change.to_string(),
            not_after: cx.now + DISPATCH_MAX,
            timeout: ANSWER_MAX,
            warrant: Warrant::Commanded { by: told.who.person.clone() },
        };
        Ok(vec![ChangeEvent::ChangeIntended { change, what, who: told.who.clone(), order: Box::new(order) }])
    }

    fn deploy(
        &self,
        service: &Name,
        version: &Name,
        cx: &Context,
    ) -> Result<(What, Action, &'static str), Refusal> {
        well_formed(version)?;
        let status = self.platform(service, cx)?;
        if status.version == *version {
            return Err(refusal(
                RefusalKind::Conflict,
                format!("{service} already runs {version}"),
                "to start it again, restart it; to run another version, name that",
            ));
        }
        let what = What::Deploy {
            service: service.clone(),
            version: version.clone(),
            from: Some(status.version.clone()),
        };
        Ok((what, run(status, version), "deploy"))
    }

    fn roll_back(&self, service: &Name, cx: &Context) -> Result<(What, Action, &'static str), Refusal> {
        let status = self.platform(service, cx)?;
        let Some(previous) = &status.previous else {
            return Err(refusal(
                RefusalKind::Conflict,
                format!("{service} has run no version before {}", status.version),
                "deploy the version that you want by its name",
            ));
        };
        let what = What::RollBack {
            service: service.clone(),
            version: previous.clone(),
            from: Some(status.version.clone()),
        };
        Ok((what, run(status, previous), "roll back"))
    }

    /// Two commands at once would leave it to chance which version stays.
    fn no_other_under_way(&self, service: &Name) -> Result<(), Refusal> {
        let under_way = |what: &What, settled: bool| what.service() == service && !settled;
        match self.changes.iter().find(|(_, change)| under_way(&change.what, change.phase.is_settled())) {
            None => Ok(()),
            Some((id, change)) => Err(refusal(
                RefusalKind::Conflict,
                format!("{id} ({}) is still under way", change.what),
                "wait until it is known how it ended",
            )),
        }
    }

    fn platform(&self, service: &Name, cx: &Context) -> Result<&PlatformStatus, Refusal> {
        if defined(service, cx)?.platform.is_none() {
            return Err(refusal(
                RefusalKind::Conflict,
                format!("{service} has no platform, so Andon does not run it"),
                "give the service a `platform`, or record a change that something else made",
            ));
        }
        self.platforms.get(service).ok_or_else(|| {
            refusal(
                RefusalKind::Conflict,
                format!("the platform has not said yet what {service} runs"),
                "try again in a moment",
            )
        })
    }

    fn next_id(&self) -> ChangeId {
        ChangeId(self.last + 1)
    }
}

fn switch(
    service: &Name,
    fault: &Name,
    on: bool,
    cx: &Context,
) -> Result<(What, Action, &'static str), Refusal> {
    let faults = &defined(service, cx)?.faults;
    let Some(declared) = faults.get(&**fault) else {
        let names: Vec<&str> = faults.keys().map(String::as_str).collect();
        let hint = match names.as_slice() {
            [] => "declare it under `faults` of the service".to_owned(),
            names => format!("it has: {}", names.join(", ")),
        };
        return Err(refusal(RefusalKind::NotFound, format!("{service} declares no fault {fault}"), &hint));
    };
    let body = match (&declared.body, on) {
        (None, on) => format!(r#"{{"on":{on}}}"#),
        (Some(body), true) => body.clone(),
        (Some(_), false) => {
            return Err(refusal(
                RefusalKind::Conflict,
                format!(
                    "fault {fault} of {service} has a body of its own, which says only how it is switched on"
                ),
                r#"leave `body` out: then {"on":true} and {"on":false} are sent"#,
            ));
        }
    };
    let action = Action::Fault {
        service: service.clone(),
        fault: fault.clone(),
        path: declared.post.clone(),
        body,
        on,
    };
    let what = What::Fault { service: service.clone(), fault: fault.clone(), on };
    Ok((what, action, "fault"))
}

fn run(status: &PlatformStatus, version: &Name) -> Action {
    Action::Run { service: status.service.clone(), from: status.version.clone(), version: version.clone() }
}

fn defined<'a>(service: &Name, cx: &Context<'a>) -> Result<&'a Service, Refusal> {
    cx.catalog.services.get(&**service).ok_or_else(|| {
        let names: Vec<&str> = cx.catalog.services.keys().map(String::as_str).collect();
        refusal(
            RefusalKind::NotFound,
            format!("there is no service {service:?}"),
            &format!("the services are: {}", names.join(", ")),
        )
    })
}

/// A version is handed on in an environment and shown in a line of text.
fn well_formed(version: &Name) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_graphic();
    if !version.is_empty() && version.len() <= VERSION_BYTES_MAX && version.chars().all(fits) {
        return Ok(());
    }
    Err(refusal(
        RefusalKind::Invalid,
        format!("{version:?} is not a version"),
        &format!("write 1 to {VERSION_BYTES_MAX} visible ASCII characters, without spaces"),
    ))
}

fn refusal(kind: RefusalKind, what: String, hint: &str) -> Refusal {
    Refusal { kind, what, hint: Some(hint.to_owned()) }
}
