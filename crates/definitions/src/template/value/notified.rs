//! What a notification and its parts have: fields, and methods as Alertmanager's data has them.

use std::rc::Rc;
use std::sync::Arc;

use andon_vocabulary::Timestamp;
use jiff::tz::TimeZone;

use super::Value;
use crate::notification::{Notification, NotifiedAlert, Pairs, Status};
use crate::template::humanize::moment;

type Made = Option<Result<Value, String>>;

/// The fields of a notification.
pub(in crate::template) const FIELDS: [&str; 8] = [
    "Receiver",
    "Status",
    "Alerts",
    "NotificationReason",
    "GroupLabels",
    "CommonLabels",
    "CommonAnnotations",
    "ExternalURL",
];

pub(in crate::template) fn field(notification: &Notification, name: &str) -> Option<Value> {
    Some(match name {
        "Receiver" => Value::text(notification.receiver_pattern()),
        "Status" => Value::text(notification.status().word()),
        "Alerts" => Value::Alerts(notification.alerts.as_slice().into()),
        "NotificationReason" => Value::text(notification.reason.words()),
        "GroupLabels" => Value::Pairs(Arc::clone(&notification.group_labels)),
        "CommonLabels" => Value::Pairs(Arc::clone(&notification.common_labels)),
        "CommonAnnotations" => Value::Pairs(Arc::clone(&notification.common_annotations)),
        "ExternalURL" => Value::text(notification.external_url.as_str()),
        _ => return None,
    })
}

/// What Go takes for no time.
pub(in crate::template) fn time(at: Option<Timestamp>) -> Value {
    let at = at.unwrap_or(Timestamp::from_ms(-62_135_596_800_000));
    Value::Time(Rc::new(at.to_jiff().to_zoned(TimeZone::UTC)))
}

/// By name, but for the name of the alert, which comes first.
fn sorted(pairs: &Pairs) -> Rc<[(String, String)]> {
    let copied = |(name, value): (&String, &String)| (name.clone(), value.clone());
    let first = pairs.get_key_value("alertname").map(copied);
    let rest = pairs.iter().filter(|(name, _)| *name != "alertname").map(copied);
    first.into_iter().chain(rest).collect()
}

fn written(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

impl Value {
    pub(super) fn field_of_alert(&self, name: &str) -> Option<Value> {
        match (self, name) {
            (Value::Alert(alert), "Status") => Some(Value::text(alert.status().word())),
            (Value::Alert(alert), "Labels") => Some(Value::Pairs(Arc::clone(&alert.labels))),
            (Value::Alert(alert), "Annotations") => Some(Value::Pairs(Arc::clone(&alert.annotations))),
            (Value::Alert(alert), "StartsAt") => Some(time(Some(alert.starts_at))),
            (Value::Alert(alert), "EndsAt") => Some(time(alert.ended_at)),
            (Value::Alert(alert), "GeneratorURL") => Some(Value::text(alert.generator_url.as_str())),
            (Value::Alert(alert), "Fingerprint") => Some(Value::text(format!("{:016x}", alert.fingerprint))),
            (Value::Pair(pair), "Name") => Some(Value::text(pair.0.as_str())),
            (Value::Pair(pair), "Value") => Some(Value::text(pair.1.as_str())),
            _ => None,
        }
    }

    pub(super) fn method_of_notified(&self, name: &str, args: &[Value]) -> Made {
        let with = |alerts: &[Arc<NotifiedAlert>], status: Status| {
            Value::Alerts(alerts.iter().filter(|alert| alert.status() == status).cloned().collect())
        };
        Some(Ok(match (self, name, args) {
            (Value::Alerts(alerts), "Firing", []) => with(alerts, Status::Firing),
            (Value::Alerts(alerts), "Resolved", []) => with(alerts, Status::Resolved),
            (Value::Pairs(pairs), "SortedPairs", []) => Value::Sorted(sorted(pairs)),
            (Value::Pairs(pairs), "Names" | "Values", []) => {
                return Value::Sorted(sorted(pairs)).method_of_notified(name, args);
            }
            (Value::Pairs(pairs), "Remove", [Value::List(names)]) => {
                let mut left = Pairs::clone(pairs);
                left.retain(|name, _| !names.iter().any(|gone| gone.as_text() == Some(name)));
                Value::Pairs(Arc::new(left))
            }
            (Value::Pairs(_) | Value::Sorted(_), "String", []) => Value::text(self.print_notified()),
            (Value::Sorted(pairs), "Names", []) => Value::texts(pairs.iter().map(|(name, _)| name.as_str())),
            (Value::Sorted(pairs), "Values", []) => {
                Value::texts(pairs.iter().map(|(_, value)| value.as_str()))
            }
            _ => return None,
        }))
    }

    pub(super) fn print_notified(&self) -> String {
        match self {
            Value::Pairs(pairs) => written(&sorted(pairs)),
            Value::Sorted(pairs) => written(pairs),
            Value::Pair(pair) => format!("{{{} {}}}", pair.0, pair.1),
            Value::Alerts(alerts) => {
                let shown = alerts.iter().map(|alert| Value::Alert(Arc::clone(alert)).print());
                format!("[{}]", shown.collect::<Vec<_>>().join(" "))
            }
            Value::Alert(alert) => {
                let moment = |at| match time(at) {
                    Value::Time(at) => moment(&at),
                    other => other.print(),
                };
                format!(
                    "{{{} {} {} {} {} {} {:016x}}}",
                    alert.status().word(),
                    written(&sorted(&alert.labels)),
                    written(&sorted(&alert.annotations)),
                    moment(Some(alert.starts_at)),
                    moment(alert.ended_at),
                    alert.generator_url,
                    alert.fingerprint
                )
            }
            _ => String::new(),
        }
    }
}
