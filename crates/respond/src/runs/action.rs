//! A step's action with every argument resolved, what was there before it, and the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_definitions::{Act, Action as Defined};
use andon_vocabulary::{Action, InstanceStatus, Name, PlatformStatus};

use super::conditions::Scope;

/// How long a platform may take; HTTP requests and processes say it themselves.
const PLATFORM_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    pub action: Action,
    pub timeout: Duration,
    pub before: BTreeMap<String, String>,
    /// The way back, as it will be once the action has happened.
    pub rollback: Option<(Action, Duration)>,
}

pub(super) fn resolve(step: &str, act: &Act, scope: &Scope) -> Result<Resolved, String> {
    let (action, timeout) = one(&act.action, scope)?;
    let before = before(&action, scope);
    let rollback = match &act.rollback {
        Some(rollback) => Some(one(rollback, &after(step, &action, &before, scope))?),
        None => None,
    };
    Ok(Resolved { action, timeout, before, rollback })
}

/// The way back from an action that was carried out, whatever the platform says by now: it is the one that was shown.
pub(super) fn way_back(
    step: &str,
    act: &Act,
    done: &Action,
    before: &BTreeMap<String, String>,
    scope: &Scope,
) -> Result<Option<(Action, Duration)>, String> {
    let Some(rollback) = &act.rollback else { return Ok(None) };
    one(rollback, &after(step, done, before, scope)).map(Some)
}

/// The world as it will be when the action has happened.
pub(super) fn after(step: &str, action: &Action, before: &BTreeMap<String, String>, scope: &Scope) -> Scope {
    let mut later = scope.clone();
    later.assume_done(step, before);
    match action {
        Action::Scale { service, to, .. } => {
            if let Some(status) = later.platforms.get_mut(service) {
                status.wanted = *to;
            }
        }
        Action::Run { service, from, version } => {
            if let Some(status) = later.platforms.get_mut(service) {
                status.version = version.clone();
                status.previous = Some(from.clone());
            }
        }
        Action::Http { .. } | Action::Process { .. } | Action::Restart { .. } | Action::Fault { .. } => {}
    }
    later
}

fn one(action: &Defined, scope: &Scope) -> Result<(Action, Duration), String> {
    match action {
        Defined::Http(http) => {
            let action = Action::Http {
                method: http.method.as_str().to_owned(),
                url: scope.text(&http.url)?,
                headers: http.headers.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
                body: http.body.as_ref().map(|body| scope.text(body)).transpose()?,
            };
            Ok((action, *http.timeout))
        }
        Defined::Process(process) => {
            let argv = process.argv.iter().map(|arg| scope.text(arg)).collect::<Result<_, _>>()?;
            let pairs = process.env.iter().map(|(name, value)| Ok((name.clone(), scope.text(value)?)));
            let env = pairs.collect::<Result<_, String>>()?;
            Ok((Action::Process { argv, env, cwd: process.cwd.clone() }, *process.timeout))
        }
        Defined::Restart(restart) => {
            let status = platform(&scope.text(&restart.service)?, scope)?;
            let instances = match &restart.instance {
                None => Vec::new(),
                Some(number) => vec![instance(status, scope.number(number)?)?],
            };
            Ok((Action::Restart { service: status.service.clone(), instances }, PLATFORM_TIMEOUT))
        }
        Defined::Scale(scale) => {
            let status = platform(&scope.text(&scale.service)?, scope)?;
            let from = status.wanted;
            let wanted = match (&scale.to, &scale.add) {
                (Some(to), _) => i64::from(scope.number(to)?),
                (None, Some(add)) => i64::from(from).saturating_add(scope.number(add)?).max(1),
                (None, None) => return Err("a scale says neither `to` nor `add`".to_owned()),
            };
            let to = u32::try_from(wanted).unwrap_or(u32::MAX).min(scale.max.unwrap_or(u32::MAX));
            if scale.to.is_none() && to == from {
                return Err(format!(
                    "{} already has {from} instances, as far as this may go",
                    status.service
                ));
            }
            Ok((Action::Scale { service: status.service.clone(), from, to }, PLATFORM_TIMEOUT))
        }
        Defined::Rollback(rollback) => {
            let status = platform(&scope.text(&rollback.service)?, scope)?;
            let version: Name = match &rollback.to {
                Some(to) => scope.text(to)?.into(),
                None => status.previous.clone().ok_or_else(|| {
                    format!("nothing is known of a version of {} before {}", status.service, status.version)
                })?,
            };
            if version == status.version {
                return Err(format!("{} already runs {version}", status.service));
            }
            let (service, from) = (status.service.clone(), status.version.clone());
            Ok((Action::Run { service, from, version }, PLATFORM_TIMEOUT))
        }
        Defined::Promql(_) | Defined::Notify(_) => {
            Err(format!("{} does nothing to the world", action.name()))
        }
    }
}

fn platform<'a>(service: &str, scope: &'a Scope) -> Result<&'a PlatformStatus, String> {
    let known = scope.platforms.get(service);
    known.ok_or_else(|| format!("no platform has said anything of {service:?}; does it name a `platform`?"))
}

fn instance(status: &PlatformStatus, number: u32) -> Result<Name, String> {
    let wanted = format!("{}-{number}", status.service);
    let found = status.instances.iter().find(|instance: &&InstanceStatus| *instance.name == *wanted);
    found
        .map(|instance| instance.name.clone())
        .ok_or_else(|| format!("{} has no instance {wanted}", status.service))
}

fn before(action: &Action, scope: &Scope) -> BTreeMap<String, String> {
    let mut before = BTreeMap::new();
    if let Some(status) = action.service().and_then(|service| scope.platforms.get(service)) {
        before.insert("instances".to_owned(), status.wanted.to_string());
        before.insert("version".to_owned(), status.version.to_string());
        if let Some(previous) = &status.previous {
            before.insert("previous".to_owned(), previous.to_string());
        }
    }
    before
}

/// What an action touches, in words that are equal for equal targets.
pub(super) fn target(action: &Action) -> String {
    match (action.service(), action) {
        (Some(service), _) => service.to_string(),
        (None, Action::Http { url, .. }) => {
            let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            rest.split(['/', '?', '#']).next().unwrap_or(rest).to_owned()
        }
        (None, _) => "this machine".to_owned(),
    }
}

pub(super) fn targets<'a>(actions: impl IntoIterator<Item = &'a Action>) -> BTreeSet<String> {
    actions.into_iter().map(target).collect()
}

/// How many of a service's instances an action takes away at once. Restarts and new versions go one after the other;
/// scaling out takes none.
pub(super) fn taken_at_once(action: &Action) -> u32 {
    match action {
        Action::Restart { .. } | Action::Run { .. } => 1,
        Action::Scale { from, to, .. } => from.saturating_sub(*to),
        Action::Http { .. } | Action::Process { .. } | Action::Fault { .. } => 0,
    }
}

pub(super) fn instances(action: &Action, scope: &Scope) -> Option<u32> {
    Some(scope.platforms.get(action.service()?)?.wanted)
}
