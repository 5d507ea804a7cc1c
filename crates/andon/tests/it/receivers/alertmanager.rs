//! The same file and the same alerts, given to Alertmanager and to Andon: the same requests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use andon_definitions::alertmanager::Alertmanager;
use andon_definitions::alertmanager::receiver::Kind;
use andon_definitions::{Notification, NotifiedAlert, Reason, SourceFile, load};
use andon_respond::receiver::{Content, Desk, Request, compose};
use andon_vocabulary::{Labels, Timestamp};
use serde_json::Value;

use super::mailbox::{Mailbox, Received};
use super::told::{alerts, at, posted};
use super::tool;
use crate::real::{self, http, wait};

const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Arrived {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// Every kind, each with settings of its own.
fn file(hook: SocketAddr, mail: SocketAddr, is_new: bool) -> String {
    let (payload, update) = match is_new {
        true => (
            format!(
                "\n  - {{ url: 'http://{hook}/payload/{{{{ .Status }}}}', payload: {{ a: '{{{{ .Status }}}}', \
                 count: '{{{{ len .Alerts }}}}', list: [ 1, yes, '{{{{ .CommonAnnotations.runbook }}}}', '{{{{ .Alerts | toJson }}}}' ] }} }}"
            ),
            "\n    update_alerts: true",
        ),
        false => (String::new(), ""),
    };
    format!(
        r##"
global:
  smtp_smarthost: '{mail}'
  smtp_from: 'Andon <andon@example.org>'
  smtp_require_tls: false
  opsgenie_api_key: opskey
  pagerduty_url: 'http://{hook}/pd/v2'
  slack_api_url: 'http://{hook}/slack/global'
route: {{ receiver: all.of-them, group_by: [ alertname, severity ], group_wait: 300ms, group_interval: 1s }}
templates: [ '*.tmpl' ]
receivers:
- name: all.of-them
  webhook_configs:
  - {{ url: 'http://{hook}/hook' }}
  - {{ url: 'http://{hook}/hook/one', max_alerts: 1 }}{payload}
  slack_configs:
  - {{ channel: '#ops', send_resolved: true }}
  - api_url: 'http://{hook}/slack/own'
    send_resolved: true
    channel: '#{{{{ .CommonLabels.severity }}}}'
    title: '{{{{ template "own.title" . }}}}'
    text: '{{{{ range .Alerts }}}}{{{{ .Annotations.summary }}}}{{{{ end }}}}'
    color: '{{{{ if eq .Status "firing" }}}}warning{{{{ end }}}}'
    link_names: true
    short_fields: true
    mrkdwn_in: [ text ]
    image_url: 'http://img/{{{{ .CommonLabels.zone }}}}'
    fields: [ {{ title: Zone, value: '{{{{ .CommonLabels.zone }}}}' }}, {{ title: T, value: V, short: false }} ]
    actions:
    - {{ type: button, text: Go, url: '{{{{ .ExternalURL }}}}', style: danger }}
    - {{ type: button, text: Do, name: n, value: '{{{{ .Status }}}}', confirm: {{ text: sure, ok_text: yes! }} }}
  pagerduty_configs:
  - {{ routing_key: 'key-{{{{ .CommonLabels.zone }}}}' }}
  - routing_key: second
    url: 'http://{hook}/pd/own'
    description: '{{{{ .CommonAnnotations.summary }}}}'
    severity: '{{{{ .CommonLabels.severity }}}}'
    class: c
    component: '{{{{ .GroupLabels.alertname }}}}'
    group: g
    client: me
    details: {{ note: '{{{{ .CommonLabels.note }}}}', firing: 'f{{{{ len .Alerts.Firing }}}}' }}
    links: [ {{ href: 'http://l', text: '{{{{ .Status }}}}' }} ]
    images: [ {{ src: 'http://i', alt: x }} ]
  opsgenie_configs:
  - {{ api_url: 'http://{hook}/og' }}
  - api_url: 'http://{hook}/og/own/'
    api_key: 'own-{{{{ .CommonLabels.zone }}}}'
    priority: P1
    tags: 'a,{{{{ .CommonLabels.zone }}}}, b,'
    note: '{{{{ .CommonLabels.note }}}}'
    entity: e
    actions: 'x,y'
    details: {{ zone: 'over', more: '{{{{ .Status }}}}' }}
    responders: [ {{ name: 'one,two', type: teams }}, {{ username: u, type: user }} ]{update}
  email_configs:
  - {{ to: 'a@example.org, "B, C" <b@example.org>', send_resolved: true, text: '{{{{ template "own.title" . }}}}', headers: {{ x-zone: '{{{{ .CommonLabels.zone }}}}' }} }}
"##
    )
}

const OWN: &str = "{{ define \"own.title\" }}{{ .Status | toUpper }} {{ .GroupLabels.alertname }}{{ end }}";

#[test]
fn the_same_requests_as_alertmanager_sends() {
    let Some((program, is_new)) = tool("ANDON_ALERTMANAGER", "prometheus-alertmanager") else { return };
    let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
    let kept = Arc::clone(&arrived);
    let hook = http::Listener::serve(move |request| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        let http::Request { method, path, headers, .. } = request;
        kept.lock().expect("nobody panics").push(Arrived { method, path, headers, body });
        http::Response::new(200, "ok")
    });
    let mailbox = Mailbox::open();
    let text = file(hook.address, mailbox.address, is_new);
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("own.tmpl"), OWN).expect("a file");
    let more = ["--web.external-url=http://am:9093/x", "--web.route-prefix=/"];
    let peer = real::Alertmanager::start(&program, directory.path(), &text, &more);

    let files = [
        SourceFile { path: "alertmanager.yml".to_owned(), text },
        SourceFile { path: "own.tmpl".to_owned(), text: OWN.to_owned() },
    ];
    let (catalog, found) = load(&files);
    assert!(found.iter().all(|found| !found.is_error()), "{found:?}");
    let ours = catalog.alertmanager.expect("it was read");

    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    // Alertmanager waits for the rest of a group only where an alert is young.
    let since = Timestamp::from_ms(i64::try_from(now.as_millis()).expect("a clock of our time"));
    for ended in [false, true] {
        let told = alerts(since, ended);
        let body = posted(&told).to_string();
        let json = [("content-type", "application/json")];
        let (status, said) = http::request(peer.address, "POST", "/api/v2/alerts", &json, &body)
            .expect("Alertmanager answers");
        assert_eq!(status, 200, "{said}");
        let mut wanted = Vec::new();
        let (requests, mail) = wait("its requests", PATIENCE, || {
            let arrived = arrived.lock().expect("nobody panics").clone();
            let first = arrived.iter().find(|request| request.path == "/hook")?;
            wanted = composed(&ours, &first.body, alerts(since, ended), ended);
            let requests = wanted.iter().filter_map(|one| match one {
                Sent::Request(request) => Some(request),
                Sent::Mail { .. } => None,
            });
            // Some paths are asked twice.
            let all = requests
                .clone()
                .all(|request| arrived.iter().any(|arrived| fits(arrived, request, hook.address)));
            (all && !mailbox.received().is_empty()).then(|| (arrived, mailbox.received()))
        });
        for sent in &wanted {
            match sent {
                Sent::Request(request) => same(request, &requests, hook.address, is_new),
                Sent::Mail { from, to, headers } => same_mail(from, to, headers, &mail),
            }
        }
        assert_eq!(requests.len(), wanted.len() - 1, "{requests:#?}");
        arrived.lock().expect("nobody panics").clear();
        mailbox.forget();
    }
}

