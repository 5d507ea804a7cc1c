//! What Grafana's Prometheus data source asks for, as it asks for it.

use std::time::Duration;

use serde_json::{Value, json};

use super::asking::{get, post};
use super::world::now;
use crate::real::{Home, Pager, Target, wait};

const PATIENCE: Duration = Duration::from_secs(20);
const RULES: &str = "groups: [ { name: shop, interval: 1s, rules: [ \
                     { alert: Hot, expr: shop_heat > 20, labels: { severity: warning }, annotations: { summary: hot } }, \
                     { record: 'room:shop_heat:max', expr: max by (room) (shop_heat) } ] } ]\n";

#[test]
fn grafanas_data_source_works() {
    let exposed = "# HELP shop_heat Heat.\n# TYPE shop_heat gauge\nshop_heat{room=\"hall\"} 21.5\nshop_heat{room=\"attic\"} 30\n";
    let (pager, target) = (Pager::start(), Target::exposing(exposed));
    let rules = ("rules.yaml", RULES.to_owned());
    let home =
        Home::new(pager.files("").into_iter().chain([Target::service(target.address(), "100ms"), rules]));
    let server = home.start();
    let at = server.address;
    wait("a recorded sample", PATIENCE, || server.query("room:shop_heat:max").pop());

    // "Save & test": the kind of server by its build, then a query.
    let build = get(at, "/api/v1/status/buildinfo", &[]).body;
    assert!(build["data"]["version"].as_str().is_some_and(|version| version.starts_with("3.")), "{build}");
    assert_eq!(build["data"]["features"], Value::Null, "only Mimir has those");
    let test = post(at, "/api/v1/query", &[("query", "1+1"), ("time", &now().to_string())]);
    assert_eq!(test.body["data"]["result"][1], "2");

    // A panel.
    let (start, end) = ((now() - 60).to_string(), (now() + 15).to_string());
    let panel = [("query", "shop_heat{room=\"hall\"}"), ("start", &*start), ("end", &*end), ("step", "15")];
    let drawn = post(at, "/api/v1/query_range", &panel);
    assert_eq!(drawn.status, 200);
    assert_eq!(drawn.body["data"]["resultType"], "matrix");
    assert_eq!(drawn.body["data"]["result"][0]["values"][0][1], "21.5");
    let exemplars = [("query", "shop_heat"), ("start", &*start), ("end", &*end)];
    assert_eq!(
        post(at, "/api/v1/query_exemplars", &exemplars).body,
        json!({ "status": "success", "data": [] })
    );

    // The query builder.
    let times = [("start", &*start), ("end", &*end)];
    let labels = post(at, "/api/v1/labels", &[times[0], times[1], ("match[]", "shop_heat")]).body;
    assert!(labels["data"].as_array().is_some_and(|names| names.contains(&json!("room"))), "{labels}");
    let values =
        get(at, "/api/v1/label/room/values", &[times[0], times[1], ("match[]", "{__name__=\"shop_heat\"}")]);
    assert_eq!(values.body["data"], json!(["attic", "hall"]));
    let names = get(at, "/api/v1/label/__name__/values", &[("limit", "40000")]).body;
    assert!(names["data"].as_array().is_some_and(|names| names.contains(&json!("shop_heat"))), "{names}");
    let series =
        post(at, "/api/v1/series", &[times[0], times[1], ("match[]", "shop_heat{room=~\"h.*\"}")]).body;
    assert_eq!(series["data"][0]["room"], "hall");
    let metadata = get(at, "/api/v1/metadata", &[("limit", "10000")]).body;
    assert_eq!(metadata["status"], "success");

    // Alerting.
    let found = wait("the alert", PATIENCE, || {
        let found = get(at, "/api/v1/rules", &[]).body;
        (found["data"]["groups"][0]["rules"][0]["state"] == "firing").then_some(found)
    });
    let [hot, recorded] = [0, 1].map(|index| &found["data"]["groups"][0]["rules"][index]);
    assert_eq!(
        (&hot["name"], &hot["type"], &hot["query"]),
        (&json!("Hot"), &json!("alerting"), &json!("shop_heat > 20"))
    );
    assert_eq!(hot["alerts"][0]["labels"]["severity"], "warning");
    assert_eq!((&recorded["name"], &recorded["type"]), (&json!("room:shop_heat:max"), &json!("recording")));
    let alerts = get(at, "/api/v1/alerts", &[]).body;
    assert_eq!(alerts["data"]["alerts"].as_array().map(Vec::len), Some(2));
}
