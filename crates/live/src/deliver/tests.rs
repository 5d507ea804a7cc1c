//! Deliveries to receivers of every manner, a real mail server among them.

use andon_vocabulary::{NoticeKind, Timestamp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::loopback::{Manner, install_tls, server};

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

fn webhook_channel(url: &str) -> BTreeMap<String, Channel> {
    let channel = Channel::Webhook {
        url: url.into(),
        headers: BTreeMap::from([("authorization".to_owned(), "secret:file/token".into())]),
    };
    BTreeMap::from([("chat".to_owned(), channel)])
}

async fn post(manner: Manner) -> (Outcome, Option<String>) {
    let (address, mut asked) = server(manner).await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "Bearer abc\n").unwrap();
    let mut desk = Desk::new(dir.path().to_owned());
    desk.patience = Duration::from_millis(300);
    let channels = webhook_channel(&format!("http://{address}/hook"));
    let outcome = desk.deliver(&delivery("chat", None), &channels).await;
    (outcome, asked.try_recv().ok())
}

fn failure(outcome: Outcome) -> (String, bool) {
    match outcome {
        Outcome::NotDelivered { error, lasting } => (error, lasting),
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
}

#[tokio::test]
async fn a_missing_secret_or_channel_is_named_and_nothing_is_sent() {
    install_tls();
    let desk = Desk::new(PathBuf::from("/nonexistent"));
    let channels = webhook_channel("http://127.0.0.1:9/");
    let (error, lasting) = failure(desk.deliver(&delivery("chat", None), &channels).await);
    assert!(error.contains("secret:file/token: cannot read") && lasting, "{error}");
    let (error, _) = failure(desk.deliver(&delivery("sms", None), &channels).await);
    assert_eq!(error, "there is no channel sms any more");
}

#[tokio::test]
async fn the_page_hears_at_once() {
    let desk = Desk::new(PathBuf::new());
    let channels = BTreeMap::from([("web".to_owned(), Channel::Web {})]);
    let told = delivery("web", None);
    let receipt = |receipt: &str| Outcome::Delivered { receipt: receipt.to_owned() };
    assert_eq!(desk.deliver(&told, &channels).await, receipt("on the page"));
    let mut page = desk.page();
    assert_eq!(desk.deliver(&told, &channels).await, receipt("on the page, 1 open"));
    assert_eq!(page.recv().await.unwrap(), told);
}

#[tokio::test]
async fn a_mail_arrives_and_its_subject_forges_no_header() {
    let (outcome, mail) = mail("250 2.0.0 queued as 7F").await;
    let receipt = "250 2.0.0 queued as 7F".to_owned();
    assert_eq!(outcome, Outcome::Delivered { receipt });
    assert!(mail.contains("To: ana@example.org\n"), "{mail}");
    assert!(mail.contains("Idempotency-Key: INT-4\n"), "{mail}");
    assert!(mail.contains("db_pool_in_use is 100"), "{mail}");
    assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "a header was forged: {mail}");
}

#[tokio::test]
async fn a_mail_server_can_be_busy_or_refuse_for_good() {
    assert!(!failure(mail("451 4.3.0 try again later").await.0).1);
    assert!(failure(mail("550 5.1.1 no such user").await.0).1);
}

/// Sends one mail through a server that answers the message with `verdict`.
async fn mail(verdict: &'static str) -> (Outcome, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp = Smtp {
        server: listener.local_addr().unwrap().to_string(),
        from: "andon@example.org".to_owned(),
        tls: SmtpTls::None,
        username: None,
        password: None,
    };
    let served = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        receive_mail(connection, verdict).await.unwrap()
    });
    let channels = BTreeMap::from([("mail".to_owned(), Channel::Smtp(smtp))]);
    let desk = Desk::new(PathBuf::new());
    let outcome = desk.deliver(&delivery("mail", Some("ana@example.org")), &channels).await;
    (outcome, served.await.unwrap())
}

/// The part of RFC 5321 that one message needs.
async fn receive_mail(mut connection: TcpStream, verdict: &str) -> std::io::Result<String> {
    let (read, mut write) = connection.split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = String::new();
    write.write_all(b"220 mail.example.org\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split([' ', ':']).next().unwrap_or("") {
            "EHLO" => "250-mail.example.org\r\n250 8BITMIME".to_owned(),
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                verdict.to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 ok".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(mail)
}
