//! Alarms of CloudWatch: as SNS carries them, and as EventBridge does. An alarm's ARN is its key in both, so one may
//! fire by the one way and end by the other.

use serde_json::Value;

use crate::fields::{self, Fields};
use crate::item::{Draft, Item, Moment, Refused};

/// The message of an SNS notification: an alarm, or an event of EventBridge that a topic is the target of.
pub fn message(text: &str, moment: Moment) -> Result<Item, Refused> {
    let payload = fields::object(text.as_bytes())
        .map_err(|_| Refused::new("the notification's message is no alarm of CloudWatch"))?;
    let alarm = Fields(&payload);
    if alarm.has("detail-type") {
        return event_of(alarm, moment);
    }
    let (Some(name), Some(state)) = (alarm.owned("AlarmName"), alarm.owned("NewStateValue")) else {
        return Err(Refused::new(
            "the notification's message is no alarm: AlarmName or NewStateValue is missing",
        ));
    };
    let Some(arn) = alarm.owned("AlarmArn") else { return Err(Refused::new("AlarmArn is missing")) };
    let trigger = alarm.of("Trigger");
    let mut draft = draft(arn, &name, alarm.owned("AWSAccountId"));
    draft.label("namespace", trigger.text("Namespace"));
    draft.label("metric", trigger.text("MetricName"));
    for dimension in trigger.list("Dimensions") {
        label_dimension(&mut draft, Fields(dimension).text("name"), Fields(dimension).text("value"));
    }
    draft.annotation("summary", alarm.text("AlarmDescription").or(Some(name.into())));
    draft.annotation("reason", alarm.text("NewStateReason"));
    draft.annotation("trigger", alarm.json("Trigger"));
    draft.starts_at = alarm.time("StateChangeTime");
    item(draft, &state, moment)
}

/// An event of EventBridge, as an API destination sends it.
pub fn event(body: &[u8], moment: Moment) -> Result<Item, Refused> {
    let payload = fields::object(body)?;
    event_of(Fields(&payload), moment)
}

fn event_of(event: Fields<'_>, moment: Moment) -> Result<Item, Refused> {
    if let Some(from) = event.text("source").filter(|from| from != "aws.cloudwatch") {
        return Err(Refused::new(format!(
            "the event's source is {from:?}, and only \"aws.cloudwatch\" is taken"
        )));
    }
    let kind = event.text("detail-type");
    if kind.as_deref() != Some("CloudWatch Alarm State Change") {
        let kind = kind.unwrap_or_default();
        return Err(Refused::new(format!(
            "the event's detail-type is {kind:?}, and only \"CloudWatch Alarm State Change\" is taken"
        )));
    }
    let (detail, state) = (event.of("detail"), event.of("detail").of("state"));
    let (Some(name), Some(value)) = (detail.owned("alarmName"), state.owned("value")) else {
        return Err(Refused::new("the event is no alarm: detail.alarmName or detail.state.value is missing"));
    };
    let Some(arn) = event.list("resources").first().and_then(Value::as_str) else {
        return Err(Refused::new("the event names no alarm in its resources"));
    };
    let configuration = detail.of("configuration");
    let mut draft = draft(arn.to_owned(), &name, event.owned("account"));
    // Of several metrics, that of the first.
    let metric =
        configuration.list("metrics").first().map(|metric| Fields(metric).of("metricStat").of("metric"));
    if let Some(metric) = metric {
        draft.label("namespace", metric.text("namespace"));
        draft.label("metric", metric.text("name"));
        for (name, value) in metric.of("dimensions").scalars() {
            label_dimension(&mut draft, Some(name), Some(value));
        }
    }
    draft.annotation("summary", configuration.text("description").or(Some(name.into())));
    draft.annotation("reason", state.text("reason"));
    draft.starts_at = state.time("timestamp").or(event.time("time"));
    item(draft, &value, moment)
}

fn draft(arn: String, name: &str, account: Option<String>) -> Draft {
    // SNS names a region for people ("US East (N. Virginia)"); the ARN names it for programs.
    let region = arn.split(':').nth(3).map(str::to_owned);
    let mut draft = Draft::keyed(arn);
    draft.label("alertname", Some(name));
    draft.label("region", region);
    draft.label("account", account);
    draft
}

fn label_dimension(draft: &mut Draft, name: Option<impl AsRef<str>>, value: Option<impl AsRef<str>>) {
    if let Some(name) = name {
        draft.label(&format!("dimension_{}", name.as_ref()), value);
    }
}

fn item(draft: Draft, state: &str, moment: Moment) -> Result<Item, Refused> {
    match (state, draft.key.clone()) {
        ("OK", Some(key)) => Ok(Item::End { key }),
        ("ALARM", _) => Ok(draft.item(moment)),
        // No data is no evidence: what fires goes on, and nothing begins.
        ("INSUFFICIENT_DATA", key) => {
            let key = key.unwrap_or_default();
            Ok(Item::Nothing { why: format!("{key} has insufficient data, which neither fires nor ends it") })
        }
        (said, _) => Err(Refused::new(format!(
            "the alarm's state is {said:?}, and only ALARM, OK and INSUFFICIENT_DATA are known"
        ))),
    }
}
