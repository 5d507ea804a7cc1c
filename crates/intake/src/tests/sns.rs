//! Envelopes of SNS: what is signed, by whom, and where their addresses may lead.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::sns::{Envelope, Kind};

/// A key that signs for nothing but these tests.
const KEY: &str = include_str!("topic-key.pem");

/// What `openssl dgst -sha1 -sign` makes of the envelope below with that key: ring signs nothing with SHA-1.
const SHA1: &str = "YtQN0Go2yGZ8yC54ux/DzDy9EBOAJ/dND0DtXnWoDgnYwbkcJ7BT6yQzurVOXGa5HB1fycGUOcLIaL/QDbdf6mAxGd6oCdvs035gd3feoLC35O+LpCEsurGwFQ7YGSgvVToFBdXe+WE/BAMWo9H/MLOVeE6F/nQkjoFQYWbPvGGoNn/IhlLVKbw/AJ/gSsmx1hJXqFIun5VeJ1gMieKSNV/VAWvIAPDMa+txSgEHfNii+nqHcq8IPeC7e8r2vCdgg/YjQzi+H8/Z8qU0I+pkyWZwDuFOEF+vkXeTp5Zh5s5pyZc2y9hcHrGnOroSktfIzFt0PXcbjRxnhLtHBSk0CQ==";

const CERTIFICATE_URL: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d0.pem";

fn key() -> KeyPair {
    KeyPair::from_pem_and_sign_algo(KEY, &rcgen::PKCS_RSA_SHA256).expect("a key")
}

fn certificate() -> String {
    let params = CertificateParams::new(["sns.amazonaws.com".to_owned()]).expect("parameters");
    params.self_signed(&key()).expect("a certificate").pem()
}

fn sign(text: &str) -> String {
    let key = RsaKeyPair::from_pkcs8(&key().serialize_der()).expect("an RSA key");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("it signs");
    BASE64_STANDARD.encode(signature)
}

fn notification() -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "8b1e-1",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Message": "hello",
        "Timestamp": "2026-11-23T09:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": SHA1,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=x",
    })
}

fn subscription() -> Value {
    json!({
        "Type": "SubscriptionConfirmation",
        "MessageId": "8b1e-2",
        "Token": "2336412f37",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Message": "You have chosen to subscribe to the topic",
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=2336412f37",
        "Timestamp": "2026-11-23T09:00:00.000Z",
        "SignatureVersion": "2",
        "Signature": "",
        "SigningCertURL": CERTIFICATE_URL,
    })
}

fn with(mut envelope: Value, field: &str, value: &str) -> Value {
    envelope[field] = value.into();
    envelope
}

fn read(envelope: &Value) -> Result<Envelope, String> {
    Envelope::read(envelope.to_string().as_bytes()).map_err(|refused| refused.to_string())
}

fn verified(envelope: &Value) -> Result<(), String> {
    read(envelope)?.verify(certificate().as_bytes()).map_err(|unproven| unproven.to_string())
}

#[test]
fn version_1_is_sha1() {
    assert_eq!(verified(&notification()), Ok(()));
    for (field, value) in
        [("Message", "hullo"), ("MessageId", "9"), ("Subject", "added"), ("SignatureVersion", "2")]
    {
        let changed = verified(&with(notification(), field, value));
        assert_eq!(changed, Err("the signature is not the certificate's".to_owned()), "{field}");
    }
}

#[test]
fn version_2_is_sha256() {
    let text = "Message\nhello\nMessageId\n8b1e-1\nSubject\nALARM\nTimestamp\n2026-11-23T09:00:00.000Z\nTopicArn\n\
                arn:aws:sns:eu-west-1:123456789012:alarms\nType\nNotification\n";
    let envelope = with(with(notification(), "SignatureVersion", "2"), "Subject", "ALARM");
    let envelope = with(envelope, "Signature", &sign(text));
    assert_eq!(verified(&envelope), Ok(()));
    assert!(verified(&with(envelope, "SignatureVersion", "1")).is_err());
}

#[test]
fn a_subscription_is_signed_with_its_address() {
    let url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=2336412f37";
    let text = format!(
        "Message\nYou have chosen to subscribe to the topic\nMessageId\n8b1e-2\nSubscribeURL\n{url}\nTimestamp\n\
         2026-11-23T09:00:00.000Z\nToken\n2336412f37\nTopicArn\narn:aws:sns:eu-west-1:123456789012:alarms\nType\n\
         SubscriptionConfirmation\n"
    );
    let envelope = with(subscription(), "Signature", &sign(&text));
    assert_eq!(verified(&envelope), Ok(()));
    assert_eq!(read(&envelope).map(|read| read.kind), Ok(Kind::Subscription { url: url.to_owned() }));
    assert!(verified(&with(envelope, "Token", "another")).is_err());
}

#[test]
fn no_other_address_is_ever_asked() {
    for host in [
        "http://sns.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com.evil.example",
        "https://sns.eu-west-1.amazonaws.com@evil.example",
        "https://user@sns.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com:8443",
        "https://evil.example/sns.eu-west-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws.com",
        "https://s3.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com\\@evil.example",
        "https://SNS.eu-west-1.amazonaws.com",
        "https://127.0.0.1",
        "",
    ] {
        let certificate = format!("{host}/a.pem");
        assert!(read(&with(notification(), "SigningCertURL", &certificate)).is_err(), "{certificate}");
        let subscribe = format!("{host}/?Action=ConfirmSubscription&Token=x");
        assert!(read(&with(subscription(), "SubscribeURL", &subscribe)).is_err(), "{subscribe}");
    }
    for path in
        ["", "/a.txt", "/a.pem?x=.pem", "/a#.pem", "/../a.pem", "/%2e%2e/a.pem", "/a\n.pem", "/\\a.pem"]
    {
        let url = format!("https://sns.eu-west-1.amazonaws.com{path}");
        assert!(read(&with(notification(), "SigningCertURL", &url)).is_err(), "{url}");
    }
    let other = "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn=x";
    assert!(read(&with(subscription(), "SubscribeURL", other)).is_err());
    for topic in
        ["arn:aws:sqs:eu-west-1:1:x", "arn:aws:sns:eu-west-1.evil.example/:1:x", "arn:aws:sns::1:x", "x"]
    {
        assert!(read(&with(notification(), "TopicArn", topic)).is_err(), "{topic}");
    }
    let china = with(notification(), "TopicArn", "arn:aws-cn:sns:cn-north-1:1:x");
    let url = "https://sns.cn-north-1.amazonaws.com.cn/a.pem";
    assert!(read(&with(china, "SigningCertURL", url)).is_ok());
}

#[test]
fn what_is_no_envelope() {
    for field in ["Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SignatureVersion"] {
        let mut envelope = notification();
        envelope.as_object_mut().expect("an object").remove(field);
        assert!(read(&envelope).is_err(), "{field}");
    }
    let strange = with(notification(), "Type", "Other");
    assert_eq!(read(&strange), Err("Type is \"Other\", which SNS does not send".to_owned()));
    let envelope = read(&notification()).expect("an envelope");
    for certificate in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", KEY]
    {
        assert!(envelope.verify(certificate.as_bytes()).is_err());
    }
    assert!(verified(&with(notification(), "Signature", "%")).is_err());
}
