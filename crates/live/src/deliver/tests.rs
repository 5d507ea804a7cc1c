//! Deliveries to receivers of every manner, a real mail server among them.

use andon_vocabulary::NoticeKind;
use serde_json::{Value, json};

use super::*;
use crate::loopback::{Manner, install_tls, mailbox, server};

fn delivery(channel: &str, to: Option<&str>) -> Delivery {
    Delivery {
        key: "INT-4".to_owned(),
        kind: NoticeKind::Page,
        person: "ana".into(),
        channel: channel.into(),
        to: to.map(str::to_owned),
        incident: None,
        run: None,
        subject: "checkout: pool exhausted\r\nBcc: everybody@example.org".to_owned(),
        body: "db_pool_in_use is 100".to_owned(),
        at: Timestamp::from_ms(0),
    }
}

/// An instance with the one channel `chat`.
fn instance(channel: Value) -> Instance {
    let channel = serde_json::from_value(channel).unwrap();
    Instance { channels: [("chat".to_owned(), channel)].into(), ..Instance::default() }
}

fn webhook(url: &str) -> Value {
    json!({ "webhook": { "url": url, "headers": { "authorization": "secret:file/token" } } })
}

fn owing(delivery: Delivery) -> Owing {
    Owing {
        intent: IntentId(4),
        attempt: 1,
        restarted: false,
        delivery,
        preview: None,
        can_answer: true,
        url: "https://andon.example.org".to_owned(),
        now: Timestamp::from_ms(0),
    }
}

fn desk(patience_ms: u64) -> (Desk, tempfile::TempDir) {
    install_tls();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "Bearer abc\n").unwrap();
    let mut desk = Desk::new(dir.path().to_owned());
    desk.patience = Duration::from_millis(patience_ms);
    (desk, dir)
}

/// What comes of a page through a channel that is asked at a server of this manner, and what the server was asked.
async fn told(manner: Manner, channel: impl Fn(&str) -> Value) -> (Outcome, Option<String>) {
    let (address, mut asked) = server(manner).await;
    let (desk, _dir) = desk(300);
    let instance = instance(channel(&format!("http://{address}")));
    let outcome = desk.deliver(&owing(delivery("chat", Some("secret:file/token"))), &instance).await;
    (outcome, asked.try_recv().ok())
}

async fn post(manner: Manner) -> (Outcome, Option<String>) {
    let (address, mut asked) = server(manner).await;
    let (desk, _dir) = desk(300);
    let instance = instance(webhook(&format!("http://{address}/hook")));
    let outcome = desk.deliver(&owing(delivery("chat", None)), &instance).await;
    (outcome, asked.try_recv().ok())
}

