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
        generator: "http://prometheus/graph".into(),
    };
    let received =
        Received { source: "test".into(), alerts: vec![alert], heard: Vec::new(), payload: None, by: None };
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

/// What comes from labels stands in headers: none of it begins a header of its own, ends the head, or a line of SMTP.
#[tokio::test]
async fn no_label_forges_a_header_or_a_command() {
    let evil = "a\\r\\nBcc: evil@example.org\\r\\n.\\r\\nRCPT TO:<evil@example.org>\\n\\n\\u2028Bcc: evil@example.org\\u0085Bcc: evil@example.org\\u0000\\u202e";
    let long = "{{ range 900 }}word {{ end }}{{ range 4000 }}x{{ end }}";
    let forged = format!("{{{{ \"{evil}\" }}}}");
    for (name, value) in [("x-own", forged.as_str()), ("Subject", &forged), ("Reply-To", &forged)]
        .into_iter()
        .chain([("x-own", long), ("Subject", long)])
    {
        let mut mailbox = mailbox("250 queued", false).await;
        let directory = tempfile::tempdir().unwrap();
        let headers = serde_json::json!({ name: value });
        let receivers = format!(
            "receivers: [ {{ name: all, email_configs: [ {{ to: 'ops@example.org', from: 'am@example.org', \
             smarthost: '{}', require_tls: false, headers: {headers} }} ] }} ]",
            mailbox.address
        );
        let outcome = send_within(directory.path(), &receivers, 5000).await.remove(0);
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{name}: {outcome:?}");
        let said = mailbox.mails.recv().await.unwrap();
        let recipients = said.lines().filter(|line| line.starts_with("RCPT")).count();
        assert_eq!(recipients, 1, "{said}");
        let head = said.split_once("DATA\n").unwrap().1.split_once("\n\n").unwrap().0;
        for line in head.split('\n') {
            let is_folded = line.starts_with([' ', '\t']);
            let field = line.split_once(':').map(|(field, _)| field.to_ascii_lowercase());
            let known = field.is_some_and(|field| {
                let ours = ["from", "to", "subject", "reply-to", "date", "message-id", "idempotency-key"];
                let more = ["x-own", "mime-version", "content-type", "content-transfer-encoding"];
                ours.contains(&&*field) || more.contains(&&*field)
            });
            assert!(is_folded || known, "{name}: {line:?} in\n{head}");
            assert!(line.len() <= 998 && line.is_ascii(), "{name}: {} bytes in {line:?}", line.len());
            assert!(!line.contains(char::is_control), "{name}: {line:?}");
        }
        assert!(!head.to_ascii_lowercase().contains("\nbcc:"), "{head}");
    }
    // Nor does it add a recipient, or name one that is none.
    for to in ["ops@example.org\\r\\nRCPT TO:<evil@example.org>", "ops@example.org>\\r\\nDATA"] {
        let mut mailbox = mailbox("250 queued", false).await;
        let receivers = format!(
            "receivers: [ {{ name: all, email_configs: [ {{ to: '{{{{ \"{to}\" }}}}', from: 'am@example.org', \
             smarthost: '{}', require_tls: false }} ] }} ]",
            mailbox.address
        );
        let outcome = send(Path::new("."), &receivers).await.remove(0);
        assert!(matches!(outcome, Outcome::NotDelivered { lasting: true, .. }), "{outcome:?}");
        assert!(mailbox.mails.try_recv().is_err());
    }
}

/// An address that a template writes from labels leads nowhere that the operator's own would not.
#[tokio::test]
async fn a_receiver_is_never_where_credentials_are_kept() {
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://[::ffff:169.254.169.254]/",
        "http://{{ \"169.254\" }}.169.254/",
    ] {
        let receivers = format!("receivers: [ {{ name: all, webhook_configs: [ {{ url: '{url}' }} ] }} ]");
        let outcome = send(Path::new("."), &receivers).await.remove(0);
        let Outcome::NotDelivered { error, lasting: true, .. } = outcome else { panic!("{outcome:?}") };
        assert!(error.contains("link-local"), "{url}: {error}");
    }
    for (status, words) in [(307, "link-local"), (302, "name the address that it redirects to")] {
        let trick = "http://169.254.169.254/latest/meta-data".to_owned();
        match post(Manner::Redirect(status, trick)).await.0 {
            Outcome::NotDelivered { error, .. } => assert!(error.contains(words), "{status}: {error}"),
            other => panic!("{other:?}"),
        }
    }
}