/// What Andon sends.
enum Sent {
    Request(Request),
    Mail { from: String, to: Vec<String>, headers: BTreeMap<String, String> },
}

/// `seen` is Alertmanager's own message: it says in which order the alerts come, and what the group is called.
fn composed(file: &Alertmanager, seen: &Value, mut told: Vec<Arc<NotifiedAlert>>, ended: bool) -> Vec<Sent> {
    let order: Vec<&str> = seen["alerts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|alert| alert["fingerprint"].as_str())
        .collect();
    told.sort_by_key(|alert| {
        let fingerprint = format!("{:016x}", alert.fingerprint);
        order.iter().position(|seen| *seen == fingerprint)
    });
    let reason = if ended { Reason::SomeResolved } else { Reason::First };
    let group = Labels::new([("alertname", "Down"), ("severity", "critical")]);
    let told = Notification::new("all.of-them", &group, reason, "http://am:9093/x", told);
    let group_key = seen["groupKey"].as_str().expect("a key");
    let read = |file: &str| Err(format!("{file} is not read here"));
    let desk = Desk { templates: &file.templates, now: at("2026-01-01T12:00:00Z"), read: &read };
    let mut sent = Vec::new();
    for integration in &file.receivers["all.of-them"].integrations {
        let message = compose(integration, &told, group_key, desk).expect("it can be sent");
        assert!(message.flaws.is_empty(), "{:?}", message.flaws);
        match message.content {
            Content::Requests(requests) => sent.extend(requests.into_iter().map(Sent::Request)),
            Content::Mail(mail) => {
                assert!(matches!(integration.kind, Kind::Email(_)));
                let mut headers: BTreeMap<String, String> = mail.headers.into_iter().collect();
                headers.insert("Subject".to_owned(), mail.subject);
                let to = mail.to.into_iter().map(|address| address.mailbox).collect();
                sent.push(Sent::Mail { from: mail.from.mailbox, to, headers });
            }
        }
    }
    sent
}

fn fits(arrived: &Arrived, request: &Request, hook: SocketAddr) -> bool {
    format!("http://{hook}{}", arrived.path) == request.url
}

/// Method, address, headers that matter, body.
fn same(request: &Request, arrived: &[Arrived], hook: SocketAddr, is_new: bool) {
    let found = arrived.iter().find(|arrived| fits(arrived, request, hook));
    let found = found.unwrap_or_else(|| panic!("nobody asked {}", request.url));
    assert_eq!(found.method, format!("{:?}", request.method).to_uppercase(), "{}", found.path);
    for (name, value) in &request.headers {
        assert_eq!(found.headers.get(&name.to_ascii_lowercase()), Some(value), "{name} of {}", found.path);
    }
    let (mut ours, mut theirs): (Value, Value) =
        (serde_json::from_str(&request.body).expect("JSON"), found.body.clone());
    if !is_new {
        // These came later.
        for body in [&mut ours, &mut theirs] {
            if let Some(fields) = body.as_object_mut() {
                fields.remove("notification_reason");
            }
            if let Some(details) = body.pointer_mut("/payload/custom_details") {
                *details = Value::Null;
            }
            // Nothing empty was said of a picture or a link.
            if let Some(images) = body.get_mut("images") {
                *images = Value::Null;
            }
        }
    }
    assert_eq!(ours, theirs, "{}", found.path);
}

fn same_mail(from: &str, to: &[String], headers: &BTreeMap<String, String>, arrived: &[Received]) {
    let [mail] = arrived else { panic!("one mail, not {}", arrived.len()) };
    assert_eq!((from, to), (mail.from.as_str(), mail.to.as_slice()));
    for (name, value) in headers {
        // Alertmanager writes a line break as a code; Andon has a space in its place.
        let theirs = mail.header(name).map(|found| decoded(&found));
        let theirs = theirs.map(|found| found.replace("\r\n", " ").replace('\t', " "));
        assert_eq!(theirs.as_ref(), Some(value), "{name}");
    }
}

/// The words `=?utf-8?q?…?=` of RFC 2047 as they are meant.
fn decoded(header: &str) -> String {
    let mut bytes = Vec::new();
    let joined = header.replace("?= =?utf-8?q?", "");
    for (at, part) in joined.split("=?utf-8?q?").enumerate() {
        let (word, rest) = if at == 0 { ("", part) } else { part.split_once("?=").unwrap_or((part, "")) };
        let mut coded = word.bytes();
        while let Some(byte) = coded.next() {
            let digits: String = coded.clone().take(2).map(char::from).collect();
            match (byte, u8::from_str_radix(&digits, 16)) {
                (b'=', Ok(meant)) => {
                    bytes.push(meant);
                    coded.nth(1);
                }
                (b'_', _) => bytes.push(b' '),
                (byte, _) => bytes.push(byte),
            }
        }
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
