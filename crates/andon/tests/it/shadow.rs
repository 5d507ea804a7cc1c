//! An Andon in shadow mode beside the pagers that are in charge: PagerDuty's signed webhooks and a real Alertmanager,
//! which gets the same alerts. The report says who would have been paged otherwise, also after a `kill -9`.

use std::net::SocketAddr;
use std::time::Duration;

use andon_intake::proof::sign;
use serde_json::{Value, json};

use crate::real::{Alertmanager, Home, Server, http, wait};

const PATIENCE: Duration = Duration::from_secs(40);

const OPS: &str = "\
apiVersion: andon/v1
kind: Instance
metadata: { name: beside }
spec: { mode: shadow, default_team: shop }
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: web } ] }
    ben: { timezone: UTC, contact: [ { channel: web } ] }
  escalation: [ { page: ana } ]
---
apiVersion: andon/v1
kind: Service
metadata: { name: checkout }
spec: { owner: team:shop }
---
apiVersion: andon/v1
kind: Service
metadata: { name: cart }
spec: { owner: team:shop }
---
apiVersion: andon/v1
kind: Source
metadata: { name: pagerduty }
spec: { format: pagerduty, incumbent: true, secret: { hmac: secret:file/webhook }, names: { PANA: ana } }
---
apiVersion: andon/v1
kind: Source
metadata: { name: old }
spec: { format: alertmanager, incumbent: true, secret: secret:file/token }
";

/// Where a receiver's notifications go to.
fn routes(hook: &str) -> String {
    format!(
        "route: {{ receiver: night, group_by: [alertname], group_wait: 100ms, group_interval: 1s }}\n\
         receivers:\n- name: night\n  webhook_configs:\n  - url: {hook}\n    \
         http_config: {{ authorization: {{ credentials: old-token }} }}\n"
    )
}

fn home() -> Home {
    // Nobody listens there: in shadow mode nothing is sent.
    let routes = routes("http://127.0.0.1:9/night");
    let home = Home::new([("ops.yaml", OPS.to_owned()), ("alertmanager.yml", routes)]);
    home.write("webhook", "webhook-key\n");
    home.write("token", "old-token\n");
    home
}

/// PagerDuty says something, signed under its old secret and its new one.
fn webhook(server: &Server, id: &str, kind: &str, incident: &str, title: &str, who: (&str, &str)) -> u16 {
    let user = json!({ "id": who.0, "type": "user_reference", "summary": who.1 });
    let now = jiff::Timestamp::now().to_string();
    let body =
        json!({ "event": { "id": id, "event_type": kind, "resource_type": "incident", "occurred_at": now,
        "agent": user, "data": { "id": incident, "type": "incident", "title": title, "urgency": "high",
            "assignees": [user] } } })
        .to_string();
    let signature =
        format!("v1={},v1={}", sign(b"old", &[body.as_bytes()]), sign(b"webhook-key", &[body.as_bytes()]));
    let headers = [("x-pagerduty-signature", signature.as_str()), ("content-type", "application/json")];
    let (status, _) =
        http::request(server.address, "POST", "/api/v1/in/pagerduty", &headers, &body).expect("an answer");
    status
}

fn alert(to: SocketAddr, name: &str, service: &str) {
    let alerts = json!([{ "labels": { "alertname": name, "service": service, "severity": "critical" } }]);
    let headers = [("content-type", "application/json")];
    let (status, said) =
        http::request(to, "POST", "/api/v2/alerts", &headers, &alerts.to_string()).expect("an answer");
    assert_eq!(status, 200, "{said}");
}

fn silence(to: SocketAddr, name: &str) {
    let silence = json!({ "matchers": [{ "name": "alertname", "value": name, "isRegex": false, "isEqual": true }],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": (jiff::Timestamp::now() + Duration::from_secs(3600)).to_string(),
        "createdBy": "ana", "comment": "known" });
    let headers = [("content-type", "application/json")];
    let (status, said) =
        http::request(to, "POST", "/api/v2/silences", &headers, &silence.to_string()).expect("an answer");
    assert_eq!(status, 200, "{said}");
}

