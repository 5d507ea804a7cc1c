//! Every secret is used once, some of them wrongly, while the log tells all that it can: none of them stands in the
//! log, in the data or in an answer afterwards.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::serving::{Serving, between};
use super::site::PASSWORD;
use crate::real::http::{self, Listener, Response};
use crate::real::{Home, wait};

const PATIENCE: Duration = Duration::from_secs(60);

/// Secrets of files, each of them used by the definitions.
const FILES: [&str; 15] = [
    "hook-url",
    "hook-token",
    "hook-sign",
    "push-token",
    "push-topic",
    "phone-token",
    "phone-number",
    "answers",
    "dead-url",
    "source",
    "am-url",
    "am-password",
    "am-bearer",
    "calendar",
    "scrape-password",
];

/// What is secret of a file: no other text of this world holds it.
fn secret(file: &str) -> String {
    let turned: String = file.chars().filter(char::is_ascii_alphabetic).rev().collect();
    format!("hidden{turned}hidden{turned}hidden")
}

fn definitions(at: std::net::SocketAddr) -> Vec<(&'static str, String)> {
    let instance = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: proof }}\nspec:\n  default_team: team:shop\n  identity: {{}}\n  \
         answers: {{ url: 'https://answers.example.org', secret: secret:file/answers }}\n  channels:\n    \
         hook: {{ webhook: {{ url: secret:file/hook-url, headers: {{ authorization: secret:file/hook-token }}, sign: {{ secret: secret:file/hook-sign }} }} }}\n    \
         push: {{ ntfy: {{ url: 'http://{at}', token: secret:file/push-token }} }}\n    \
         phone: {{ sms: {{ url: 'http://{at}', account: AC1, token: secret:file/phone-token, from: '+15550100' }} }}\n    \
         dead: {{ webhook: {{ url: secret:file/dead-url }} }}\n"
    );
    let team = "\
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: hook } ] }
    ben: { timezone: UTC, contact: [ { channel: push, to: secret:file/push-topic } ] }
    cid: { timezone: UTC, contact: [ { channel: phone, to: secret:file/phone-number } ] }
    dee: { timezone: UTC, contact: [ { channel: dead } ] }
  oncall:
    primary:
      people: [ana, ben]
      handover: { day: mon, at: '09:00', timezone: UTC }
      ical: { url: secret:file/calendar, every: 10s }
  escalation: [ { page: [ana, ben, cid, dee] } ]
";
    let service = "apiVersion: andon/v1\nkind: Service\nmetadata: { name: shop }\nspec: { owner: team:shop, tier: 1 }\n---\n\
                   apiVersion: andon/v1\nkind: Source\nmetadata: { name: goalert }\nspec: { format: goalert, secret: secret:file/source }\n---\n\
                   apiVersion: andon/v1\nkind: Source\nmetadata: { name: generic }\nspec: { format: alertmanager, secret: secret:file/source }\n";
    let alertmanager = format!(
        "route: {{ receiver: all, group_by: [alertname], group_wait: 0s }}\nreceivers:\n- name: all\n  webhook_configs:\n  \
         - {{ url_file: am-url, http_config: {{ basic_auth: {{ username: am, password_file: am-password }} }} }}\n  \
         - {{ url: 'http://{at}/fails', http_config: {{ authorization: {{ credentials_file: am-bearer }} }} }}\n"
    );
    let prometheus = format!(
        "scrape_configs:\n- job_name: shop\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  \
         basic_auth: {{ username: am, password_file: scrape-password }}\n  static_configs: [ {{ targets: ['{at}'] }} ]\n"
    );
    vec![
        ("instance.yaml", instance),
        ("team.yaml", team.to_owned()),
        ("service.yaml", service.to_owned()),
        ("alertmanager.yml", alertmanager),
        ("prometheus.yml", prometheus),
    ]
}

/// All that a folder holds.
fn held(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a directory").flatten() {
        match entry.path() {
            path if path.is_dir() => held(&path, into),
            // A socket or a file that went meanwhile.
            path => into.extend(std::fs::read(path).unwrap_or_default()),
        }
    }
}

fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|found| found == part.as_bytes())
}

