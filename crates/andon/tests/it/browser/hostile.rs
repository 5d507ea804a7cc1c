//! What comes from outside is text on every page: the same trick in every field that somebody else fills, looked at in a
//! real browser, where nothing of it may run, and nothing may even be tried.

use std::time::Duration;

use serde_json::{Value, json};

use super::Browser;
use crate::real::http::{self, Listener, Response};
use crate::real::{Home, Server, tell, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// Out of attributes and elements, by every event that needs nobody's help.
const TRICK: &str = "\"'></title></textarea></script><img src=x onerror=window.pwned=1><svg onload=window.pwned=1>\
    <script>window.pwned=1</script><a href=javascript:window.pwned=1 autofocus onfocus=window.pwned=1>{{7*7}}${7*7}";

/// What a trick would leave behind where it was taken for more than text.
const TRACES: &str = "return [window.pwned === undefined, document.querySelectorAll('img[src=x], svg[onload], [onerror], \
    [onfocus], a[href^=\"javascript:\" i], form[action^=\"javascript:\" i], main script').length]";

fn files(world: std::net::SocketAddr) -> Vec<(&'static str, String)> {
    let trick = json!(TRICK);
    let address = json!(format!("http://{world}/?{}", TRICK.replace(' ', "/")));
    let instance = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: proof }}\nspec:\n  default_team: team:shop\n  \
         channels: {{ hook: {{ webhook: {{ url: 'http://{world}/' }} }} }}\n"
    );
    let team = format!(
        "apiVersion: andon/v1\nkind: Team\nmetadata: {{ name: shop }}\nspec:\n  people:\n    \
         ana: {{ timezone: UTC, contact: [ {{ channel: hook, to: {address} }} ] }}\n    ben: {{ timezone: UTC, contact: [ {{ channel: hook }} ] }}\n  \
         oncall:\n    primary:\n      people: [ana, ben]\n      every: 1w\n      handover: {{ day: mon, at: '09:00', timezone: UTC }}\n      \
         overrides: [ {{ person: ana, from: '2020-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z', reason: {trick} }} ]\n  \
         escalation: [ {{ page: 'oncall:primary' }} ]\n"
    );
    let service = format!(
        "apiVersion: andon/v1\nkind: Service\nmetadata: {{ name: shop }}\nspec: {{ owner: team:shop, tier: 1, scrape: {{ every: 250ms, targets: ['{world}'] }} }}\n---\n\
         apiVersion: andon/v1\nkind: Service\nmetadata: {{ name: till }}\nspec: {{ owner: team:shop, tier: 1 }}\n---\n\
         apiVersion: andon/v1\nkind: Runbook\nmetadata: {{ name: mend }}\nspec:\n  doc: {trick}\n  owner: team:shop\n  \
         trust: {{ start: auto, ceiling: auto }}\n  \
         steps:\n    - id: mend\n      uses: http\n      with: {{ method: POST, url: 'http://{world}/', timeout: 1s }}\n      repeat: with_key\n      \
         verify: {{ query: 'max(shop_heat)', below: 1, within: 2m, no_data: wait }}\n      irreversible: {trick}\n"
    );
    // What stands in a rule is a template.
    let trick = json!(TRICK.replace("{{7*7}}${7*7}", ""));
    let rules = format!(
        "groups: [ {{ name: shop, interval: 1s, rules: [ {{ alert: Hot, expr: shop_heat > 20, labels: {{ severity: critical, team: {trick} }}, \
         annotations: {{ summary: {trick}, runbook_url: 'javascript:window.pwned=1', description: {trick} }} }} ] }} ]\n"
    );
    vec![("instance.yaml", instance), ("team.yaml", team), ("service.yaml", service), ("rules.yaml", rules)]
}

/// Metrics whose label and help are tricks, and a receiver that answers with one.
fn world() -> Listener {
    let quoted = TRICK.replace('\\', "\\\\").replace('"', "\\\"");
    let exposed = format!(
        "# HELP shop_heat {TRICK}\n# TYPE shop_heat gauge\nshop_heat{{room=\"{quoted}\"}} 40\nshop_heat{{room=\"hall\"}} 12\n"
    );
    Listener::serve(move |request| match request.method.as_str() {
        "GET" => Response::new(200, exposed.clone()),
        _ => Response::new(400, TRICK),
    })
}

fn command(server: &Server, key: &str, command: Value) {
    let (status, said) = tell(server.address, key, &command).expect("it answers");
    assert_eq!(status, 200, "{command}: {said}");
}

