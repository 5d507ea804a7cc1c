//! Messages from a file and a notification. That they are what Alertmanager sends is tested against Alertmanager
//! itself, from outside; here: what a hostile label cannot do, what is said where a text cannot be, what answers mean.

use std::sync::Arc;

use andon_definitions::alertmanager::Alertmanager;
use andon_definitions::{Notification, NotifiedAlert, Reason, SourceFile, load};
use andon_vocabulary::{Labels, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Content, Desk, Mail, Message, Provider, Request, Unsendable, Verdict, compose, verdict};

const ALL: &str = r##"
global: { smtp_smarthost: 'mail:25', smtp_from: 'Andon <andon@example.org>', slack_api_url: 'http://slack/hook', opsgenie_api_key: key }
route: { receiver: a }
receivers:
- name: a
  webhook_configs: [ { url: 'http://hook/' }, { url: 'http://hook/{{ .CommonLabels.path }}', max_alerts: 1, payload: { a: '{{ .Status }}', n: '{{ len .Alerts }}', '{{ .Status }}': [ 1 ] } } ]
  email_configs: [ { to: 'a@x, b@x', text: '{{ .CommonLabels.alertname }}', headers: { x-alert: '{{ .CommonLabels.alertname }}' }, threading: { enabled: true, thread_by_date: daily } } ]
  pagerduty_configs: [ { routing_key: r, links: [ { href: '{{ .ExternalURL }}', text: t }, { text: none } ] }, { service_key_file: keys/pd } ]
  opsgenie_configs: [ { update_alerts: true, tags: 'a,,b', responders: [ { name: 'x,y', type: teams }, { name: '{{ .CommonLabels.nothing }}', type: '' } ] } ]
  slack_configs: [ { channel: '#a', title: '{{ .CommonLabels.alertname }}', actions: [ { type: button, text: go, url: 'http://x' } ] } ]
"##;

fn read(text: &str) -> Arc<Alertmanager> {
    let text = text.replace("type: '' }", "type: '{{ .CommonLabels.nothing }}' }");
    let (catalog, found) = load(&[SourceFile { path: "alertmanager.yml".to_owned(), text }]);
    assert!(found.iter().all(|found| !found.is_error()), "{found:?}");
    catalog.alertmanager.unwrap()
}

fn told(name: &str, ended: bool) -> Notification {
    let labels = Labels::new([("alertname", name), ("severity", "page")]);
    let mut alert = NotifiedAlert::new(&labels, &Labels::new([("summary", name)]), Timestamp::EPOCH);
    alert.ended_at = ended.then_some(Timestamp::from_ms(1000));
    let alerts = vec![Arc::new(alert.clone()), Arc::new(alert)];
    Notification::new("a", &labels.only(&["alertname"]), Reason::First, "http://andon", alerts)
}