#[test]
fn no_secret_is_left_anywhere_whatever_the_log_tells() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let world = Listener::serve(move |request| {
        kept.lock().expect("nobody panics").push(request.path.clone());
        // Some answer with what they were asked, as error pages do.
        let status = if request.path.starts_with("/fails") { 500 } else { 200 };
        Response::new(status, format!("cannot do {}", request.path))
    });
    let at = world.address;
    let home = Home::new(definitions(at));
    for file in FILES {
        let secret = secret(file);
        let text = match file {
            "hook-url" => format!("http://{at}/hook/{secret}"),
            // Nobody listens at port 1.
            "dead-url" => format!("http://127.0.0.1:1/{secret}?key={secret}"),
            "am-url" => format!("http://am:{secret}@{at}/am/{secret}"),
            "calendar" => format!("http://{at}/fails/{secret}.ics"),
            _ => secret,
        };
        home.write(file, &format!("{text}\n"));
    }
    let mut server = Serving::logging(&home, "trace");
    server.first_admin();
    let token = server.token();
    let mut answers = String::new();
    let bearer = format!("Bearer {token}");
    let json = ("content-type", "application/json");
    let say = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let (_, said) = http::request(server.address, method, path, headers, body).expect("an answer");
        said
    };
    let own = [("authorization", &*bearer), json];

    // A page on every channel, and a notification of both receivers.
    let declare = json!({ "command": { "declare": { "service": "shop", "title": "it burns" } } }).to_string();
    answers += &say("POST", "/api/v1/andon/commands", &[own[0], own[1], ("idempotency-key", "1")], &declare);
    answers += &say("POST", "/api/v2/alerts", &own, r#"[{"labels":{"alertname":"Down","service":"shop"}}]"#);
    // Sources, by every way that a secret is given, and wrongly.
    let source = secret("source");
    let source_bearer = format!("Bearer {source}");
    let (form, body) = (("content-type", "application/x-www-form-urlencoded"), "summary=queue");
    answers += &say("POST", &format!("/api/v2/generic/incoming?token={source}"), &[form], body);
    answers += &say("POST", &format!("/api/v2/generic/incoming?token={source}x"), &[form], body);
    answers += &say("POST", "/api/v1/in/generic", &[("authorization", &source_bearer), json], "{");
    answers += &say("POST", "/api/v1/in/nowhere", &[("authorization", &source_bearer), json], "{}");
    answers += &say("POST", &format!("/integrations/v1/formatted_webhook/{source}/"), &[json], "{}");
    // Whoever asks for an address is shown it again.
    say("GET", &format!("/nowhere/{token}?token={token}"), &[], "");
    answers += &say("GET", "/api/v1/query?query=up", &[("authorization", &format!("Basic {token}"))], "");
    // A browser's sign-in: its cookie, its form, and an invitation's link.
    let page = server.get("/sign-in", "");
    let (form_cookie, form_token) = (
        between(&page, "andon_form=", ";").to_owned(),
        between(&page, "name=\"form\" value=\"", "\"").to_owned(),
    );
    let password = PASSWORD.replace(' ', "+");
    let signed_in = server.post(
        "/sign-in",
        &format!("cookie: andon_form={form_cookie}\r\n"),
        &format!("form={form_token}&handle=ana&password={password}"),
    );
    let session = between(&signed_in, "andon_session=", ";").to_owned();
    answers += &server.get("/account", &format!("cookie: andon_session={session}\r\n"));
    let invited = say("POST", "/api/v1/andon/users", &own, r#"{"handle":"kim"}"#);
    let invited: serde_json::Value = serde_json::from_str(&invited).expect("JSON");
    let link = invited["link"].as_str().expect("a link").rsplit('=').next().expect("a secret").to_owned();
    answers += &server.get(&format!("/welcome?link={}x", &link[..link.len() - 1]), "");

    wait("every way to be gone", PATIENCE, || {
        let asked = asked.lock().expect("nobody panics");
        let ways = ["/hook/", "/am/", "/fails", "/2010-04-01", "/metrics"];
        ways.iter().all(|way| asked.iter().any(|path| path.starts_with(way))).then_some(())
    });
    wait("the dead channel to be given up", PATIENCE, || {
        say("GET", "/api/v1/andon/deliveries", &own, "").contains("cannot connect").then_some(())
    });
    for path in [
        "/",
        "/alerts",
        "/incidents/INC-1",
        "/deliveries",
        "/oncall",
        "/why?of=INC-1",
        "/users",
        "/account",
        "/targets",
        "/api/v1/andon/deliveries",
        "/api/v1/andon/journal?limit=1000",
        "/api/v1/andon/status",
        "/api/v1/andon/why?of=INC-1",
        "/api/v1/andon/why?of=dee",
        "/api/v1/andon/oncall",
        "/api/v2/status",
        "/api/v1/andon/tokens",
        "/api/v1/andon/users",
        "/api/v1/andon/invitations",
        "/api/v1/status/config",
        "/api/v1/targets",
        "/metrics",
        "/api/v1/andon/incidents/INC-1/timeline",
    ] {
        answers += &say("GET", path, &own, "");
    }
    for args in [&["why", "INC-1"][..], &["why", "dee"], &["deliveries"], &["status"]] {
        let mut command = home.andon();
        command
            .args(args)
            .env("ANDON_SERVER", format!("http://{}", server.address))
            .env("ANDON_TOKEN", &token);
        let output = command.output().expect("it runs");
        answers += &String::from_utf8_lossy(&[output.stdout, output.stderr].concat());
    }
    server.kill();

    let mut data = Vec::new();
    held(&home.data(), &mut data);
    let log = home.log_text();
    let of_tokens = [
        ("the token", token.rsplit('_').next().expect("a secret").to_owned()),
        ("the session", session),
        ("the form's cookie", form_cookie),
        ("the link", link),
        ("the password", PASSWORD.to_owned()),
        ("the password in a form", password),
    ];
    let mut found = Vec::new();
    for (what, secret) in FILES.map(|file| (file, secret(file))).into_iter().chain(of_tokens) {
        for (place, text) in
            [("the log", log.as_bytes()), ("the data", &data), ("an answer", answers.as_bytes())]
        {
            if contains(text, &secret) {
                let at = text.windows(secret.len()).position(|found| found == secret.as_bytes()).unwrap_or(0);
                let around = String::from_utf8_lossy(&text[at.saturating_sub(120)..at]).into_owned();
                found.push(format!("{what} is in {place}: …{around}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(log.len() > 2_000, "the log tells little: {log}");
}
