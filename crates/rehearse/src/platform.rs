//! A small model of a platform: what runs, what was asked of it under which key, and how long a change takes.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::Catalog;
use andon_definitions::service::Platform as Declared;
use andon_vocabulary::{Action, Answer, InstanceStatus, Name, Order, OrderResult, PlatformStatus};

/// How long a roll-out, a restart or a change of scale takes in the model.
pub const CHANGE_TAKES: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, Default)]
pub struct Platform {
    pub services: BTreeMap<Name, PlatformStatus>,
    /// Idempotency key → what it did: asking again changes nothing again.
    carried: BTreeMap<String, String>,
}

impl Platform {
    /// As the definitions say that it runs at first.
    pub fn of(catalog: &Catalog) -> Platform {
        let mut platform = Platform::default();
        for (name, service) in &catalog.services {
            if let Some(Declared::Local(local)) = &service.platform {
                platform
                    .services
                    .insert(name.as_str().into(), status(name, &local.version, None, local.instances));
            }
        }
        platform
    }

    /// Something other than Andon changed the version.
    pub fn deploy(&mut self, service: &str, version: &str) -> PlatformStatus {
        let wanted = self.services.get(service).map_or(1, |status| status.wanted);
        let previous = self.services.get(service).map(|status| status.version.clone());
        let status = status(service, version, previous.filter(|previous| &**previous != version), wanted);
        self.services.insert(service.into(), status.clone());
        status
    }

    /// Carries out an order of the platform; None for an action that is not the platform's.
    pub fn carry(&mut self, order: &Order) -> Option<OrderResult> {
        let service = match &order.action {
            Action::Restart { service, .. }
            | Action::Scale { service, .. }
            | Action::Run { service, .. }
            | Action::Fault { service, .. } => service.clone(),
            Action::Http { .. } | Action::Process { .. } => return None,
        };
        if let Some(detail) = self.carried.get(&order.key) {
            return Some(OrderResult::Done { detail: detail.clone() });
        }
        let Some(current) = self.services.get_mut(&service) else {
            return Some(OrderResult::Failed { error: format!("the platform runs no {service}") });
        };
        match &order.action {
            Action::Scale { to, .. } => {
                *current = status(&service, &current.version, current.previous.clone(), *to);
            }
            Action::Run { version, .. } if *version != current.version => {
                *current = status(&service, version, Some(current.version.clone()), current.wanted);
            }
            _ => {}
        }
        let detail = format!("{service} {} {}/{}", current.version, current.ready, current.wanted);
        self.carried.insert(order.key.clone(), detail.clone());
        Some(OrderResult::Done { detail })
    }

    pub fn look_up(&self, order: &Order) -> Answer {
        match self.carried.get(&order.key) {
            Some(detail) => Answer::Happened { evidence: detail.clone() },
            None => Answer::DidNotHappen { evidence: "the platform never heard of it".to_owned() },
        }
    }
}

fn status(service: &str, version: &str, previous: Option<Name>, wanted: u32) -> PlatformStatus {
    let instance = |n: u32| InstanceStatus {
        name: format!("{service}-{n}").into(),
        version: version.into(),
        address: format!("{service}-{n}:80"),
        pid: None,
        ready: true,
        restarts: 0,
    };
    PlatformStatus {
        service: service.into(),
        version: version.into(),
        previous,
        wanted,
        ready: wanted,
        instances: (1..=wanted).map(instance).collect(),
    }
}
