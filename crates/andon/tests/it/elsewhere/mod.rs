//! Rules over samples that a Prometheus or a VictoriaMetrics keeps: the same alert, and what becomes of it while the
//! store is gone.

mod store;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::prometheus_api::{asking, peer::binary};
use crate::real::{Home, Server, Target, http, wait};
use store::Store;

const PATIENCE: Duration = Duration::from_secs(60);

/// What `ANDON_REQUIRE_ALL` asks of a tool that CI does not have everywhere.
fn tool(variable: &str, name: &str) -> Option<String> {
    let found = binary(variable, name);
    if found.is_none() {
        eprintln!("SKIPPED: {name} is not installed; name it by {variable}, or put it on the PATH");
    }
    found
}

fn home(store: &Store<'_>) -> Home {
    let instance = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: shop }}\nspec:\n  default_team: team:shop\n  \
         metrics: {{ prometheus: 'http://{}' }}\n---\n\
         apiVersion: andon/v1\nkind: Team\nmetadata: {{ name: shop }}\nspec:\n  \
         people: {{ ana: {{ timezone: UTC, contact: [ {{ channel: web }} ] }} }}\n  \
         oncall: {{ primary: {{ people: [ana] }} }}\n  escalation: [ {{ page: 'oncall:primary' }} ]\n---\n\
         apiVersion: andon/v1\nkind: Service\nmetadata: {{ name: shop }}\nspec: {{ owner: 'team:shop', tier: 1 }}\n",
        store.address
    );
    let rules = "groups:\n- name: shop\n  interval: 500ms\n  rules:\n  - record: pool:share\n    expr: pool / size\n  \
                 - alert: PoolFull\n    expr: pool / size > 0.9\n    for: 1s\n    labels: { severity: critical }\n    \
                 annotations:\n      summary: '{{ $value | humanizePercentage }} of {{ with query \"size\" }}{{ . | first | value }}{{ end }}'\n";
    Home::new([("instance.yaml", instance), ("rules.yaml", rules.to_owned())])
}

fn alert(server: &Server) -> Option<serde_json::Value> {
    let answer = server.get("/api/v1/andon/alerts").ok()?;
    answer.as_array()?.first().cloned()
}

/// Until the alert is in this state; it must be held all the time.
fn state(server: &Server, wanted: &str) -> serde_json::Value {
    wait(wanted, PATIENCE, || alert(server).filter(|alert| alert.to_string().contains(wanted)))
}

/// Whatever people ask is answered in the store's own words: data, remarks, refusals and status.
fn same_words(server: &Server, store: &Store<'_>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs() - 2;
    let (time, start) = (now.to_string(), (now - 60).to_string());
    let questions: [(&str, &[(&str, &str)]); 11] = [
        ("/api/v1/query", &[("query", "pool / size"), ("time", &time)]),
        ("/api/v1/query", &[("query", "pool[30s]"), ("time", &time), ("limit", "1")]),
        ("/api/v1/query", &[("query", "rate(pool[30s])"), ("time", &time)]),
        ("/api/v1/query", &[("query", "{service=\"shop\"}"), ("time", &time), ("limit", "1")]),
        ("/api/v1/query", &[("query", "pool /"), ("time", &time)]),
        ("/api/v1/query", &[("query", "pool * on () size{job=~\".+\"}"), ("time", &time), ("timeout", "5s")]),
        ("/api/v1/query_range", &[("query", "pool"), ("start", &start), ("end", &time), ("step", "5")]),
        ("/api/v1/query_range", &[("query", "pool"), ("start", &time), ("end", &start), ("step", "5")]),
        ("/api/v1/series", &[("match[]", "pool"), ("match[]", "size"), ("start", &start), ("end", &time)]),
        ("/api/v1/labels", &[("match[]", "pool"), ("start", &start), ("end", &time)]),
        ("/api/v1/query_range", &[("query", "pool"), ("start", &start), ("end", &time), ("step", "no")]),
    ];
    for (path, form) in questions {
        let here = unmeasured(asking::post(server.address, path, form));
        let there = unmeasured(asking::post(store.address, path, form));
        assert_eq!(here, there, "{path} {form:?}");
    }
    for path in ["/api/v1/label/__name__/values", "/api/v1/label/job/values"] {
        let form = [("match[]", "pool"), ("start", start.as_str()), ("end", &time)];
        let here = asking::get(server.address, path, &form);
        assert_eq!(here, asking::get(store.address, path, &form), "{path}");
        assert_eq!(here.status, 200, "{path}");
    }
}

/// Without what VictoriaMetrics measures of each query.
fn unmeasured(mut said: asking::Said) -> asking::Said {
    if let Some(said) = said.body.as_object_mut() {
        said.remove("stats");
    }
    said
}

fn story(variable: &str, name: &str) {
    let Some(binary) = tool(variable, name) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let target = Target::exposing("size 20\npool 19\n");
    let mut store = Store::new(binary, dir.path(), target.address());
    store.start();
    let home = home(&store);
    let server = home.start();

    let fired = state(&server, "\"firing\"").to_string();
    assert!(fired.contains("95% of 20"), "{fired}");
    // Pages and queries of people are answered there too.
    let found = server.query("pool / size");
    assert_eq!(found[0].1, "0.95", "{found:?}");
    same_words(&server, &store);
    let explore = http::request(server.address, "GET", "/explore?q=pool+%2F+size", &[], "");
    let explore = explore.expect("a page").1;
    assert!(explore.contains(">0.95<"), "{explore}");

    // What is recorded needs a past.
    std::thread::sleep(Duration::from_secs(5));
    let recorded = home
        .andon()
        .arg("scenario")
        .arg(home.ops())
        .args(["--start", "-5s", "--end", "-1s"])
        .args(["--every", "1s", "--from", &format!("prometheus=http://{}", store.address)])
        .output()
        .expect("it runs");
    let scenario = String::from_utf8_lossy(&recorded.stdout).into_owned();
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    assert!(scenario.contains("alert: PoolFull, is: firing"), "{scenario}");

    store.kill();
    state(&server, "\"lost\"");
    std::thread::sleep(Duration::from_secs(3));
    let held = alert(&server).expect("it is never resolved by silence");
    assert!(held.to_string().contains("prometheus"), "it says what does not answer: {held}");

    store.start();
    state(&server, "\"firing\"");
    target.expose("size 20\npool 2\n");
    wait("the end of the alert", PATIENCE, || alert(&server).is_none().then_some(()));
    let log = home.log_text();
    server.stop();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn prometheus_keeps_the_samples() {
    story("PROMETHEUS", "prometheus");
}

#[test]
fn victoria_metrics_keeps_the_samples() {
    story("VICTORIA_METRICS", "victoria-metrics");
}
