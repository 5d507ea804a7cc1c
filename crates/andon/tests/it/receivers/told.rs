//! The alerts that both are told of.

use std::sync::Arc;
use std::time::Duration;

use andon_definitions::NotifiedAlert;
use andon_vocabulary::{Labels, Timestamp};
use serde_json::{Value, json};

/// Values as nobody wants them.
pub const HOSTILE: &str = "it's <b>\"down\"</b> & out\r\nBcc: x@y\t— née é";

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Two alerts of one group since a time; `ended` is of the second.
pub fn alerts(since: Timestamp, ended: bool) -> Vec<Arc<NotifiedAlert>> {
    let one = |instance: &str, extra: &str| {
        let labels = Labels::new([
            ("alertname", "Down"),
            ("instance", instance),
            ("severity", "critical"),
            ("zone", "a-1"),
            ("note", HOSTILE),
        ]);
        let annotations =
            Labels::new([("summary", HOSTILE), ("runbook", "http://wiki/?a=b&c"), ("x", extra)]);
        NotifiedAlert {
            generator_url: "http://prom:9090/graph?g0.expr=up&g0.tab=1".to_owned(),
            ..NotifiedAlert::new(&labels, &annotations, since)
        }
    };
    let (first, mut second) = (one("web-1", "7"), one("web-2", "two: words"));
    second.ended_at = ended.then_some(since + Duration::from_millis(50));
    vec![Arc::new(first), Arc::new(second)]
}

/// As they are given to Alertmanager.
pub fn posted(alerts: &[Arc<NotifiedAlert>]) -> Value {
    let one = |alert: &Arc<NotifiedAlert>| {
        let mut posted = alert.json();
        let keep = ["labels", "annotations", "startsAt", "endsAt", "generatorURL"];
        let fields = posted.as_object_mut().expect("an object");
        fields.retain(|name, _| keep.contains(&name.as_str()));
        if alert.ended_at.is_none() {
            fields.insert("endsAt".to_owned(), json!("2100-01-01T00:00:00Z"));
        }
        posted
    };
    alerts.iter().map(one).collect()
}
