//! Sources: that nobody unknown may send, and that what is sent becomes an alert.

use super::Check;
use crate::intake::{Format, Proof, Source};

/// A key as a part of a JSON Pointer.
fn pointed(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl Check<'_> {
    pub(super) fn sources(&mut self) {
        let catalog = self.catalog;
        for source in catalog.sources.values() {
            let definition = format!("Source/{}", source.name);
            self.proof(&definition, source);
            self.topics(&definition, source);
            self.mapping(&definition, source);
            self.incumbent(&definition, source);
            if let Some(person) = &source.acknowledged_by {
                self.must_be_person(&definition, "/spec/acknowledged_by", person);
            }
            if let Some(service) = &source.service {
                self.must_exist(&definition, "/spec/service", "Service", service);
            }
        }
    }

    /// What an incumbent says becomes no alert: what is said of alerts says nothing of it.
    fn incumbent(&mut self, definition: &str, source: &Source) {
        if !source.incumbent {
            if !source.names.is_empty() {
                let message = "`names` says whom an incumbent means, and this is none".to_owned();
                self.error(definition, "/spec/names", "conflict", message).hint("add `incumbent: true`");
            }
            return;
        }
        if !source.format.is_of_pagers() {
            let message =
                format!("`{}` is the format of no pager that can be compared", source.format.word());
            self.error(definition, "/spec/incumbent", "conflict", message)
                .hint("an incumbent's format is `alertmanager` or `pagerduty`");
        }
        let of_alerts = [
            ("labels", !source.labels.is_empty()),
            ("service", source.service.is_some()),
            ("acknowledged_by", source.acknowledged_by.is_some()),
            ("expires", source.expires.is_some()),
        ];
        for (key, _) in of_alerts.iter().filter(|(_, given)| *given) {
            let message = format!("what an incumbent does becomes no alert: `{key}` has nothing to say");
            self.error(definition, &format!("/spec/{key}"), "conflict", message);
        }
        for (name, person) in &source.names {
            let is_receiver = self
                .catalog
                .alertmanager
                .as_ref()
                .is_some_and(|alertmanager| alertmanager.receivers.contains_key(person));
            if !is_receiver {
                self.must_be_person(definition, &format!("/spec/names/{}", pointed(name)), person);
            }
        }
    }

    fn proof(&mut self, definition: &str, source: &Source) {
        let word = source.format.word();
        match (&source.secret, source.format) {
            (Some(Proof::Signed(signed)), Format::Pagerduty) if source.incumbent => {
                if signed.timestamp_header.is_some() {
                    let message = "PagerDuty signs no time".to_owned();
                    self.error(definition, "/spec/secret/timestamp_header", "conflict", message);
                }
            }
            (Some(Proof::Token(_)), Format::Pagerduty) if source.incumbent => {
                let message = "PagerDuty's webhooks give no token: they are signed".to_owned();
                self.error(definition, "/spec/secret", "conflict", message)
                    .hint("write `secret: { hmac: secret:env/NAME }`, the secret that its webhook subscription shows once");
            }
            (None, Format::Sns) | (Some(Proof::Token(_)), _) if source.format != Format::Github => {}
            (None, _) => {
                let message = "anybody could send here: `secret` is missing".to_owned();
                self.error(definition, "/metadata/name", "missing-key", message)
                    .hint("add `secret: secret:env/NAME`, or `secret: { hmac: secret:env/NAME }` if the sender signs");
            }
            (Some(Proof::Token(_)), _) => {
                let message = format!("a source of format `{word}` gives no token: it signs");
                self.error(definition, "/spec/secret", "conflict", message)
                    .hint("write `secret: { hmac: secret:env/NAME }`");
            }
            (Some(Proof::Signed(signed)), format) => match format {
                Format::Pagerduty | Format::Opsgenie | Format::Gitlab | Format::Sns | Format::Eventbridge => {
                    let message = format!("a source of format `{word}` does not sign with a key");
                    self.error(definition, "/spec/secret", "conflict", message)
                        .hint("write `secret: secret:env/NAME`");
                }
                _ if signed.header.is_none() && format.signature_header().is_none() => {
                    let message = "`header` is missing: nothing says where the signature stands".to_owned();
                    self.error(definition, "/spec/secret", "missing-key", message)
                        .hint("name the header, such as `header: X-Signature`");
                }
                _ => {}
            },
        }
    }

    fn topics(&mut self, definition: &str, source: &Source) {
        if source.format == Format::Sns && source.topics.is_empty() {
            let message = "any account of AWS could send here: `topics` is missing".to_owned();
            self.error(definition, "/metadata/name", "missing-key", message)
                .hint("list the topics by their ARN, such as arn:aws:sns:eu-west-1:123456789012:alarms");
        }
        if source.format != Format::Sns && !source.topics.is_empty() {
            let message = format!("a source of format `{}` has no topics", source.format.word());
            self.error(definition, "/spec/topics", "conflict", message);
        }
    }

    fn mapping(&mut self, definition: &str, source: &Source) {
        let word = source.format.word();
        match &source.mapping {
            None if source.format.is_mapped() => {
                let message = format!("a source of format `{word}` needs a `mapping`");
                // An event's data is the item; its attributes stand beside it.
                let key = if source.format == Format::Cloudevents { "body.id" } else { "item.id" };
                self.error(definition, "/metadata/name", "missing-key", message)
                    .hint(format!("say at least `key: '${{{{ {key} }}}}'` and `labels: {{ alertname: … }}`"));
            }
            Some(_) if !source.format.is_mapped() => {
                let message =
                    format!("a payload of format `{word}` has a shape of its own: nothing is mapped");
                self.error(definition, "/spec/mapping", "conflict", message);
            }
            Some(mapping) => {
                let named =
                    [mapping.labels.contains_key("alertname"), source.labels.contains_key("alertname")];
                if named == [false, false] {
                    let message = "an alert would have no name".to_owned();
                    self.error(definition, "/spec/mapping", "missing-key", message)
                        .hint("add `alertname` to the mapping's labels");
                }
            }
            None => {}
        }
    }
}
