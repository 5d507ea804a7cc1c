//! The webhook of Alertmanager, version 4: the alerts of one group, each with its labels in full.
//!
//! It is repeated only every few hours, so what fires goes on until it is said to be resolved.

use serde_json::Value;

use crate::fields::{self, Fields};
use crate::item::{Draft, Item, Moment, Refused};
use crate::limits::ALERTS_MAX;

pub fn read(body: &[u8], moment: Moment) -> Result<Vec<Item>, Refused> {
    let payload = fields::object(body)?;
    webhook(Fields(&payload), "4", moment, |draft, alert| draft.annotations_of(alert.of("annotations")))
}

/// What Alertmanager and Grafana share; `describe` adds what people read.
pub(crate) fn webhook(
    payload: Fields<'_>,
    version: &str,
    moment: Moment,
    describe: impl Fn(&mut Draft, Fields<'_>),
) -> Result<Vec<Item>, Refused> {
    match payload.text("version") {
        Some(said) if said == version => {}
        Some(said) => {
            return Err(Refused::new(format!("this is version {said:?} of the webhook, not {version:?}")));
        }
        None => return Err(Refused::new("`version` is missing: this is no webhook of this format")),
    }
    let Some(alerts) = payload.0.get("alerts").and_then(Value::as_array) else {
        return Err(Refused::new("`alerts` is missing"));
    };
    if alerts.len() > ALERTS_MAX {
        let count = alerts.len();
        return Err(Refused::new(format!("{count} alerts are too many: at most {ALERTS_MAX} are allowed")));
    }
    let mut items: Vec<Item> =
        alerts.iter().map(|alert| read_alert(Fields(alert), moment, &describe)).collect();
    if let Some(cut) = payload.text("truncatedAlerts").filter(|count| *count != "0") {
        items.push(Item::Nothing { why: format!("its sender left out {cut} alerts (`max_alerts`)") });
    }
    Ok(items)
}

fn read_alert(alert: Fields<'_>, moment: Moment, describe: impl Fn(&mut Draft, Fields<'_>)) -> Item {
    let mut draft = Draft::default();
    draft.labels_of(alert.of("labels"));
    describe(&mut draft, alert);
    draft.starts_at = alert.time("startsAt");
    draft.generator = alert.owned("generatorURL").unwrap_or_default();
    match alert.text("status").as_deref() {
        Some("firing") => {}
        Some("resolved") => draft.ended = Some(alert.time("endsAt").unwrap_or(moment.now)),
        said => {
            let said = said.unwrap_or_default();
            return Item::Refused { why: format!("an alert's status is {said:?}, not firing or resolved") };
        }
    }
    draft.item(moment)
}
