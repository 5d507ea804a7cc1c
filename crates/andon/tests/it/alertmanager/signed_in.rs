//! Stock tools where people and programs say who they are, over TLS: a Prometheus by token and by password, `amtool` by
//! its file for HTTP, and a Grafana's webhook by the secret of its door.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{PATIENCE, ROUTES};
use crate::house::may_skip;
use crate::identity::serving::Serving;
use crate::prometheus_api::{Peer, binary};
use crate::real::{Home, Target, http, wait};
use crate::tls;

const PLAIN: &str =
    "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\nspec: { identity: {} }\n";
const TLS: &str = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: shop }\n\
    spec: { identity: {}, tls: { cert: tls/andon.crt, key: tls/andon.key } }\n";
const SOURCE: &str = "apiVersion: andon/v1\nkind: Source\nmetadata: { name: grafana }\n\
    spec: { format: grafana, secret: secret:file/key }\n";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A server that asks who they are, over TLS, and tokens for programs.
struct Site {
    home: Home,
    server: tls::Serving,
    /// May everything that ana may.
    own: String,
    /// May look at alerts, send and silence them.
    program: String,
}

impl Site {
    fn open() -> Site {
        let team = "apiVersion: andon/v1\nkind: Team\nmetadata: { name: shop }\nspec:\n  people:\n    ana: { timezone: UTC, contact: [{ channel: web }] }\n";
        let files = [
            ("instance.yaml", PLAIN),
            ("team.yaml", team),
            ("alertmanager.yml", ROUTES),
            ("source.yaml", SOURCE),
            ("key", KEY),
        ];
        let home = Home::new(files.map(|(name, text)| (name, text.to_owned())));
        // The first admin comes before TLS does, and stays.
        let mut server = Serving::of(&home);
        server.first_admin();
        let own = server.token();
        let program = issued(server.address, &own);
        server.kill();
        std::fs::create_dir_all(home.ops().join("tls")).expect("a directory");
        tls::certify(&home, "ca.crt", &["localhost", "127.0.0.1"]);
        home.write("instance.yaml", TLS);
        let server = tls::serve(&home);
        Site { home, server, own, program }
    }

    fn ca(&self) -> String {
        self.home.ops().join("ca.crt").display().to_string()
    }

    /// Status and body.
    fn ask(&self, path: &str, args: &[&str]) -> (u16, String) {
        let url = format!("https://{}{path}", self.server.address);
        let (well, said) =
            tls::curl(&self.home, "ca.crt", &[&["--write-out", "\n%{http_code}"], args, &[&url]].concat());
        assert!(well, "{said}");
        let (body, status) = said.rsplit_once('\n').expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    }

    fn alerts(&self) -> Vec<Value> {
        let bearer = format!("authorization: Bearer {}", self.own);
        let (status, said) = self.ask("/api/v2/alerts", &["--header", &bearer]);
        assert_eq!(status, 200, "{said}");
        serde_json::from_str::<Value>(&said).expect("JSON").as_array().cloned().expect("a list")
    }

    fn fires(&self, name: &str) -> Option<Value> {
        self.alerts().into_iter().find(|alert| alert["labels"]["alertname"] == name)
    }
}

