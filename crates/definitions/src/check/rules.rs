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
                for (part, texts) in [("labels", &rule.labels), ("annotations", &rule.annotations)] {
                    for (name, text) in texts {
                        self.shows_the_environment(&definition, &format!("/rules/{at}/{part}/{name}"), text);
                    }
                }
                if rule.alert.is_empty() {
                    let message = "an alert needs a name".to_owned();
                    self.error(&definition, &format!("/rules/{at}/alert"), "no-value", message);
                }
            }
        }
    }

    /// An external label may stand for a variable of the environment, which no decision rests on: in what leaves it
    /// has the variable's value, in a text it does not.
    fn shows_the_environment(&mut self, definition: &str, pointer: &str, text: &str) {
        let outside = &self.catalog.outside.labels;
        let Some((name, value)) = outside.iter().find(|(_, value)| value.contains('$')) else { return };
        if text.contains("xternalLabels") {
            let message = format!("the external label {name} is shown as it is written here: {value}");
            self.warning(definition, pointer, "not-there", message)
                .hint("write the value itself into the prometheus.yml");
        }
    }
}
