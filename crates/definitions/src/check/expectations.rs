//! Scenarios: a test that names what does not exist would pass or fail for the wrong reason.

use std::collections::BTreeSet;

use super::Check;
use crate::scenario::{ComparedIs, Expectation, Incumbent, Never, Of, Scenario, What, When, WorldEntry};
use crate::suggest;

impl Check<'_> {
    pub(super) fn scenarios(&mut self) {
        for (name, scenario) in &self.catalog.scenarios {
            let definition = format!("Scenario/{name}");
            for (at, entry) in scenario.world.iter().enumerate() {
                self.world(&definition, &format!("/spec/world/{at}"), entry);
            }
            self.expectations(&definition, scenario);
        }
    }

    fn world(&mut self, definition: &str, pointer: &str, entry: &WorldEntry) {
        let when = entry.when.as_ref();
        match when {
            Some(When::Asked(when)) => {
                self.must_be_person(definition, &format!("{pointer}/when/asked"), &when.asked);
            }
            Some(When::Paged(when)) => {
                self.must_be_person(definition, &format!("{pointer}/when/paged"), &when.paged);
            }
            Some(When::Sent(when)) => {
                self.must_be_step(definition, &format!("{pointer}/when/sent"), &when.sent);
            }
            Some(When::Done(when)) => {
                self.must_be_step(definition, &format!("{pointer}/when/done"), &when.done);
            }
            Some(When::Lookup(when)) => {
                self.must_be_step(definition, &format!("{pointer}/when/lookup"), &when.lookup);
            }
            Some(When::Delivered(when)) => {
                self.must_be_channel(definition, &format!("{pointer}/when/delivered"), &when.delivered);
            }
            None => {}
        }
        if entry.after.is_some() && when.is_none() {
            let message = "`after` counts from `when`, and there is none".to_owned();
            self.error(definition, &format!("{pointer}/after"), "conflict", message)
                .hint("write `at:` instead");
        }
        let is_person = matches!(when, Some(When::Asked(_) | When::Paged(_)));
        let is_step = matches!(when, Some(When::Sent(_) | When::Lookup(_)));
        match &entry.what {
            What::Does(_) if !is_person => {
                let message = "nobody is there to do it".to_owned();
                self.error(definition, &format!("{pointer}/does"), "conflict", message)
                    .hint("add `when: { asked: PERSON }` or `when: { paged: PERSON }`");
            }
            What::Reply(_) if !is_step => {
                let message = "nothing is asked that could be answered".to_owned();
                self.error(definition, &format!("{pointer}/reply"), "conflict", message)
                    .hint("add `when: { sent: STEP }` or `when: { lookup: STEP }`");
            }
            What::Incumbent(acts) => {
                let Incumbent { pages, acknowledged_by, .. } = &acts.incumbent;
                if pages.is_empty() && acknowledged_by.is_none() {
                    let message = "the incumbent does nothing".to_owned();
                    self.error(definition, &format!("{pointer}/incumbent"), "missing-key", message)
                        .hint("add `pages: PERSON` or `acknowledged_by: PERSON`");
                }
                self.must_compare(definition, &format!("{pointer}/incumbent"));
            }
            What::Deploy(deployed) => {
                let place = format!("{pointer}/deploy/service");
                self.must_exist(definition, &place, "Service", &deployed.deploy.service);
            }
            What::Partition(partitioned) => {
                for (at, target) in partitioned.partition.targets.iter().enumerate() {
                    let place = format!("{pointer}/partition/targets/{at}");
                    self.must_exist(definition, &place, "Service", target);
                }
            }
            What::Delivery(delivery) => {
                let place = format!("{pointer}/delivery");
                match (&delivery.delivery.channel, &delivery.delivery.receiver) {
                    (Some(channel), None) => {
                        self.must_be_channel(definition, &format!("{place}/channel"), channel);
                    }
                    (None, Some(receiver)) => {
                        self.must_be_receiver(definition, &format!("{place}/receiver"), receiver);
                    }
                    _ => {
                        let message = "whose deliveries are meant: `channel` or `receiver`".to_owned();
                        self.error(definition, &place, "conflict", message).hint("name one of the two");
                    }
                }
            }
            _ => {}
        }
    }

    fn expectations(&mut self, definition: &str, scenario: &Scenario) {
        for (at, expectation) in scenario.expect.iter().enumerate() {
            let pointer = format!("/spec/expect/{at}");
            let place = |key: &str| format!("{pointer}/{key}");
            let of = match expectation {
                Expectation::Alert(expect) => {
                    self.must_be_alert(definition, &place("alert"), &expect.alert, scenario);
                    &expect.of
                }
                Expectation::Page(expect) => {
                    self.must_be_person(definition, &place("page"), &expect.page);
                    if let Some(via) = &expect.via {
                        self.must_be_channel(definition, &place("via"), via);
                    }
                    &expect.of
                }
                Expectation::Never(expect) => {
                    self.never(definition, &place("never"), &expect.never, scenario);
                    &None
                }
                Expectation::Run(expect) => {
                    self.must_exist(definition, &place("run"), "Runbook", &expect.run);
                    &expect.of
                }
                Expectation::Sent(expect) => {
                    self.must_be_step(definition, &place("sent"), &expect.sent);
                    &None
                }
                Expectation::Incident(expect) => {
                    if expect.incident != "unassigned" {
                        self.must_exist(definition, &place("incident"), "Service", &expect.incident);
                    }
                    &expect.of
                }
                Expectation::Review(expect) => &expect.of,
                Expectation::Notified(expect) => {
                    self.must_be_receiver(definition, &place("notified"), &expect.notified);
                    if let Some(alert) = &expect.alert {
                        self.must_be_alert(definition, &place("alert"), alert, scenario);
                    }
                    &expect.of
                }
                Expectation::Route(expect) => {
                    for (at, receiver) in expect.receivers.iter().enumerate() {
                        self.must_be_receiver(definition, &place(&format!("receivers/{at}")), receiver);
                    }
                    &None
                }
                Expectation::OnCall(expect) => {
                    self.must_be_rotation(definition, &place("oncall"), &expect.oncall);
                    if expect.is != "nobody" {
                        self.must_be_person(definition, &place("is"), &expect.is);
                    }
                    &None
                }
                Expectation::Compared(expect) => {
                    self.must_compare(definition, &place("compared"));
                    if expect.because.is_some() && expect.is != ComparedIs::OnlyIncumbent {
                        let message =
                            "only of what nobody but the incumbent paged for is there a reason".to_owned();
                        self.error(definition, &place("because"), "conflict", message)
                            .hint("write `is: only_incumbent`");
                    }
                    &None
                }
                Expectation::Reported(_) => {
                    if !self.catalog.instance.is_shadow() {
                        let message = "only shadow mode reports its days".to_owned();
                        self.error(definition, &place("reported"), "conflict", message)
                            .hint("set `mode: shadow` on the instance");
                    }
                    &None
                }
            };
            let place = place("of");
            match of {
                Some(Of::Alert(alert)) => self.must_be_alert(definition, &place, alert, scenario),
                Some(Of::Page(person)) => self.must_be_person(definition, &place, person),
                Some(Of::Run(runbook)) => self.must_exist(definition, &place, "Runbook", runbook),
                Some(Of::Sent(step)) => self.must_be_step(definition, &place, step),
                Some(Of::Incident(service)) => self.must_exist(definition, &place, "Service", service),
                Some(Of::Notified(receiver)) => self.must_be_receiver(definition, &place, receiver),
                None => {}
            }
        }
    }

    fn must_compare(&mut self, definition: &str, pointer: &str) {
        let catalog = self.catalog;
        if !catalog.instance.is_shadow() && !catalog.sources.values().any(|source| source.incumbent) {
            let message = "nothing is compared here: there is no incumbent".to_owned();
            self.error(definition, pointer, "conflict", message)
                .hint("set `mode: shadow` on the instance, or add a Source with `incumbent: true`");
        }
    }

    fn never(&mut self, definition: &str, pointer: &str, never: &Never, scenario: &Scenario) {
        match never {
            Never::Page(person) => self.must_be_person(definition, pointer, person),
            Never::Alert(alert) | Never::Resolved(alert) => {
                self.must_be_alert(definition, pointer, alert, scenario);
            }
            Never::Run(runbook) => self.must_exist(definition, pointer, "Runbook", runbook),
            Never::Sent(step) => self.must_be_step(definition, pointer, step),
            Never::Incident(service) => self.must_exist(definition, pointer, "Service", service),
            Never::Notified(receiver) => self.must_be_receiver(definition, pointer, receiver),
        }
    }

    fn must_be_receiver(&mut self, definition: &str, pointer: &str, receiver: &str) {
        let catalog = self.catalog;
        let Some(alertmanager) = &catalog.alertmanager else {
            let message = format!("there are no routes, so nobody is called `{receiver}`");
            self.error(definition, pointer, "unknown-reference", message)
                .hint("put an alertmanager.yml beside the definitions");
            return;
        };
        if !alertmanager.receivers.contains_key(receiver) {
            let hint = suggest::hint(receiver, alertmanager.receivers.keys().map(String::as_str));
            let message = format!("no receiver is called `{receiver}`");
            self.error(definition, pointer, "unknown-reference", message).hint = hint;
        }
    }

    fn must_be_rotation(&mut self, definition: &str, pointer: &str, rotation: &str) {
        let catalog = self.catalog;
        let found = rotation
            .split_once('/')
            .and_then(|(team, name)| Some(catalog.teams.get(team)?.oncall.contains_key(name)));
        if found != Some(true) {
            let known: Vec<String> = catalog
                .teams
                .iter()
                .flat_map(|(team, it)| it.oncall.keys().map(move |name| format!("{team}/{name}")))
                .collect();
            let hint = suggest::hint(rotation, known.iter().map(String::as_str));
            let message = format!("no rotation is called `{rotation}`");
            self.error(definition, pointer, "unknown-reference", message).hint = hint;
        }
    }

    /// Of a rule, or one that the scenario's world sends.
    fn must_be_alert(&mut self, definition: &str, pointer: &str, alert: &str, scenario: &Scenario) {
        let catalog = self.catalog;
        if self.names("RuleGroup").len() > catalog.rules.len() {
            return;
        }
        let rules = catalog.alerting_rules().map(|(_, rule)| rule.alert.as_str());
        let received = scenario.world.iter().filter_map(|entry| match &entry.what {
            What::Receive(sent) => sent.receive.labels.get("alertname").map(String::as_str),
            _ => None,
        });
        let alerts: BTreeSet<&str> = rules.chain(received).collect();
        if !alerts.contains(alert) {
            let hint = suggest::hint(alert, alerts);
            let message = format!("no rule raises an alert called `{alert}`");
            self.error(definition, pointer, "unknown-reference", message).hint = hint;
        }
    }

    fn must_be_step(&mut self, definition: &str, pointer: &str, step: &str) {
        let catalog = self.catalog;
        if self.names("Runbook").len() > catalog.runbooks.len() {
            return;
        }
        let steps: BTreeSet<&str> = catalog
            .runbooks
            .values()
            .flat_map(|runbook| &runbook.steps)
            .map(|step| step.id.as_str())
            .collect();
        if !steps.contains(step) {
            let hint = suggest::hint(step, steps);
            let message = format!("no runbook has a step called `{step}`");
            self.error(definition, pointer, "unknown-reference", message).hint = hint;
        }
    }
}
