//! Rules: labels that mean something to Andon must say something it knows.

use super::Check;
use crate::rules::Rule;
use crate::suggest;

const URGENCIES: [&str; 3] = ["page", "ticket", "log"];

impl Check<'_> {
    pub(super) fn rules(&mut self) {
        for group in &self.catalog.rules {
            let definition = group.definition();
            for (at, rule) in group.rules.iter().enumerate() {
                let Rule::Alerting(rule) = rule else { continue };
                let urgency = rule.labels.get("urgency").filter(|text| !text.contains("{{"));
                if let Some(text) = urgency.filter(|text| !URGENCIES.contains(&&***text)) {
                    let message = format!("`{text}` is no urgency");
                    let pointer = format!("/rules/{at}/labels/urgency");
                    let hint = suggest::hint(text, URGENCIES);
                    self.error(&definition, &pointer, "wrong-value", message).hint = hint;
                }
                if rule.alert.is_empty() {
                    let message = "an alert needs a name".to_owned();
                    self.error(&definition, &format!("/rules/{at}/alert"), "no-value", message);
                }
            }
        }
    }
}