fn compose_all(file: &Alertmanager, told: &Notification) -> Vec<Result<Message, Unsendable>> {
    let read = |file: &str| match file {
        "keys/pd" => Ok("secret\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    let desk = Desk { templates: &file.templates, now: Timestamp::EPOCH, read: &read };
    let integrations = &file.receivers["a"].integrations;
    integrations.iter().map(|one| compose(one, told, "{}:{alertname=\"x\"}", desk)).collect()
}

fn requests(message: &Message) -> &[Request] {
    match &message.content {
        Content::Requests(requests) => requests,
        Content::Mail(_) => panic!("a mail"),
    }
}

fn mail(message: &Message) -> &Mail {
    match &message.content {
        Content::Mail(mail) => mail,
        Content::Requests(_) => panic!("requests"),
    }
}

fn body(message: &Message, at: usize) -> Value {
    serde_json::from_str(&requests(message)[at].body).unwrap()
}

#[test]
fn each_kind_is_sent_what_it_understands() {
    let file = read(ALL);
    let messages: Vec<Message> =
        compose_all(&file, &told("Down", false)).into_iter().map(Result::unwrap).collect();
    let [webhook, custom, email, second, first, opsgenie, slack] = &messages[..] else { panic!("seven") };
    let sent = body(webhook, 0);
    assert_eq!((&sent["version"], &sent["truncatedAlerts"]), (&json!("4"), &json!(0)));
    assert_eq!(sent["alerts"].as_array().unwrap().len(), 2);
    assert_eq!(requests(custom)[0].url, "http://hook/");
    assert_eq!(body(custom, 0), json!({ "a": "firing", "n": 1, "firing": [1] }));
    let mail = mail(email);
    assert_eq!((mail.to.len(), mail.from.to_string().as_str()), (2, "\"Andon\" <andon@example.org>"));
    assert_eq!((mail.subject.as_str(), mail.text.as_deref()), ("[FIRING:2] Down (page)", Some("Down")));
    let root = mail.headers.iter().find(|(name, _)| name == "References").unwrap();
    assert!(root.1.ends_with("-1970-01-01@alertmanager>"), "{root:?}");
    let event = body(second, 0);
    assert_eq!(event["payload"]["custom_details"]["num_firing"], 2);
    assert_eq!(event["links"], json!([{ "href": "http://andon", "text": "t" }]));
    assert_eq!(body(first, 0)["service_key"], "secret");
    let created = body(opsgenie, 0);
    assert_eq!(
        created["responders"],
        json!([{ "name": "x", "type": "team" }, { "name": "y", "type": "team" }])
    );
    assert_eq!((created["tags"].clone(), requests(opsgenie).len()), (json!(["a", "b"]), 3));
    assert_eq!(requests(opsgenie)[0].headers[1], ("Authorization".into(), "GenieKey key".to_owned()));
    assert_eq!(
        body(slack, 0)["attachments"][0]["actions"],
        json!([{ "type": "button", "text": "go", "url": "http://x" }])
    );
    assert!(messages.iter().all(|message| message.flaws.is_empty()));

    let ended = compose_all(&file, &told("Down", true));
    assert_eq!(body(ended[3].as_ref().unwrap(), 0)["event_action"], "resolve");
    let close = &requests(ended[5].as_ref().unwrap())[0];
    assert!(close.url.ends_with("/close?identifierType=alias"), "{}", close.url);
}

#[test]
fn a_text_that_cannot_be_filled_in_is_said_in_other_words() {
    let text = ALL.replace("title: '{{ .CommonLabels.alertname }}'", "title: '{{ .Status.Foo }}'");
    let file = read(&text);
    let message = compose_all(&file, &told("Down", false)).pop().unwrap().unwrap();
    assert_eq!(message.flaws, ["the template of `title` cannot be filled in: string has no field Foo"]);
    assert_eq!(
        body(&message, 0)["attachments"][0]["title"],
        "firing\nfiring: alertname=Down, severity=page\nfiring: alertname=Down, severity=page\n\
         (the template of `title` cannot be filled in: string has no field Foo)"
    );
}

#[test]
fn without_an_address_or_a_key_nothing_can_be_sent() {
    let why = |from: &str, to: &str, at: usize| {
        assert!(ALL.contains(from), "{from}");
        compose_all(&read(&ALL.replace(from, to)), &told("Down", false)).swap_remove(at).unwrap_err().0
    };
    assert_eq!(why("url: 'http://hook/' ", "url: '{{ .CommonLabels.x }}' ", 0), "`url` is empty");
    assert_eq!(
        why("url: 'http://hook/' ", "url: '{{ .CommonLabels.alertname }}' ", 0),
        "its address is none: it begins with http:// or https://, and a host follows"
    );
    assert_eq!(
        why("url: 'http://hook/' ", "url: 'http://{{ .Status.Foo }}' ", 0),
        "the template of `url` cannot be filled in: string has no field Foo"
    );
    assert_eq!(
        why("keys/pd", "keys/none", 4),
        "cannot read the file of `service_key`, keys/none: no such file"
    );
    assert_eq!(
        why("to: 'a@x, b@x'", "to: '{{ .CommonLabels.alertname }}'", 2),
        "`to` is no list of mail addresses: `Down` is no address"
    );
}

#[test]
fn a_hostile_label_is_text_and_no_more() {
    let file = read(ALL);
    for name in [
        "\"},{\"x\":\"<script>\r\nBcc: evil@x\r\n\r\nbody\u{0}\u{7f}",
        "{{ .ExternalURL }}{{ template \"x\" }}",
        "a: b\n- c",
        &"\"<\r\n".repeat(1 << 18),
    ] {
        for ended in [false, true].into_iter().take(if name.len() > 1000 { 1 } else { 2 }) {
            let told = told(name, ended);
            let messages: Vec<Message> =
                compose_all(&file, &told).into_iter().map(|message| message.unwrap()).collect();
            for message in &messages {
                match &message.content {
                    Content::Requests(requests) => {
                        for request in requests {
                            serde_json::from_str::<Value>(&request.body).unwrap();
                            assert!(request.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
                            assert!(!request.url.contains(char::is_control));
                        }
                    }
                    Content::Mail(mail) => {
                        let texts = mail.headers.iter().map(|(_, value)| value).chain([&mail.subject]);
                        assert!(texts.into_iter().all(|text| !text.contains(char::is_control)));
                        assert!(!mail.html.as_ref().unwrap().contains("<script"));
                        assert_eq!(mail.to.len(), 2);
                    }
                }
            }
            assert_eq!(body(&messages[0], 0)["commonLabels"]["alertname"], name);
            // Nothing in a label is taken for a template, once or twice.
            let details = body(&messages[3], 0)["payload"]["custom_details"].to_string();
            assert!(!details.contains("http://andon\""), "{details}");
            assert!(requests(&messages[3])[0].body.len() < 512_000);
        }
    }
}

#[test]
fn nothing_breaks_composing() {
    let file = read(ALL);
    arbtest::arbtest(|u| {
        for message in compose_all(&file, &told(u.arbitrary()?, u.arbitrary()?)) {
            assert!(message.is_ok());
        }
        Ok(())
    })
    .budget_ms(1000);
}

#[test]
fn what_an_answer_means() {
    let file = read(ALL);
    let kinds: Vec<_> = file.receivers["a"].integrations.iter().map(|one| &one.kind).collect();
    let (webhook, pagerduty, first, slack) = (kinds[0], kinds[3], kinds[4], kinds[6]);
    let say = |kind, status, content_type, body: &str| {
        let answer = Answer {
            status,
            content_type,
            retry_after: None,
            body: body.as_bytes(),
            now: Timestamp::from_ms(0),
        };
        verdict(Provider::of(kind), answer)
    };
    let again = |why: &str| Verdict::Again { why: why.to_owned(), after: None };
    let delivered = |receipt: Option<&str>| Verdict::Delivered { receipt: receipt.map(str::to_owned) };
    let refused = |why: &str| Verdict::Refused { why: why.to_owned() };
    assert_eq!(say(webhook, 204, "", ""), delivered(None));
    assert_eq!(say(webhook, 302, "", ""), refused("302: name the address that it redirects to"));
    assert_eq!(say(webhook, 404, "", " gone "), refused("404: gone"));
    assert_eq!(say(webhook, 429, "", ""), again("429"));
    assert_eq!(say(webhook, 503, "", "later"), again("503: later"));
    let wrong = r#"{"status":"invalid","message":"Event object is invalid","errors":["a","b"]}"#;
    assert_eq!(say(pagerduty, 400, "", wrong), refused("400: Event object is invalid: a, b"));
    assert_eq!((say(pagerduty, 403, "", ""), say(first, 403, "", "")), (refused("403"), again("403")));
    assert_eq!(say(slack, 200, "text/html", "ok"), delivered(None));
    assert_eq!(say(slack, 200, "text/html", "no_text"), refused("Slack said: no_text"));
    assert_eq!(
        say(slack, 200, "application/json; charset=utf-8", r#"{"ok":true,"ts":"17.1"}"#),
        delivered(Some("ts 17.1"))
    );
    let taken = r#"{"status":"success","message":"Event processed","dedup_key":"a1"}"#;
    assert_eq!(say(pagerduty, 202, "application/json", taken), delivered(Some("dedup_key a1")));
    let json = |body| say(slack, 200, "application/json", body);
    assert_eq!(
        json(r#"{"ok":false,"error":"channel_not_found"}"#),
        refused("Slack refused it: channel_not_found")
    );
    assert_eq!(json(r#"{"ok":false,"error":"ratelimited"}"#), again("Slack refused it: ratelimited"));
    assert_eq!(json("<html>"), again("Slack's answer is no JSON: <html>"));
}

#[test]
fn a_provider_says_when_it_will_take_more() {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let after = |status, retry_after, body: &str| {
        let answer = Answer { status, content_type: "", retry_after, body: body.as_bytes(), now };
        match verdict(Provider::Telegram, answer) {
            Verdict::Again { after, .. } => after.map(|after| after.as_secs()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(after(429, Some("17"), ""), Some(17));
    assert_eq!(after(503, Some(" 17 "), ""), Some(17));
    assert_eq!(after(503, Some("Mon, 23 Nov 2026 12:00:30 GMT"), ""), Some(30));
    assert_eq!(after(503, Some("Mon, 23 Nov 2026 11:00:00 GMT"), ""), Some(0));
    assert_eq!(after(500, Some("17"), ""), None, "only what is too much, or away, says so");
    assert_eq!(after(429, Some("soon"), ""), None);
    assert_eq!(after(429, None, r#"{"ok":false,"parameters":{"retry_after":9}}"#), Some(9));
}
