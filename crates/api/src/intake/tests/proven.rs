//! Who may send, and how often.

use andon_vocabulary::{Via, Who};

use super::*;
use crate::port::History;

const BEARER: [(&str, &str); 1] = [("authorization", "Bearer am-token")];

#[tokio::test]
async fn a_token_opens_only_its_own_door() {
    let site = Site::new();
    let firing = group("firing");
    assert_eq!(site.post("/api/v1/in/nowhere", &BEARER, &firing).await.status, StatusCode::NOT_FOUND);
    for headers in [&[][..], &[("authorization", "Bearer am-toke")], &[("authorization", "Bearer genie-key")]]
    {
        let answer = site.post("/api/v1/in/am", headers, &firing).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers["www-authenticate"], "Basic realm=\"andon\"");
    }
    assert_eq!(site.post("/api/v1/in/am?token=wrong", &[], &firing).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.firing(), [""; 0]);
    // `https://any:am-token@…`
    let basic = [("authorization", "Basic YW55OmFtLXRva2Vu")];
    for (path, headers) in [
        ("/api/v1/in/am", &BEARER[..]),
        ("/api/v1/in/am", &basic),
        ("/api/v1/in/am", &[("x-api-key", "am-token")]),
        ("/api/v1/in/am?token=am-token", &[]),
    ] {
        assert_eq!(site.post(path, headers, &firing).await.status, StatusCode::OK, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_opens_nothing_and_is_not_told() {
    let site = Site::new();
    let answer = site.post("/api/v1/in/broken?token=x", &[], "{}").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.body.to_string().contains("NOWHERE"), "{}", answer.body);
}

/// Of `TIME:{"builds":[{"id":1,"ok":false}]}` under `farm-key`.
const BUILDS: &str = r#"{"builds":[{"id":1,"ok":false}]}"#;
const TIME: &str = "1795424400";
const SIGNATURE: &str = "4a56a2d93d2ba0e40898ab86e163391fa955214ad81afc86466ca3a477fb5626";

#[tokio::test]
async fn what_is_signed_with_its_time_cannot_be_said_again_later() {
    let site = Site::new();
    let send = |time: &'static str, signature: &'static str, body: &'static str| {
        let site = &site;
        async move {
            site.post("/api/v1/in/farm", &[("x-time", time), ("x-signature", signature)], body).await.status
        }
    };
    assert_eq!(send(TIME, SIGNATURE, BUILDS).await, StatusCode::OK);
    assert_eq!(site.firing(), ["BuildFailed warning \"-\""]);
    assert_eq!(send(TIME, SIGNATURE, r#"{"builds":[{"id":1,"ok":true}]}"#).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send("1795424401", SIGNATURE, BUILDS).await, StatusCode::UNAUTHORIZED);
    let unsigned = site.post("/api/v1/in/farm", &[("x-signature", SIGNATURE)], BUILDS).await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    site.wait(Duration::from_secs(301));
    assert_eq!(send(TIME, SIGNATURE, BUILDS).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again() {
    let site = Site::new();
    let headers = [("x-time", TIME), ("x-signature", SIGNATURE)];
    for _ in 0..3 {
        assert_eq!(site.post("/api/v1/in/farm", &headers, BUILDS).await.status, StatusCode::OK);
    }
    let answer = site.post("/api/v1/in/farm", &headers, BUILDS).await;
    assert_eq!(
        (answer.status, &answer.headers["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"20".parse().unwrap())
    );
    // Who may not send uses up nothing.
    site.wait(Duration::from_secs(20));
    for _ in 0..5 {
        site.post("/api/v1/in/farm", &[], BUILDS).await;
    }
    assert_eq!(site.post("/api/v1/in/farm", &headers, BUILDS).await.status, StatusCode::OK);
}

#[tokio::test]
async fn too_large_a_payload_is_refused_as_that() {
    let site = Site::new();
    let large = " ".repeat(andon_intake::limits::BODY_BYTES_MAX + 1);
    let answer = site.post("/api/v1/in/am", &BEARER, &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

const ALARM: &str = include_str!("sns-alarm.json");
const OK: &str = include_str!("sns-ok.json");
const SUBSCRIPTION: &str = include_str!("sns-subscription.json");
const CERTIFICATE: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d0.pem";

#[tokio::test]
async fn a_topic_subscribes_and_its_alarm_fires_and_ends() {
    let site = Site::new();
    site.still.put_there(CERTIFICATE, include_bytes!("topic.pem"));
    let answer = site.post("/api/v1/in/aws", &[], SUBSCRIPTION).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "what is not confirmed is tried again");
    let asked = site.still.fetched();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[1].starts_with("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&"),
        "{asked:?}"
    );
    site.still.put_there(&asked[1], b"<ConfirmSubscriptionResponse/>");
    assert_eq!(site.post("/api/v1/in/aws", &[], SUBSCRIPTION).await.status, StatusCode::OK);

    assert_eq!(site.post("/api/v1/in/aws", &[], ALARM).await.status, StatusCode::OK);
    assert_eq!(site.firing(), ["orders 5xx - \"-\""]);
    assert_eq!(site.post("/api/v1/in/aws", &[], OK).await.body["ended"], 1);
    assert_eq!(site.firing(), [""; 0]);
    let certificates = site.still.fetched().iter().filter(|url| *url == CERTIFICATE).count();
    assert_eq!(certificates, 1, "a certificate that has proven itself is kept");
}

#[tokio::test]
async fn nothing_is_fetched_for_a_stranger() {
    let site = Site::new();
    let strange = [
        ALARM.replace("123456789012:alarms", "666666666666:alarms"),
        ALARM.replace("https://sns.eu-west-1.amazonaws.com/Simple", "https://evil.example/Simple"),
        SUBSCRIPTION.replace("https://sns.eu-west-1.amazonaws.com/?", "http://169.254.169.254/?"),
        ALARM.replace("2026-11-23T08:58:01.000Z", "2026-11-23T07:58:01.000Z"),
    ];
    for envelope in &strange {
        assert!(site.post("/api/v1/in/aws", &[], envelope).await.status.is_client_error());
    }
    assert_eq!(site.still.fetched(), [""; 0]);
    // Well addressed and badly signed: the certificate alone is fetched.
    site.still.put_there(CERTIFICATE, include_bytes!("topic.pem"));
    let forged = [ALARM.replace("too many errors", "x"), SUBSCRIPTION.replace("2336412f37", "0")];
    for envelope in &forged {
        assert_eq!(site.post("/api/v1/in/aws", &[], envelope).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(site.still.fetched(), [CERTIFICATE, CERTIFICATE]);
    assert_eq!(site.firing(), [""; 0]);
}

/// Each input that somebody sent, and who the journal says it was.
fn senders(site: &Site) -> Vec<Option<Who>> {
    let records = site.still.read(1, 1000).expect("the journal");
    let sender = |input| match input {
        Input::Received(received) => Some(received.by),
        Input::Incumbent(said) => Some(said.by),
        Input::Told(told) => Some(Some(told.who)),
        _ => None,
    };
    records.into_iter().filter_map(|(_, record)| sender(record.input)).collect()
}

#[tokio::test]
async fn where_people_say_who_they_are_the_journal_names_the_source_and_its_address() {
    let here = |person: &str| Some(Who { from: Some("127.0.0.1".to_owned()), ..Who::new(person, Via::Api) });
    let asking = Site::asking();
    for site in [&asking, &Site::new()] {
        assert_eq!(site.post("/api/v1/in/am", &BEARER, &group("firing")).await.status, StatusCode::OK);
        for action in ["trigger", "acknowledge"] {
            let answer = site.post("/v2/enqueue", &[], &event(action, "the disk is full", "critical")).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
        let deed = json!({ "version": "4", "receiver": "ops", "groupKey": "g", "status": "firing", "alerts": [{
            "status": "firing", "labels": { "alertname": "Down" }, "startsAt": "2026-11-23T08:59:00Z" }] });
        let bearer = [("authorization", "Bearer old-token")];
        let answer = site.post("/api/v1/in/old-am", &bearer, &deed.to_string()).await;
        assert_eq!((answer.status, &answer.body["compared"]), (StatusCode::OK, &json!(1)), "{}", answer.body);
    }
    assert_eq!(senders(&asking), [here("am"), here("pager"), here("ana"), here("old-am")]);
}