/// Every field that somebody else fills, by whichever way they do.
fn fill(server: &Server) {
    let post = |path: &str, body: Value| {
        let headers = [("content-type", "application/json")];
        let (status, said) =
            http::request(server.address, "POST", path, &headers, &body.to_string()).expect("it answers");
        assert_eq!(status, 200, "{path}: {said}");
    };
    post(
        "/api/v2/alerts",
        json!([{ "labels": { "alertname": TRICK, TRICK: TRICK, "service": TRICK, "severity": "critical" },
            "annotations": { TRICK: TRICK, "summary": TRICK }, "generatorURL": "javascript:window.pwned=1" }]),
    );
    let silence = json!({ "matchers": [ { "name": TRICK, "value": TRICK, "isRegex": false } ],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z", "createdBy": "<img src=x onerror=window.pwned=1>",
        "comment": TRICK });
    post("/api/v2/silences", silence);
    command(server, "1", json!({ "declare": { "service": "till", "title": TRICK } }));
    command(server, "2", json!({ "note": { "incident": "INC-1", "text": TRICK } }));
    command(server, "3", json!({ "override": { "incident": "INC-1", "severity": 1, "reason": TRICK } }));
    command(
        server,
        "4",
        json!({ "record_change": { "service": "shop", "version": "<img/src=x/onerror=window.pwned=1>", "note": TRICK } }),
    );
    let during = |from: &str, until: &str| json!({ "from": from, "until": until });
    let mut taken = json!({ "team": "shop", "rotation": "primary", "person": "ben", "reason": TRICK });
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let later = soon + jiff::SignedDuration::from_hours(1);
    let (soon, later) = (soon.to_string(), later.to_string());
    taken
        .as_object_mut()
        .expect("an object")
        .extend(during(&soon, &later).as_object().cloned().expect("one"));
    command(server, "5", json!({ "take_over": taken }));
    command(server, "6", json!({ "start_run": { "runbook": "mend", "incident": "INC-1", "inputs": {} } }));
    command(server, "7", json!({ "halt": { "reason": TRICK } }));
    command(server, "8", json!({ "resolve": { "incident": "INC-1", "reason": TRICK } }));
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn nothing_that_comes_from_outside_runs_on_any_page() {
    let world = world();
    let home = Home::new(files(world.address));
    let server = home.start();
    fill(&server);
    wait("the rule's alert", PATIENCE, || {
        let alerts = server.get("/api/v1/andon/alerts").ok()?.to_string();
        (alerts.contains("Hot") && server.get("/api/v1/andon/incidents/INC-2").is_ok()).then_some(())
    });
    wait("a delivery that failed", PATIENCE, || {
        let deliveries = server.get("/api/v1/andon/deliveries").ok()?.to_string();
        deliveries.contains("onerror").then_some(())
    });
    let alert =
        server.get("/api/v1/andon/alerts").expect("alerts")[0]["id"].as_str().unwrap_or("").to_owned();
    let Some(browser) = Browser::open(server.address) else { return };
    let trick = encoded(TRICK);
    let matchers = encoded(&format!("alertname={}", json!(TRICK)));
    let pages = [
        "/".to_owned(),
        "/incidents".to_owned(),
        "/incidents/INC-1".to_owned(),
        "/incidents/INC-2".to_owned(),
        "/alerts".to_owned(),
        format!("/alerts?q={trick}&state={trick}&service={trick}&page={trick}"),
        format!("/alerts?q={matchers}"),
        "/alerts/noisy".to_owned(),
        format!("/silences?matchers={matchers}&for=2h&comment={trick}&owner={trick}"),
        format!("/silences?matchers={trick}&for={trick}&weekly={trick}"),
        "/deliveries".to_owned(),
        format!("/deliveries?person={trick}&channel={trick}&q={trick}"),
        format!("/why?of={trick}&at={trick}"),
        format!("/why?of={alert}"),
        "/why?of=INC-2".to_owned(),
        "/why?of=ana".to_owned(),
        "/oncall".to_owned(),
        format!("/oncall?team={trick}&from={trick}&days={trick}"),
        "/runs/RUN-1".to_owned(),
        "/services".to_owned(),
        "/services/shop".to_owned(),
        format!("/services/{trick}"),
        "/targets".to_owned(),
        format!("/targets?q={trick}"),
        "/rules".to_owned(),
        format!("/explore?q={}&range={trick}", encoded("shop_heat")),
        format!("/explore?q={trick}"),
        "/reviews".to_owned(),
        "/reviews/REV-1".to_owned(),
        format!("/sign-in?next={trick}"),
        format!("/welcome?link={trick}"),
        format!("/{trick}"),
        format!("/incidents/{trick}"),
    ];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in &pages {
        browser.go(page);
        browser.run(super::pages::OPENED);
        browser
            .wait("charts", "[...document.querySelectorAll('.legend')].every((legend) => legend.innerText)");
        let traces = browser.run(TRACES);
        if traces != json!([true, 0]) {
            wrong.push(format!("{page}: {traces}"));
        }
        let shown = browser.run("return document.documentElement.textContent.includes('window.pwned=1')");
        seen += usize::from(shown == true);
        let (status_only, tried): (Vec<_>, Vec<_>) =
            browser.complaints().into_iter().partition(|said| said.contains("Failed to load resource"));
        drop(status_only);
        wrong.extend(tried.into_iter().map(|said| format!("{page}: {said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > pages.len() / 2, "the trick is read on {seen} of {} pages alone", pages.len());
}

/// Whoever finds nothing must be able to find something.
#[test]
fn a_page_that_takes_text_for_more_is_noticed() {
    let page = format!("<!doctype html><title>x</title><main>{TRICK}</main>");
    let site = Listener::serve(move |_| Response::new(200, page.clone()));
    let Some(browser) = Browser::open(site.address) else { return };
    browser.go("/");
    browser.wait("the trick to work", "window.pwned === 1");
    assert_ne!(browser.run(TRACES), json!([true, 0]));
}
