//! What was promised, and whether it still holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use andon_journal::{Reader, Seq};
use andon_vocabulary::{Input, Record};
use serde_json::Value;

use super::To;
use super::deeds::Promise;
use crate::real::http;

#[derive(Default)]
pub struct Kept(Vec<Promise>);

impl Kept {
    pub fn promise(&mut self, promise: Promise) {
        self.0.push(promise);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What was answered with 2xx and is not there.
    pub fn lost(&self, at: To) -> Vec<Promise> {
        let get = |path: &str| at.get(path).expect("it answers");
        let all = |list: &Value, field: &str| -> BTreeSet<String> {
            let items = list.as_array().expect("a list").iter();
            items.filter_map(|item| Some(item.pointer(field)?.as_str()?.to_owned())).collect()
        };
        let incidents = get("/api/v1/andon/incidents");
        let acknowledged: BTreeSet<String> = incidents
            .as_array()
            .expect("a list")
            .iter()
            .filter(|incident| incident["state"] == "acknowledged")
            .filter_map(|incident| Some(incident["id"].as_str()?.to_owned()))
            .collect();
        let titles = all(&incidents, "/title");
        let alerts = all(&get("/api/v1/andon/alerts"), "/labels/alertname");
        let silences = all(&get("/api/v1/andon/silences"), "/id");
        let taken = all(&get("/api/v1/andon/oncall/changes"), "/reason");
        let holds = |promise: &Promise| match promise {
            Promise::Fires(name) => alerts.contains(name),
            Promise::Declared(title) => titles.contains(title),
            Promise::Acknowledged(incident) => acknowledged.contains(incident),
            Promise::TakenOver(reason) => taken.contains(reason),
            Promise::Silenced(id) => silences.contains(id),
            Promise::Noted { incident, text } => {
                let timeline = get(&format!("/api/v1/andon/incidents/{incident}/timeline"));
                timeline.to_string().contains(&format!("{text}\""))
            }
            Promise::Opens(token) => {
                let bearer = format!("Bearer {token}");
                let headers = [("authorization", &*bearer)];
                http::request(at.address, "GET", "/api/v1/andon/alerts", &headers, "")
                    .is_ok_and(|(status, _)| status == 200)
            }
        };
        self.0.iter().filter(|promise| !holds(promise)).cloned().collect()
    }
}

/// Commands that the journal has carried out more than once.
pub fn twice(journal: &Path) -> Vec<String> {
    let reader = Reader::open(journal).expect("the journal can be read");
    let mut told = BTreeMap::<String, u32>::new();
    for stored in reader.read(Seq(1), usize::MAX).expect("the journal is whole") {
        if let Input::Told(one) = Record::decode(&stored.body).expect("a record").input {
            *told.entry(one.key).or_default() += 1;
        }
    }
    told.into_iter().filter(|(_, times)| *times > 1).map(|(key, _)| key).collect()
}