fn issued(at: SocketAddr, own: &str) -> String {
    let body = json!({ "note": "tools", "scopes": ["view", "send", "silence"] }).to_string();
    let bearer = format!("Bearer {own}");
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let (status, said) =
        http::request(at, "POST", "/api/v1/andon/tokens", &headers, &body).expect("an answer");
    assert_eq!(status, 200, "{said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    said["token"].as_str().expect("a token").to_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

#[test]
fn a_prometheus_sends_by_a_token_and_by_a_password() {
    let Some(prometheus) = binary("PROMETHEUS", "prometheus") else {
        assert!(may_skip("there is no prometheus"));
        return;
    };
    let site = Site::open();
    let target = Target::exposing("shop_heat{room=\"hall\"} 40\n");
    let files = tempfile::tempdir().expect("a temporary directory");
    let token = files.path().join("token");
    std::fs::write(&token, format!("{}\n", site.program)).expect("a file");
    let (token, ca, andon, scraped) = (token.display(), site.ca(), site.server.address, target.address());
    for (name, proof) in [
        ("ByToken", format!("authorization: {{ credentials_file: '{token}' }}")),
        ("ByPassword", format!("basic_auth: {{ username: prometheus, password: '{}' }}", site.program)),
        ("ByNobody", "basic_auth: { username: prometheus, password: andon_nobody }".to_owned()),
    ] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let rules = dir.path().join("rules.yml");
        let rule =
            format!("groups: [ {{ name: shop, rules: [ {{ alert: {name}, expr: shop_heat > 30 }} ] }} ]\n");
        std::fs::write(&rules, rule).expect("a file");
        let peer = Peer::of(&prometheus, dir.path(), |major| {
            let speaks = if major >= 3 { "fallback_scrape_protocol: PrometheusText0.0.4, " } else { "" };
            format!(
                "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms }}\n\
                 rule_files: ['{}']\n\
                 alerting: {{ alertmanagers: [ {{ scheme: https, {proof}, tls_config: {{ ca_file: '{ca}' }}, \
                 static_configs: [ {{ targets: ['{andon}'] }} ] }} ] }}\n\
                 scrape_configs: [ {{ job_name: shop, {speaks}static_configs: [ {{ targets: ['{scraped}'] }} ] }} ]\n",
                rules.display()
            )
        });
        if name == "ByNobody" {
            // Prometheus counts what was not taken.
            wait("a refusal", PATIENCE, || {
                let (_, metrics) = http::request(peer.address, "GET", "/metrics", &[], "").ok()?;
                let errors = metrics
                    .lines()
                    .find(|line| line.starts_with("prometheus_notifications_errors_total{"))?;
                (!errors.ends_with(" 0")).then_some(())
            });
            assert!(site.fires(name).is_none(), "nobody has said who they are");
        } else {
            wait(name, PATIENCE, || site.fires(name));
        }
    }
}

#[test]
fn amtool_works_by_its_file_for_http() {
    let Some(amtool) = binary("AMTOOL", "amtool") else {
        assert!(may_skip("there is no amtool"));
        return;
    };
    let site = Site::open();
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, proof: &str| -> String {
        let path = scratch.path().join(name);
        std::fs::write(&path, format!("{proof}tls_config: {{ ca_file: '{}' }}\n", site.ca()))
            .expect("a file");
        path.display().to_string()
    };
    let by_token = file("token.yml", &format!("authorization: {{ credentials: '{}' }}\n", site.program));
    let by_password =
        file("password.yml", &format!("basic_auth: {{ username: amtool, password: '{}' }}\n", site.program));
    let by_nobody = file("nobody.yml", "");
    let run = |file: &str, args: &[&str]| amtool_at(&amtool, site.server.address, scratch.path(), file, args);
    for (name, file) in [("Token", &by_token), ("Password", &by_password)] {
        let well = |args: &[&str]| {
            let output = run(file, args);
            assert!(output.status.success(), "amtool {args:?}: {}", said(&output));
            String::from_utf8(output.stdout).expect("text")
        };
        let labelled = format!("alertname={name}");
        well(&["alert", "add", &labelled, "team=db"]);
        assert!(well(&["alert", "query", &labelled]).contains(name));
        let id =
            well(&["silence", "add", &labelled, "--comment=we know", "--author=mallory", "--duration=1h"]);
        assert!(!well(&["alert", "query", &labelled]).contains(name), "it is silenced");
        let silences = well(&["--output=json", "silence", "query", &labelled]);
        let silences: Value = serde_json::from_str(&silences).expect("JSON");
        // What it says of its author is Alertmanager's to say; who it was is in the journal.
        assert_eq!(silences[0]["createdBy"], "mallory");
        let bearer = format!("authorization: Bearer {}", site.own);
        let (_, journal) = site.ask("/api/v1/andon/journal?limit=1000", &["--header", &bearer]);
        let of_token = site.program.split('_').nth(1).expect("an id");
        assert!(journal.contains(&format!("\"token\":\"{of_token}\"")), "{journal}");
        well(&["silence", "expire", id.trim()]);
        assert!(well(&["cluster", "show"]).contains("disabled"));
    }
    for args in [&["alert", "query"][..], &["silence", "query"], &["alert", "add", "alertname=Nobody"]] {
        let output = run(&by_nobody, args);
        assert!(!output.status.success(), "amtool {args:?} by nobody: {}", said(&output));
    }
    assert!(site.fires("Nobody").is_none());
}

fn amtool_at(amtool: &str, at: SocketAddr, scratch: &Path, file: &str, args: &[&str]) -> Output {
    let mut command = Command::new(amtool);
    command.args([&format!("--alertmanager.url=https://{at}"), &format!("--http.config.file={file}")]);
    // No settings of whoever runs this.
    command.args(args).current_dir(scratch).env("HOME", scratch).output().expect("it runs")
}

#[test]
fn a_grafanas_webhook_comes_in_by_its_own_secret() {
    let site = Site::open();
    let body = json!({
        "receiver": "andon", "status": "firing", "version": "1", "orgId": 1, "groupKey": "{}:{}", "title": "[1] it",
        "state": "alerting", "message": "it", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://grafana.example", "truncatedAlerts": 0,
        "alerts": [ { "status": "firing", "labels": { "alertname": "Panel" }, "annotations": { "summary": "it fires" },
            "startsAt": "2026-11-20T08:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://grafana.example/1", "fingerprint": "0123456789abcdef" } ],
    })
    .to_string();
    let post = |proof: &str| {
        let (kind, proof) = ("content-type: application/json", format!("authorization: {proof}"));
        site.ask("/api/v1/in/grafana", &["--header", kind, "--header", &proof, "--data", &body])
    };
    // A secret of its own: nobody's token opens it.
    for wrong in ["Bearer x", "Basic Z3JhZmFuYTp4", &format!("Bearer {}", site.own)] {
        assert_eq!(post(wrong).0, 401, "{wrong}");
    }
    assert!(site.fires("Panel").is_none());
    let (status, answer) = post(&format!("Bearer {KEY}"));
    assert_eq!(status, 200, "{answer}");
    assert!(site.fires("Panel").is_some());
    // Nor does the secret open anything else.
    let bearer = format!("authorization: Bearer {KEY}");
    assert_eq!(site.ask("/api/v2/alerts", &["--header", &bearer]).0, 401);
}
