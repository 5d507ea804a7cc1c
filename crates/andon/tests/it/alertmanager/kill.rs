//! `kill -9` right after the answer: what was acknowledged is there when the server is.

use serde_json::json;

use super::{get, home, post};
use crate::real::Pager;

const ROUNDS: usize = 20;

#[test]
fn an_alert_and_a_silence_that_were_acknowledged_survive_a_kill() {
    let pager = Pager::start();
    let home = home(&pager);
    let (mut alerts, mut silences) = (Vec::new(), Vec::new());
    let rounds = std::env::var("ANDON_ALERT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    for round in 0..=rounds {
        let server = home.start();
        let to = server.address;
        let held: Vec<String> = names(&get(to, "/api/v2/alerts"), "/labels/n");
        assert!(
            alerts.iter().all(|n| held.contains(n)),
            "round {round}: {alerts:?} were sent, {held:?} are held"
        );
        let kept = names(&get(to, "/api/v2/silences"), "/id");
        assert!(
            silences.iter().all(|id| kept.contains(id)),
            "round {round}: {silences:?} were set, not {kept:?}"
        );
        let n = round.to_string();
        if round % 2 == 0 {
            post(to, "/api/v2/alerts", &json!([{ "labels": { "alertname": "Kill", "n": n } }]));
            alerts.push(n);
        } else {
            let silence = json!({
                "matchers": [ { "name": "n", "value": n, "isRegex": false } ],
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z",
                "createdBy": "ana", "comment": "",
            });
            let answer = post(to, "/api/v2/silences", &silence);
            let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
            silences.push(answer["silenceID"].as_str().expect("an id").to_owned());
        }
        server.kill();
    }
}

pub(super) fn names(list: &serde_json::Value, pointer: &str) -> Vec<String> {
    let items = list.as_array().expect("a list").iter();
    items.filter_map(|item| item.pointer(pointer)?.as_str().map(str::to_owned)).collect()
}
