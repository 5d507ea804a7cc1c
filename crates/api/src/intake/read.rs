//! A request as the items of its source's format.

use andon_definitions::{Format, Source};
use andon_intake::{
    Item, Moment, Refused, alertmanager, cloudevents, cloudwatch, forge, generic, goalert, grafana, oncall,
    opsgenie, pagerduty,
};
use serde_json::Value;

use super::Posted;

pub(super) fn items(source: &Source, posted: &Posted, moment: Moment) -> Result<Vec<Item>, Refused> {
    let body = &posted.body[..];
    let header = |name: &str| posted.headers.get(name).and_then(|value| value.to_str().ok());
    let one = |item: Item| vec![item];
    match source.format {
        Format::Alertmanager => alertmanager::read(body, moment),
        Format::Grafana => grafana::read(body, moment),
        Format::Pagerduty => pagerduty::Event::read(body).map(|event| one(event.item(moment))),
        Format::Opsgenie => opsgenie::create(body, moment).map(one),
        Format::Sns => Err(Refused::new("an envelope of SNS is read once it is proven")),
        Format::Eventbridge => cloudwatch::event(body, moment).map(one),
        Format::Goalert => {
            let kind = header("content-type");
            goalert::read(&posted.query, kind, body, moment).map(one)
        }
        Format::Oncall => oncall::read(body, moment).map(one),
        Format::Github => forge::github(header("x-github-event").unwrap_or_default(), body).map(one),
        Format::Gitlab => forge::gitlab(body).map(one),
        Format::Generic => {
            let payload = generic::read(body)?;
            mapped(source, &payload, &payload, moment)
        }
        Format::Cloudevents => {
            let headers: Vec<(&str, &str)> = posted
                .headers
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect();
            let mut items = Vec::new();
            for event in cloudevents::read(&headers, body)? {
                let data = event.get("data").unwrap_or(&Value::Null);
                items.extend(mapped(source, &event, data, moment)?);
            }
            Ok(items)
        }
    }
}

fn mapped(source: &Source, body: &Value, payload: &Value, moment: Moment) -> Result<Vec<Item>, Refused> {
    let Some(mapping) = &source.mapping else {
        return Err(Refused::new("the source has no mapping"));
    };
    let made = mapping.apply(body, payload).map_err(Refused::new)?;
    Ok(made
        .into_iter()
        .map(|made| match made {
            Ok(mapped) => generic::item(mapped, moment),
            Err(why) => Item::Refused { why: format!("the source's mapping: {why}") },
        })
        .collect())
}

/// A field of an address.
pub(super) fn field(query: &str, name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(query.as_bytes());
    fields.find(|(named, _)| named == name).map(|(_, value)| value.into_owned())
}
