//! A notification as messages to programs have it: the shape of Alertmanager's webhook.

use serde_json::{Map, Value, json};

use super::{Notification, NotifiedAlert, Pairs};

impl Notification {
    /// Everything but what belongs to one message: its version, its key.
    pub fn json(&self) -> Value {
        json!({
            "receiver": self.receiver_pattern(),
            "status": self.status().word(),
            "alerts": self.alerts.iter().map(|alert| alert.json()).collect::<Vec<_>>(),
            "notification_reason": self.reason.words(),
            "groupLabels": object(&self.group_labels),
            "commonLabels": object(&self.common_labels),
            "commonAnnotations": object(&self.common_annotations),
            "externalURL": self.external_url,
        })
    }
}

impl NotifiedAlert {
    pub fn json(&self) -> Value {
        // Go's zero time stands for no time.
        let ended_at = self.ended_at.map_or("0001-01-01T00:00:00Z".to_owned(), |at| at.to_jiff().to_string());
        json!({
            "status": self.status().word(),
            "labels": object(&self.labels),
            "annotations": object(&self.annotations),
            "startsAt": self.starts_at.to_jiff().to_string(),
            "endsAt": ended_at,
            "generatorURL": self.generator_url,
            "fingerprint": format!("{:016x}", self.fingerprint),
        })
    }
}

pub(crate) fn object(pairs: &Pairs) -> Value {
    pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into()
}