/// Each row as a line.
fn rows(server: &Server) -> Vec<String> {
    let report = server.get("/api/v1/andon/shadow").expect("a report");
    let rows = report["rows"].as_array().unwrap_or_else(|| panic!("{report}"));
    let line = |row: &Value| {
        let text =
            |at: &str| row.pointer(at).map(|value| value.to_string().replace('"', "")).unwrap_or_default();
        let reason = row["reason"].as_str().map(str::to_owned);
        let reason =
            reason.or_else(|| row["reason"].as_object().and_then(|reason| reason.keys().next().cloned()));
        let [verdict, title] = ["/verdict", "/title"].map(text);
        let [theirs, ours] = ["/incumbent/whom", "/andon/whom"].map(text);
        format!("{verdict} {title}: {theirs} {ours} {}", reason.unwrap_or_default()).trim_end().to_owned()
    };
    let mut rows: Vec<String> = rows.iter().map(line).collect();
    rows.sort();
    rows
}

#[test]
fn the_report_says_who_would_have_been_paged_otherwise() {
    let home = home();
    let server = home.start();
    // Andon pages ana of the checkout; PagerDuty pages ben, and ana acknowledges there.
    alert(server.address, "Slow", "checkout");
    assert_eq!(
        webhook(&server, "01", "incident.triggered", "P1", "Slow on checkout", ("PBEN", "Ben Bo")),
        200
    );
    assert_eq!(
        webhook(&server, "02", "incident.acknowledged", "P1", "Slow on checkout", ("PANA", "Ana")),
        200
    );
    assert_eq!(webhook(&server, "03", "incident.triggered", "P2", "Nothing of ours", ("PANA", "Ana")), 200);
    assert_eq!(webhook(&server, "04", "incident.triggered", "P3", "Slow on the till", ("PEVE", "Eve")), 200);
    server.kill();

    // Nothing that was answered is lost, and what is said again is known.
    let server = home.start();
    let said = [
        "different Slow on checkout: [{person:ben}] [{person:ana},{receiver:night}]",
        "only_incumbent Nothing of ours: [{person:ana}]  no_such_alert",
        "unknown Slow on the till: [{unknown:Eve}] [{person:ana},{receiver:night}]",
    ];
    wait("the alert's receiver to be told", PATIENCE, || (rows(&server) == said).then_some(()));
    assert_eq!(webhook(&server, "03", "incident.triggered", "P2", "Nothing of ours", ("PANA", "Ana")), 200);
    assert_eq!(rows(&server), said);
    let report = server.get("/api/v1/andon/shadow").expect("a report");
    assert_eq!(report["rows"][1]["incumbent"]["acknowledged_by"], json!({ "person": "ana" }), "{report}");
    assert_eq!(report["counts"]["different"], 1);

    beside_an_alertmanager(&home, &server, &said);

    let command = |args: &[&str]| {
        let output =
            home.andon().args(args).args(["--server", &format!("http://{}", server.address)]).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let told = command(&["shadow", "report"]);
    assert!(told.contains("so far: both paged") && told.contains("no such alert came here"), "{told}");
    assert_eq!(command(&["shadow", "days"]).trim(), "no day was reported yet");
    let (status, page) = http::request(server.address, "GET", "/shadow", &[], "").expect("a page");
    assert!(
        status == 200 && page.contains("Only the incumbent") && page.contains("Nothing of ours"),
        "{page}"
    );
    let (status, _) =
        http::request(server.address, "GET", "/api/v1/andon/shadow?day=x", &[], "").expect("an answer");
    assert_eq!(status, 400);
}

fn beside_an_alertmanager(home: &Home, server: &Server, said: &[&str]) {
    let Some(program) = Alertmanager::program() else { return };
    let hook = format!("http://{}/api/v1/in/old", server.address);
    let dir = home.data().join("alertmanager");
    std::fs::create_dir_all(&dir).expect("a directory");
    let incumbent = Alertmanager::start(&program, &dir, &routes(&hook), &[]);
    silence(server.address, "Quiet");
    for (name, to) in [
        ("Both", &[server.address, incumbent.address][..]),
        ("OnlyThere", &[incumbent.address]),
        ("Quiet", &[server.address, incumbent.address]),
        ("OnlyHere", &[server.address]),
    ] {
        to.iter().for_each(|to| alert(*to, name, "cart"));
    }
    let more = [
        "only_andon OnlyHere: null [{receiver:night}]",
        "only_incumbent OnlyThere: [{receiver:night}]  no_such_alert",
        "only_incumbent Quiet: [{receiver:night}]  silenced",
        "same Both: [{receiver:night}] [{person:ana},{receiver:night}]",
    ];
    let more = more.map(|line| line.replace("null", ""));
    let mut expected: Vec<String> = said.iter().map(|line| (*line).to_owned()).chain(more).collect();
    expected.sort();
    let found = crate::real::within(PATIENCE, || (rows(server) == expected).then_some(()));
    assert!(found.is_some(), "{:#?}\ninstead of {expected:#?}", rows(server));
}
