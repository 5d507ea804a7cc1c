//! Notifications to receivers of every manner.

use andon_vocabulary::{CatalogTexts, Input, Labels, Owed, Received, ReceivedAlert};
use serde_json::Value;

use super::*;
use crate::loopback::{Manner, install_tls, mailbox, server};

/// A state that owes what one alert brings.
fn owing(receivers: &str) -> (State, Vec<Owed>) {
    let mut state = State::default();
    let now = Timestamp::from_ms(1_764_201_600_000);
    let text = format!("route: {{ receiver: all, group_by: [alertname], group_wait: 0s }}\n{receivers}");
    let files = [("am/alertmanager.yml".to_owned(), text)].into();
    let _ = andon_cycle::turn(&mut state, Input::Catalog(CatalogTexts { hash: "1".to_owned(), files }), now);
    assert!(state.catalog().alertmanager.is_some());
    let alert = ReceivedAlert {
        labels: Labels::new([("alertname", "Slow"), ("instance", "a")]),
        annotations: Labels::new([("summary", "it is slow")]),
        starts_at: now,
        ends_at: now + Duration::from_secs(600),
        open_ended: true,
        generator: "http://prometheus/graph".to_owned(),
    };
    let received = Received { source: "test".into(), alerts: vec![alert], heard: Vec::new(), payload: None };
    let _ = andon_cycle::turn(&mut state, Input::Received(received), now);
    let _ = andon_cycle::turn(&mut state, Input::Tick, now);
    let owed = state.owed(now);
    (state, owed)
}

async fn send(directory: &Path, receivers: &str) -> Vec<Outcome> {
    send_within(directory, receivers, 300).await
}

async fn send_within(directory: &Path, receivers: &str, patience_ms: u64) -> Vec<Outcome> {
    install_tls();
    let (state, owed) = owing(receivers);
    assert!(!owed.is_empty(), "nothing is owed");
    let mut notifier = Notifier::new(directory.to_owned());
    notifier.patience = Duration::from_millis(patience_ms);
    let mut outcomes = Vec::new();
    for Owed { intent, effect, .. } in owed {
        let andon_vocabulary::Effect::Notify(notify) = effect else { panic!("{effect:?}") };
        outcomes.push(notifier.notify(&state, intent, &notify, state.at).await);
    }
    outcomes
}

async fn post(manner: Manner) -> (Outcome, Option<String>) {
    let (address, mut asked) = server(manner).await;
    let directory = tempfile::tempdir().unwrap();
    let receivers =
        format!("receivers: [ {{ name: all, webhook_configs: [ {{ url: 'http://{address}/hook' }} ] }} ]");
    let outcome = send(directory.path(), &receivers).await.remove(0);
    (outcome, asked.try_recv().ok())
}

#[tokio::test]
async fn a_webhook_gets_the_group_as_alertmanager_writes_it() {
    let (outcome, asked) = post(Manner::Say(200, "text/plain", String::new())).await;
    assert_eq!(outcome, Outcome::Delivered { receipt: "200 OK".to_owned() });
    let asked = asked.unwrap();
    assert!(asked.starts_with("POST /hook "), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("idempotency-key: "), "{asked}");
    let body: Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["version"], "4");
    assert_eq!(body["groupKey"], r#"{}:{alertname="Slow"}"#);
    assert_eq!(body["status"], "firing");
    assert_eq!(body["groupLabels"]["alertname"], "Slow");
    assert_eq!(body["alerts"][0]["labels"]["instance"], "a");
    assert_eq!(body["alerts"][0]["annotations"]["summary"], "it is slow");
    assert_eq!(body["alerts"][0]["generatorURL"], "http://prometheus/graph");
}

#[tokio::test]
async fn nothing_is_called_sent_that_nobody_took() {
    for (manner, lasting) in [
        (Manner::Say(500, "text/plain", String::new()), false),
        (Manner::Say(429, "text/plain", String::new()), false),
        (Manner::Say(404, "text/plain", String::new()), true),
        (Manner::Hang, false),
        (Manner::Reset, false),
    ] {
        match post(manner.clone()).await.0 {
            Outcome::NotDelivered { lasting: said, .. } => assert_eq!(said, lasting, "{manner:?}"),
            other => panic!("{manner:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_address_stands_in_a_file_beside_the_definitions_and_is_never_told() {
    let (address, mut asked) = server(Manner::Say(200, "text/plain", String::new())).await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("am")).unwrap();
    std::fs::write(directory.path().join("am/hook"), format!("http://{address}/s3cret\n")).unwrap();
    let receivers =
        "receivers: [ { name: all, webhook_configs: [ { url_file: hook }, { url_file: nowhere } ] } ]";
    let outcomes = send(directory.path(), receivers).await;
    assert!(matches!(outcomes[0], Outcome::Delivered { .. }), "{outcomes:?}");
    assert!(asked.try_recv().unwrap().starts_with("POST /s3cret "));
    assert!(matches!(&outcomes[1], Outcome::NotDelivered { error, .. } if error.contains("nowhere")));
    assert!(!format!("{outcomes:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_mail_of_a_group_arrives_by_starttls_and_is_repeated_where_the_server_is_busy() {
    for (verdict, lasting) in
        [("250 queued as 7F", None), ("451 later", Some(false)), ("554 never", Some(true))]
    {
        let mut mailbox = mailbox(verdict, true).await;
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("am")).unwrap();
        std::fs::write(directory.path().join("am/ca.pem"), &mailbox.ca).unwrap();
        let receivers = format!(
            "receivers: [ {{ name: all, email_configs: [ {{ to: 'ops@example.org', from: 'am@example.org', \
             smarthost: '{}', auth_username: am, auth_password: pw, tls_config: {{ ca_file: ca.pem }} }} ] }} ]",
            mailbox.address
        );
        match (send_within(directory.path(), &receivers, 5000).await.remove(0), lasting) {
            (Outcome::Delivered { receipt }, None) => assert_eq!(receipt, "250 queued as 7F"),
            (Outcome::NotDelivered { lasting, .. }, Some(expected)) => assert_eq!(lasting, expected),
            other => panic!("{other:?}"),
        }
        let said = mailbox.mails.recv().await.unwrap();
        let (before, after) = said.split_once("(protected)").unwrap();
        assert!(!before.contains("AUTH") && after.contains("AUTH PLAIN"), "{said}");
        assert!(after.contains("RCPT TO:<ops@example.org>") && after.contains("Slow"), "{said}");
    }
}
