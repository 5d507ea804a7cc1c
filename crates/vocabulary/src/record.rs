//! One turn's worth of facts, as the journal keeps it: an input that changed something, and the events it brought.

use serde::{Deserialize, Serialize};

use crate::{Event, Input, InstanceEvent, Timestamp};

/// Replay checks that deciding the input again yields these very events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub at: Timestamp,
    pub input: Input,
    pub events: Vec<Event>,
}

/// An old event's name and how its body becomes the next version's. Grows by one row with each changed shape.
type Upcaster = (&'static str, &'static str, fn(serde_json::Value) -> serde_json::Value);
const UPCASTERS: &[Upcaster] = &[];

impl Record {
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record is plain data with string keys")
    }

    /// Reads any version that was ever written. The error names the variant that this binary does not know.
    pub fn decode(body: &[u8]) -> Result<Record, serde_json::Error> {
        let mut record: Record =
            serde_json::from_slice(body).or_else(|error| upcast(body, UPCASTERS).unwrap_or(Err(error)))?;
        record.refill();
        Ok(record)
    }

    /// The texts of the definitions stand once in a record, in the event: give them back to the input.
    fn refill(&mut self) {
        if let Input::Catalog(texts) = &mut self.input {
            for event in &self.events {
                if let Event::Instance(InstanceEvent::CatalogChanged { files, .. }) = event {
                    texts.files.clone_from(files);
                }
            }
        }
    }
}

/// None: nothing in the record is of an old version, so the first error stands.
fn upcast(body: &[u8], table: &[Upcaster]) -> Option<Result<Record, serde_json::Error>> {
    let mut record: serde_json::Value = serde_json::from_slice(body).ok()?;
    let mut changed = false;
    for event in record.get_mut("events")?.as_array_mut()? {
        let stage = event.as_object_mut()?.values_mut().next()?.as_object_mut()?;
        while let Some((old, new, convert)) = table.iter().find(|(old, _, _)| stage.contains_key(*old)) {
            let value = stage.remove(*old)?;
            stage.insert((*new).to_string(), convert(value));
            changed = true;
        }
    }
    changed.then(|| serde_json::from_value(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MonitorEvent;

    #[test]
    fn an_old_version_is_read_through_its_upcasters() {
        let table: &[Upcaster] = &[("source_gone@0", "source_back@1", |mut old| {
            let target = old["name"].take();
            serde_json::json!({ "target": target })
        })];
        let body = br#"{"at":"2026-11-20T21:00:00.000Z","input":"tick","events":[{"monitor":{"source_gone@0":{"name":"checkout/checkout-1"}}}]}"#;
        let record = upcast(body, table).expect("an old event is there").expect("it converts");
        assert_eq!(record.events, [MonitorEvent::SourceBack { target: "checkout/checkout-1".into() }.into()]);
    }

    #[test]
    fn an_unknown_version_is_named() {
        let body = br#"{"at":"2026-11-20T21:00:00.000Z","input":"tick","events":[{"monitor":{"source_back@9":{}}}]}"#;
        let error = Record::decode(body).unwrap_err().to_string();
        assert!(error.contains("source_back@9"), "{error}");
    }
}
