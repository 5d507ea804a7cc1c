//! What the world does to a server that runs: each gives a clear error or a recorded degradation, and nothing is lost.

mod definitions;
mod journals;
mod receivers;
mod targets;

use std::time::Duration;

use serde_json::Value;

use crate::real::Server;

/// What takes long here takes long because the machine is busy.
const PATIENCE: Duration = Duration::from_secs(20);

const RULES: &str = "groups: [ { name: shop, rules: [ { alert: ShopBroken, expr: shop_broken > 0, \
                     labels: { severity: critical }, annotations: { summary: the shop is broken } } ] } ]\n";

fn rules() -> (&'static str, String) {
    ("rules.yaml", RULES.to_owned())
}

/// Every event so far that is called so, with its fields.
fn events(server: &Server, name: &str) -> Vec<Value> {
    let records = server.get("/api/v1/andon/journal?limit=1000").expect("an answer");
    let events =
        records.as_array().expect("a list").iter().filter_map(|record| record["record"]["events"].as_array());
    events.flatten().filter_map(|event| event.as_object()?.values().next()?.get(name).cloned()).collect()
}
