//! Who may answer, and who may not: wrong, old and changed signatures among them.

use std::time::Duration;

use andon_vocabulary::{IncidentId, IntentId, RunId, Timestamp};

use super::*;
use crate::proof::sign;

const SECRET: &[u8] = b"8f742231b10e8888abcd99yyyzzz85a5";

fn now() -> Timestamp {
    Timestamp::from_ms(1_531_420_618_000)
}

#[test]
fn a_deed_reads_as_it_was_written() {
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for deed in
        [Deed::Acknowledge(IncidentId(7)), Deed::approve(RunId(3), hash), Deed::reject(RunId(u64::MAX), hash)]
    {
        assert_eq!(deed.to_string().parse(), Ok(deed.clone()));
        assert!(deed.to_string().len() <= 64, "Telegram takes no more");
    }
    for wrong in ["", "ack", "ack INC-x", "yes RUN-3", "yes RUN-3 9f86", "no RUN-3 9f86 extra", "drop INC-1"]
    {
        assert!(wrong.parse::<Deed>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_link_is_for_one_deed_one_person_and_one_night() {
    let pass = link::Pass {
        deed: Deed::Acknowledge(IncidentId(7)),
        person: "ana".into(),
        notice: IntentId(4),
        until: now() + link::HOLDS_FOR,
    };
    let sealed = pass.seal(SECRET);
    assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{sealed}");
    assert_eq!(link::Pass::open(SECRET, &sealed, now()), Ok(pass.clone()));
    let open = |secret: &[u8], link: &str, now| link::Pass::open(secret, link, now).is_ok();
    assert!(!open(SECRET, &sealed, pass.until), "it has passed");
    assert!(!open(b"another", &sealed, now()));
    assert!(!open(b"", &sealed, now()), "an empty secret is none");
    let others = link::Pass { person: "ben".into(), ..pass.clone() }.seal(SECRET);
    let (said, tag) = (others.split_once('.').unwrap().0, sealed.split_once('.').unwrap().1);
    assert!(!open(SECRET, &format!("{said}.{tag}"), now()), "it is ana's, not ben's");
    for wrong in ["", ".", "a.b", "%%%.%%%", sealed.trim_end_matches(char::is_alphanumeric)] {
        assert!(!open(SECRET, wrong, now()), "{wrong:?}");
    }
}

#[test]
fn a_code_is_ones_own_for_one_incident() {
    let code = |incident, person| link::code(SECRET, IncidentId(incident), person);
    assert_eq!(code(7, "ana").len(), 6);
    assert_eq!(code(7, "ana"), code(7, "ana"));
    assert_ne!(code(7, "ana"), code(8, "ana"));
    assert_ne!(code(7, "ana"), code(7, "ben"));
}

#[test]
fn slack_signs_what_it_sends_and_old_presses_are_refused() {
    let body = b"payload=%7B%7D";
    let time = "1531420618";
    let signature = format!("v0={}", sign(SECRET, &[b"v0:", time.as_bytes(), b":", body]));
    let proven =
        |time: &str, signature: &str, body: &[u8], now| slack::is_proven(SECRET, time, signature, body, now);
    assert!(proven(time, &signature, body, now()));
    assert!(proven(time, &signature, body, now() + Duration::from_secs(300)));
    assert!(!proven(time, &signature, body, now() + Duration::from_secs(301)), "it is old");
    assert!(!proven("1531420619", &signature, body, now()), "the time is signed too");
    assert!(!proven(time, &signature, b"payload=%7B%20%7D", now()));
    assert!(!proven(time, signature.trim_start_matches("v0="), body, now()));
    assert!(!proven("x", &signature, body, now()));
    assert!(!slack::is_proven(b"", time, &signature, body, now()));
}

#[test]
fn a_press_in_slack_says_who_and_what() {
    let form = |payload: &str| {
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", payload).finish()
    };
    let press = |button: &str, url: &str| {
        form(&format!(
            r#"{{"type":"block_actions","user":{{"id":"U012AB3CD","username":"ana"}},"response_url":"{url}",
            "actions":[{{"action_id":"{button}","value":"ack INC-7","action_ts":"1531420618.5"}}]}}"#
        ))
    };
    let well =
        slack::read(press("andon ack", "https://hooks.slack.com/actions/T/1").as_bytes()).unwrap().unwrap();
    assert_eq!((well.user.as_str(), &well.deed), ("U012AB3CD", &Deed::Acknowledge(IncidentId(7))));
    assert_eq!(well.id, "U012AB3CD/1531420618.5");
    assert_eq!(well.response_url.as_deref(), Some("https://hooks.slack.com/actions/T/1"));
    let inner = slack::read(press("andon ack", "http://169.254.169.254/").as_bytes()).unwrap().unwrap();
    assert_eq!(inner.response_url, None, "nothing but Slack is told");
    assert_eq!(slack::read(press("theirs", "https://hooks.slack.com/").as_bytes()), Ok(None));
    assert!(slack::read(b"payload=x").is_err());
    assert!(slack::read(b"").is_err());
}

#[test]
fn twilio_signs_the_address_and_the_form() {
    // The example of Twilio's own documentation.
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let form = twilio::Form::read(
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
    );
    let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    assert!(form.is_proven(b"12345", url, signature));
    assert!(!form.is_proven(b"12346", url, signature));
    assert!(!form.is_proven(b"12345", "https://mycompany.com/myapp.php?foo=1", signature));
    assert!(!form.is_proven(b"12345", url, "not base64!"));
    assert!(!twilio::Form::read(b"Digits=1").is_proven(b"12345", url, signature));
    assert_eq!(form.get("Digits"), "1234");
    assert_eq!(form.fate(), None);
}

#[test]
fn what_became_of_a_message_is_told_in_twilios_words() {
    let fate = |body: &str| twilio::Form::read(body.as_bytes()).fate().map(|fate| format!("{fate:?}"));
    assert_eq!(fate("MessageStatus=sent"), None);
    assert_eq!(fate("MessageStatus=delivered").unwrap(), r#"Arrived("delivered")"#);
    assert_eq!(
        fate("MessageStatus=undelivered&ErrorCode=30003").unwrap(),
        r#"Failed("undelivered (Twilio's error 30003)")"#
    );
    assert_eq!(fate("CallStatus=no-answer").unwrap(), r#"Failed("no-answer")"#);
}

#[test]
fn a_press_in_telegram_says_who_and_what() {
    let update = br#"{"update_id":1,"callback_query":{"id":"99","from":{"id":4242},"data":"ack INC-7"}}"#;
    let press = telegram::read(update).unwrap().unwrap();
    assert_eq!((press.user.as_str(), press.id.as_str()), ("4242", "99"));
    assert_eq!(press.deed, Deed::Acknowledge(IncidentId(7)));
    assert_eq!(telegram::read(br#"{"update_id":1,"message":{"text":"hello"}}"#), Ok(None));
    assert!(telegram::read(b"[").is_err());
}

#[test]
fn no_bytes_break_a_reader() {
    arbtest::arbtest(|bytes| {
        let noise: Vec<u8> = bytes.arbitrary()?;
        let text = String::from_utf8_lossy(&noise);
        let _ = (slack::read(&noise), telegram::read(&noise), twilio::Form::read(&noise).fate());
        assert!(!slack::is_proven(SECRET, &text, &text, &noise, now()));
        assert!(link::Pass::open(SECRET, &text, now()).is_err());
        let _ = text.parse::<Deed>();
        Ok(())
    });
}
