//! The instance: its default team, its mail servers.

use super::Check;
use crate::instance::{Channel, Elsewhere, Metrics};

impl Check<'_> {
    pub(super) fn instance(&mut self) {
        let instance = &self.catalog.instance;
        let definition = format!("Instance/{}", instance.name);
        if !self.is_written(&definition) {
            return;
        }
        match &instance.default_team {
            Some(team) => self.must_exist(&definition, "/spec/default_team", "Team", team),
            None if self.catalog.alerting_rules().next().is_some() => {
                let message = "an alert that no service claims would reach nobody".to_owned();
                self.warning(&definition, "/metadata/name", "reaches-nobody", message)
                    .hint("add `default_team: team:NAME` to the instance's spec");
            }
            None => {}
        }
        if instance.labels.service.is_empty() {
            let message = "no label names a service".to_owned();
            self.error(&definition, "/spec/labels/service", "too-few", message);
        }
        if let Metrics::Prometheus(Elsewhere::Asked(asked)) = &instance.metrics {
            let pointer = "/spec/metrics/prometheus";
            if asked.username.is_some() != asked.password.is_some() {
                let message = "a username and a password belong together".to_owned();
                self.error(&definition, pointer, "conflict", message);
            }
            if asked.username.is_some() && asked.bearer.is_some() {
                let message = "a username and a bearer token exclude each other".to_owned();
                self.error(&definition, pointer, "conflict", message);
            }
        }
        for (name, channel) in &instance.channels {
            let Channel::Smtp(smtp) = channel else { continue };
            let pointer = format!("/spec/channels/{name}/smtp");
            if smtp.username.is_some() != smtp.password.is_some() {
                let message = "a username and a password belong together".to_owned();
                self.error(&definition, &pointer, "conflict", message);
            }
        }
    }
}
