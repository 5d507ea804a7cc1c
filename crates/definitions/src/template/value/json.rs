//! A value as `toJson` writes it: as Go's `encoding/json` does, which spares a page its special characters.

use serde_json::{Map, Number, json};

use super::Value;
use crate::notification::object;
use crate::template::World;
use crate::template::humanize::rfc3339;

impl Value {
    pub fn to_json(&self, world: &World) -> Result<String, String> {
        let text = self.json(world)?.to_string();
        let mut safe = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    safe.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => safe.push(c),
            }
        }
        Ok(safe)
    }

    fn json(&self, world: &World) -> Result<serde_json::Value, String> {
        Ok(match self {
            Value::Text(text) | Value::Html(text) | Value::Url(text) => json!(&**text),
            Value::Int(whole) | Value::Span(whole) => json!(whole),
            Value::Float(float) => match Number::from_f64(*float) {
                Some(_) if float.fract() == 0.0 && float.abs() < 1e15 => json!(*float as i64),
                Some(number) => serde_json::Value::Number(number),
                None => return Err(format!("{float} cannot be written as JSON")),
            },
            Value::Bool(is) => json!(is),
            Value::Nil => serde_json::Value::Null,
            Value::Time(time) => json!(rfc3339(time)),
            Value::Root => match world {
                World::Notified { notification, .. } => notification.json(),
                World::Rule(_) => return Err("this cannot be written as JSON".to_owned()),
            },
            Value::Map(map) => {
                let entries = map.iter().map(|(name, value)| Ok((name.clone(), value.json(world)?)));
                serde_json::Value::Object(entries.collect::<Result<_, String>>()?)
            }
            Value::List(list) => {
                let items = list.iter().map(|item| item.json(world));
                serde_json::Value::Array(items.collect::<Result<_, String>>()?)
            }
            Value::Alerts(alerts) => alerts.iter().map(|alert| alert.json()).collect(),
            Value::Alert(alert) => alert.json(),
            Value::Pairs(pairs) => object(pairs),
            Value::Labels(labels) => json!(
                labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>()
            ),
            Value::Sorted(pairs) => {
                pairs.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
            }
            Value::Pair(pair) => json!({ "Name": pair.0, "Value": pair.1 }),
            other => return Err(format!("{} cannot be written as JSON", other.kind())),
        })
    }
}
