//! The instance: its default team, who it asks and sends to, its mail servers.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use andon_identity::Grant;

use super::Check;
use crate::book::escape;
use crate::instance::{ChannelKind, Elsewhere, Exposed, GrantText, Metrics, Receiver};
use crate::prometheus::RemoteWrite;

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
            let given = (asked.username.is_some(), asked.password.is_some(), asked.bearer.is_some());
            self.credentials(&definition, "/spec/metrics/prometheus", given);
        }
        self.reach(&definition);
        self.granted_groups(&definition);
        self.receivers(&definition);
        if instance.answers.as_ref().is_some_and(|answers| answers.url.is_none())
            && instance.external_url.is_none()
        {
            let message = "nothing says where providers and telephones reach this Andon".to_owned();
            self.error(&definition, "/spec/answers", "unreachable", message)
                .hint("add `url: https://…` to `answers`, or `external_url` to the instance's spec");
        }
        for (name, channel) in &instance.channels {
            self.channel(&definition, name, &channel.kind);
        }
    }

    fn channel(&mut self, definition: &str, name: &str, kind: &ChannelKind) {
        let pointer = format!("/spec/channels/{name}/{}", kind.word());
        match kind {
            ChannelKind::Smtp(smtp) if smtp.username.is_some() != smtp.password.is_some() => {
                let message = "a username and a password belong together".to_owned();
                self.error(definition, &pointer, "conflict", message);
            }
            ChannelKind::Slack(slack) if slack.token.is_some() == slack.webhook.is_some() => {
                let message = "a channel of Slack has either a token or a webhook".to_owned();
                self.error(definition, &pointer, "conflict", message)
                    .hint("`token` writes to each member, `webhook` to one channel");
            }
            _ => {}
        }
    }

    /// Who can reach it, and how.
    fn reach(&mut self, definition: &str) {
        let instance = &self.catalog.instance;
        let Ok(address) = instance.listen.parse::<SocketAddr>() else { return };
        if let Err(exposed) = instance.may_listen(address.ip()) {
            self.error(definition, "/spec/listen", "exposed", exposed.what(address)).hint(exposed.hint());
        }
        let has_plain_name = instance.external_url.as_ref().is_some_and(|url| url.starts_with("http://"));
        if has_plain_name && (instance.tls.is_some() || !instance.trusted_proxies.is_empty()) {
            let message = "people reach it over TLS, and this address is not".to_owned();
            self.error(definition, "/spec/external_url", "conflict", message).hint("begin it with https://");
        }
        if instance.identity.is_none() && !instance.trusted_proxies.is_empty() {
            let message = "nobody behind a proxy is answered where nobody has to say who they are".to_owned();
            self.error(definition, "/spec/trusted_proxies", "exposed", message)
                .hint(Exposed::ToAnybody.hint());
        }
    }

    /// What a provider's groups grant.
    fn granted_groups(&mut self, definition: &str) {
        let catalog = self.catalog;
        let identity = catalog.instance.identity.as_ref();
        let Some(oidc) = identity.and_then(|identity| identity.oidc.as_ref()) else { return };
        for (group, GrantText(text)) in &oidc.groups {
            let team = text.parse::<Grant>().ok().and_then(|grant| grant.team);
            if let Some(team) = team {
                let pointer = format!("/spec/identity/oidc/groups/{}", escape(group));
                self.must_exist(definition, &pointer, "Team", &team);
            }
        }
        if oidc.groups.is_empty() && catalog.teams.is_empty() {
            let message = "nobody who signs in there is granted anything".to_owned();
            self.warning(definition, "/spec/identity/oidc", "grants-nothing", message)
                .hint("say by `groups: { GROUP: viewer }` what a group grants, or write the people's teams");
        }
    }

    fn receivers(&mut self, definition: &str) {
        let catalog = self.catalog;
        let theirs = catalog.prometheus.iter().flat_map(|prometheus| &prometheus.remote_write);
        let mut names: BTreeSet<&str> = theirs.map(RemoteWrite::called).collect();
        for (at, receiver) in catalog.instance.remote_write.iter().enumerate() {
            let pointer = format!("/spec/remote_write/{at}");
            if !names.insert(receiver.name()) {
                let message = format!("a receiver is called `{}` already", receiver.name());
                self.error(definition, &pointer, "duplicate", message)
                    .hint("give this one a `name` of its own");
            }
            if let Receiver::Addressed(addressed) = receiver {
                let given =
                    (addressed.username.is_some(), addressed.password.is_some(), addressed.bearer.is_some());
                self.credentials(definition, &pointer, given);
            }
        }
    }

    /// A name, a password, a token: the first two come together, and not with the third.
    fn credentials(&mut self, definition: &str, pointer: &str, given: (bool, bool, bool)) {
        let (username, password, bearer) = given;
        if username != password {
            let message = "a username and a password belong together".to_owned();
            self.error(definition, pointer, "conflict", message);
        }
        if username && bearer {
            let message = "a username and a bearer token exclude each other".to_owned();
            self.error(definition, pointer, "conflict", message);
        }
    }
}