fn failure(outcome: Outcome) -> (String, bool) {
    match outcome {
        Outcome::NotDelivered { error, lasting, .. } => (error, lasting),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_webhook_gets_the_delivery_its_key_and_its_secrets() {
    let (outcome, asked) = post(Manner::Say(202, "text/plain", String::new())).await;
    let receipt = "202 Accepted".to_owned();
    assert_eq!(outcome, Outcome::Delivered { receipt });
    let asked = asked.unwrap();
    assert!(asked.starts_with("POST /hook "), "{asked}");
    assert!(asked.contains("idempotency-key: INT-4"), "{asked}");
    assert!(asked.contains("authorization: Bearer abc"), "{asked}");
    let body = asked.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(serde_json::from_str::<Delivery>(body).unwrap(), delivery("chat", None));
}

#[tokio::test]
async fn what_cannot_help_to_repeat_is_lasting() {
    for (status, lasting) in
        [(400, true), (404, true), (301, true), (408, false), (429, false), (500, false), (503, false)]
    {
        let (outcome, _) = post(Manner::Say(status, "text/plain", String::new())).await;
        assert_eq!(failure(outcome).1, lasting, "{status}");
    }
    let (error, lasting) = failure(post(Manner::Hang).await.0);
    assert_eq!((error.as_str(), lasting), ("no answer in time", false));
    let (error, lasting) = failure(post(Manner::Reset).await.0);
    assert!(error.contains("the request failed") && !lasting, "{error}");
}

#[tokio::test]
async fn a_busy_provider_says_when_it_is_worth_another_try() {
    for (status, after, seconds) in [(429, "17", Some(17)), (503, "0", Some(1)), (500, "17", None)] {
        let (outcome, _) = post(Manner::Busy(status, after)).await;
        let Outcome::NotDelivered { lasting: false, retry_after_s, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(retry_after_s, seconds, "{status}");
    }
}

#[tokio::test]
async fn a_success_that_says_otherwise_is_none() {
    let slack = |url: &str| json!({ "slack": { "token": "secret:file/token", "api_url": url } });
    let say = |body: &str| Manner::Say(200, "application/json; charset=utf-8", body.to_owned());
    let (outcome, asked) = told(say(r#"{"ok":true,"ts":"1700000000.1"}"#), slack).await;
    assert_eq!(outcome, Outcome::Delivered { receipt: "200 OK, ts 1700000000.1".to_owned() });
    let asked = asked.unwrap();
    assert!(
        asked.starts_with("POST /chat.postMessage ") && asked.contains("authorization: Bearer Bearer abc")
    );
    let (error, lasting) = failure(told(say(r#"{"ok":false,"error":"channel_not_found"}"#), slack).await.0);
    assert!(error.contains("channel_not_found") && lasting, "{error}");
    assert!(!failure(told(say(r#"{"ok":false,"error":"ratelimited"}"#), slack).await.0).1);
}

#[tokio::test]
async fn each_provider_gives_its_receipt() {
    let twilio =
        |url: &str| json!({ "sms": { "account": "AC1", "token": "t", "from": "+15550100", "url": url } });
    let taken = r#"{"sid":"SM12","status":"queued"}"#.to_owned();
    let (outcome, asked) = told(Manner::Say(201, "application/json", taken), twilio).await;
    assert_eq!(outcome, Outcome::Delivered { receipt: "201 Created, SM12 queued".to_owned() });
    assert!(asked.unwrap().starts_with("POST /2010-04-01/Accounts/AC1/Messages.json "));
    let wrong = r#"{"code":21211,"message":"Invalid 'To' Phone Number"}"#.to_owned();
    let (error, lasting) = failure(told(Manner::Say(400, "application/json", wrong), twilio).await.0);
    assert!(error.contains("Invalid 'To' Phone Number") && lasting, "{error}");

    let telegram = |url: &str| json!({ "telegram": { "token": "1:a", "api_url": url } });
    let taken = r#"{"ok":true,"result":{"message_id":5}}"#.to_owned();
    let (outcome, _) = told(Manner::Say(200, "application/json", taken), telegram).await;
    assert_eq!(outcome, Outcome::Delivered { receipt: "200 OK, message 5".to_owned() });

    let pagerduty = |url: &str| json!({ "pagerduty": { "routing_key": "k", "url": url } });
    let taken = r#"{"status":"success","dedup_key":"andon/INT-4"}"#.to_owned();
    let (outcome, _) = told(Manner::Say(202, "application/json", taken), pagerduty).await;
    assert_eq!(outcome, Outcome::Delivered { receipt: "202 Accepted, dedup_key andon/INT-4".to_owned() });
}

#[tokio::test]
async fn a_missing_secret_or_channel_is_named_and_nothing_is_sent() {
    install_tls();
    let desk = Desk::new(PathBuf::from("/nonexistent"));
    let instance = instance(webhook("http://127.0.0.1:9/"));
    let (error, lasting) = failure(desk.deliver(&owing(delivery("chat", None)), &instance).await);
    assert!(error.contains("secret:file/token: cannot read") && lasting, "{error}");
    let (error, _) = failure(desk.deliver(&owing(delivery("sms", None)), &instance).await);
    assert_eq!(error, "there is no channel sms any more");
}

#[tokio::test]
async fn the_page_hears_at_once() {
    let desk = Desk::new(PathBuf::new());
    let instance = Instance::default();
    let told = owing(delivery("web", None));
    let receipt = |text: &str| Outcome::Delivered { receipt: text.to_owned() };
    assert_eq!(desk.deliver(&told, &instance).await, receipt("on the page"));
    let mut page = desk.page();
    assert_eq!(desk.deliver(&told, &instance).await, receipt("on the page, 1 open"));
    assert_eq!(page.recv().await.unwrap(), told.delivery);
}

/// Sends one mail through a server that answers the message with `verdict`.
async fn mail(verdict: &'static str, protected: bool, settings: Value) -> (Outcome, String) {
    let mut mailbox = mailbox(verdict, protected).await;
    let (desk, dir) = desk(5000);
    std::fs::write(dir.path().join("ca.pem"), &mailbox.ca).unwrap();
    let mut smtp = json!({ "server": mailbox.address, "from": "andon@example.org" });
    smtp.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let instance = instance(json!({ "smtp": smtp }));
    let outcome = desk.deliver(&owing(delivery("chat", Some("ana@example.org"))), &instance).await;
    (outcome, mailbox.mails.recv().await.unwrap())
}

#[tokio::test]
async fn a_mail_arrives_and_its_subject_forges_no_header() {
    let (outcome, mail) = mail("250 2.0.0 queued as 7F", false, json!({ "tls": "none" })).await;
    let receipt = "250 2.0.0 queued as 7F".to_owned();
    assert_eq!(outcome, Outcome::Delivered { receipt });
    assert!(mail.contains("To: ana@example.org\n"), "{mail}");
    assert!(mail.contains("Idempotency-Key: INT-4\n"), "{mail}");
    assert!(mail.contains("db_pool_in_use is 100"), "{mail}");
    assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "a header was forged: {mail}");
}

#[tokio::test]
async fn a_mail_server_can_be_busy_or_refuse_for_good() {
    let none = || json!({ "tls": "none" });
    assert!(!failure(mail("451 4.3.0 try again later", false, none()).await.0).1);
    assert!(failure(mail("550 5.1.1 no such user", false, none()).await.0).1);
}

#[tokio::test]
async fn a_password_is_told_only_to_a_server_that_has_proven_itself() {
    let login = json!({ "ca": "ca.pem", "username": "andon", "password": "secret:file/token" });
    let (outcome, said) = mail("250 queued", true, login).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    let (before, after) = said.split_once("(protected)").unwrap();
    assert!(!before.contains("AUTH") && !before.contains("MAIL"), "{said}");
    assert!(after.contains("AUTH PLAIN") && after.contains("db_pool_in_use"), "{said}");
    // Whose certificate nobody vouches for, or who offers no protection, hears nothing.
    for (protected, settings) in [(true, json!({})), (false, json!({ "ca": "ca.pem" }))] {
        let (outcome, said) = mail("250 queued", protected, settings).await;
        failure(outcome);
        assert!(!said.contains("MAIL"), "{said}");
    }
}

#[tokio::test]
async fn nobody_is_told_where_credentials_are_kept() {
    let (desk, _dir) = desk(300);
    for url in ["http://169.254.169.254/", "https://2852039166/", "http://[::ffff:169.254.169.254]/"] {
        let outcome = desk.deliver(&owing(delivery("chat", None)), &instance(webhook(url))).await;
        let (error, lasting) = failure(outcome);
        assert!(lasting && error.contains("link-local"), "{url}: {error}");
    }
    for url in ["https://169.254.169.254/cert.pem", "http://sns.eu-west-1.amazonaws.com/x.pem"] {
        assert!(desk.fetch(url).await.is_err(), "{url}");
        assert!(desk.post(url, "{}".to_owned()).await.is_err(), "{url}");
    }
}
