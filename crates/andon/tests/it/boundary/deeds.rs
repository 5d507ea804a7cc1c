//! What people and programs do, one way after the other: how it is said, and what its 2xx promises.

use std::sync::OnceLock;

use andon_intake::answer::Deed as Answer;
use andon_intake::answer::link::{HOLDS_FOR, Pass};
use andon_intake::proof::sign;
use andon_vocabulary::{IncidentId, IntentId, Timestamp};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use ring::hmac;
use serde_json::{Value, json};

use super::{ANSWERS, DOORS, SLACK, SOURCE, TWILIO, To, service};
use crate::identity::site::PASSWORD;
use crate::real::http;

/// What stays true after a 2xx, whatever happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// An alert of this name fires.
    Fires(String),
    Declared(String),
    Acknowledged(String),
    /// Somebody has the rotation, for this reason.
    TakenOver(String),
    Silenced(String),
    /// A note of an incident.
    Noted {
        incident: String,
        text: String,
    },
    /// A token opens.
    Opens(String),
}

pub const WAYS: [Way; 17] = [
    Way::Declare,
    Way::AcknowledgeByApi,
    Way::AcknowledgeInSlack,
    Way::AcknowledgeByTelephone,
    Way::Note,
    Way::Silence,
    Way::TakeOver,
    Way::SignIn,
    Way::IssueToken,
    Way::Source("alertmanager"),
    Way::Source("grafana"),
    Way::Source("pagerduty"),
    Way::Source("opsgenie"),
    Way::Source("eventbridge"),
    Way::Source("goalert"),
    Way::Source("oncall"),
    Way::Source("generic"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Declare,
    AcknowledgeByApi,
    AcknowledgeInSlack,
    AcknowledgeByTelephone,
    Note,
    Silence,
    TakeOver,
    SignIn,
    IssueToken,
    Source(&'static str),
}

/// What came of it.
pub enum Said {
    Kept(Promise),
    /// In order, and to be said again later.
    Refused(u16, String),
    /// Nobody knows.
    Nothing,
}

/// An answer that a person can act on: nothing was kept.
type Answered = Result<(u16, String), std::io::Error>;

impl To<'_> {
    fn post(self, path: &str, headers: &[(&str, &str)], body: &str) -> Answered {
        http::request(self.address, "POST", path, headers, body)
    }

    fn own(self, path: &str, key: &str, body: &Value) -> Answered {
        let bearer = format!("Bearer {}", self.token);
        let headers =
            [("authorization", &*bearer), ("idempotency-key", key), ("content-type", "application/json")];
        self.post(path, &headers, &body.to_string())
    }

    pub fn get(self, path: &str) -> std::io::Result<Value> {
        let bearer = format!("Bearer {}", self.token);
        let (_, body) = http::request(self.address, "GET", path, &[("authorization", &bearer)], "")?;
        Ok(serde_json::from_str(&body)?)
    }

    fn tell(self, key: &str, command: &Value) -> Answered {
        self.own("/api/v1/andon/commands", key, &json!({ "command": command }))
    }

    /// The `n`th deed; said again with the same number it is the same.
    pub fn does(self, way: Way, n: u64) -> Said {
        let key = format!("deed-{n}");
        let name = format!("it-{n}");
        let (answered, promise) = match way {
            Way::Declare => (
                self.tell(&key, &json!({ "declare": { "service": service(n), "title": name } })),
                Promise::Declared(name),
            ),
            Way::AcknowledgeByApi | Way::AcknowledgeInSlack | Way::AcknowledgeByTelephone | Way::Note => {
                let incident = match self.incident(n) {
                    Ok(incident) => incident,
                    Err(said) => return said,
                };
                return self.answers(way, &key, &name, &incident);
            }
            Way::Silence => {
                let until = began() + SignedDuration::from_hours(2);
                let id = format!("{n:08x}-0000-4000-8000-000000000000");
                let silence = json!({ "id": id, "matchers": [ { "name": "n", "op": "=", "value": name } ],
                    "starts_at": began().to_string(), "ends_at": until.to_string(), "created_by": "ana", "comment": "x" });
                let command = json!({ "silence": { "silence": silence, "replaces": null } });
                (self.tell(&key, &command), Promise::Silenced(id))
            }
            Way::TakeOver => {
                // Twenty minutes of its own each.
                let from = began() + SignedDuration::from_mins(24 * 60 + 30 * i64::try_from(n).unwrap_or(0));
                let until = from + SignedDuration::from_mins(20);
                let command = json!({ "take_over": { "team": "shop", "rotation": "primary", "person": "ben",
                    "from": from.to_string(), "until": until.to_string(), "reason": name } });
                (self.tell(&key, &command), Promise::TakenOver(name))
            }
            Way::SignIn => {
                let body = json!({ "handle": "ana", "password": PASSWORD }).to_string();
                let answered =
                    self.post("/api/v1/andon/sign-in", &[("content-type", "application/json")], &body);
                return opened(answered);
            }
            Way::IssueToken => {
                return opened(self.own(
                    "/api/v1/andon/tokens",
                    &key,
                    &json!({ "note": name, "scopes": ["view"] }),
                ));
            }
            Way::Source(format) => (self.source(format, &name), Promise::Fires(name)),
        };
        said(answered, promise)
    }

    /// An incident of its own to be acknowledged.
    fn incident(self, n: u64) -> Result<String, Said> {
        let declare = json!({ "declare": { "service": service(n), "title": format!("for-{n}") } });
        match self.tell(&format!("for-{n}"), &declare) {
            Ok((200, said)) => {
                let said: Value = serde_json::from_str(&said).expect("JSON");
                Ok(said["incident"].as_str().expect("an incident").to_owned())
            }
            Ok((status, said)) => Err(Said::Refused(status, said)),
            Err(_) => Err(Said::Nothing),
        }
    }

    fn answers(self, way: Way, key: &str, name: &str, incident: &str) -> Said {
        let id: IncidentId = incident.parse().expect("an incident");
        let deed = Answer::Acknowledge(id);
        let promise = Promise::Acknowledged(incident.to_owned());
        match way {
            Way::Note => {
                let command = json!({ "note": { "incident": incident, "text": name } });
                said(
                    self.tell(key, &command),
                    Promise::Noted { incident: incident.to_owned(), text: name.to_owned() },
                )
            }
            Way::AcknowledgeInSlack => {
                let payload = json!({ "type": "block_actions", "user": { "id": "U1" },
                    "actions": [ { "action_id": "andon ack", "value": deed.to_string(), "action_ts": name } ] });
                let body = format!("payload={}", encoded(&payload.to_string()));
                let time = jiff::Timestamp::now().as_second().to_string();
                let signature = format!(
                    "v0={}",
                    sign(SLACK.as_bytes(), &[b"v0:", time.as_bytes(), b":", body.as_bytes()])
                );
                let headers = [("x-slack-request-timestamp", &*time), ("x-slack-signature", &*signature)];
                said(self.post("/answers/slack/chat", &headers, &body), promise)
            }
            Way::AcknowledgeByTelephone => {
                let now = Timestamp::from_jiff(jiff::Timestamp::now());
                let pass =
                    Pass { deed, person: "ana".into(), notice: IntentId(1_000_000), until: now + HOLDS_FOR };
                let path = format!("/answers/twilio/call/key/{}", pass.seal(ANSWERS.as_bytes()));
                let signed = format!("{DOORS}{path}Digits1");
                let tag = hmac::sign(
                    &hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TWILIO.as_bytes()),
                    signed.as_bytes(),
                );
                let signature = BASE64_STANDARD.encode(tag);
                said(self.post(&path, &[("x-twilio-signature", &signature)], "Digits=1"), promise)
            }
            _ => said(self.tell(key, &json!({ "acknowledge": { "incident": incident } })), promise),
        }
    }

    /// Each format in the words of who speaks it.
    fn source(self, format: &str, name: &str) -> Answered {
        let bearer = format!("Bearer {SOURCE}");
        let own = [("authorization", &*bearer), ("content-type", "application/json")];
        let path = format!("/api/v1/in/{format}");
        match format {
            "alertmanager" | "grafana" => {
                let version = if format == "grafana" { "1" } else { "4" };
                let body = json!({ "receiver": "andon", "status": "firing", "version": version, "orgId": 1, "groupKey": "{}",
                    "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://it.example",
                    "truncatedAlerts": 0, "alerts": [ { "status": "firing", "labels": { "alertname": name }, "annotations": {},
                    "startsAt": "2026-11-20T08:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "" } ] });
                self.post(&path, &own, &body.to_string())
            }
            "pagerduty" => {
                let body = json!({ "routing_key": SOURCE, "event_action": "trigger", "dedup_key": name,
                    "payload": { "summary": name, "source": "db-1", "severity": "warning", "class": name } });
                self.post("/v2/enqueue", &[], &body.to_string())
            }
            "opsgenie" => {
                let genie = format!("GenieKey {SOURCE}");
                let body = json!({ "message": name, "alias": name, "priority": "P3" });
                self.post("/v2/alerts", &[("authorization", &genie)], &body.to_string())
            }
            "eventbridge" => {
                let body = json!({ "version": "0", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
                    "account": "123456789012", "region": "eu-west-1",
                    "resources": [ format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}") ],
                    "detail": { "alarmName": name, "configuration": {}, "previousState": {}, "state": { "value": "ALARM" } } });
                self.post(&path, &own, &body.to_string())
            }
            "goalert" => {
                let form = [("content-type", "application/x-www-form-urlencoded")];
                self.post(
                    &format!("/api/v2/generic/incoming?token={SOURCE}"),
                    &form,
                    &format!("summary={name}"),
                )
            }
            "oncall" => {
                let body = json!({ "alert_uid": name, "title": name, "state": "alerting" });
                self.post(&format!("/integrations/v1/formatted_webhook/{SOURCE}/"), &[], &body.to_string())
            }
            _ => self.post(&path, &own, &json!({ "id": name }).to_string()),
        }
    }
}

/// What is said again is said of the same times.
fn began() -> jiff::Timestamp {
    static BEGAN: OnceLock<jiff::Timestamp> = OnceLock::new();
    *BEGAN.get_or_init(jiff::Timestamp::now)
}

fn said(answered: Answered, promise: Promise) -> Said {
    match answered {
        Ok((200..=299, _)) => Said::Kept(promise),
        Ok((status, said)) => Said::Refused(status, said),
        Err(_) => Said::Nothing,
    }
}

fn opened(answered: Answered) -> Said {
    match answered {
        Ok((200..=299, said)) => {
            let said: Value = serde_json::from_str(&said).expect("JSON");
            Said::Kept(Promise::Opens(said["token"].as_str().expect("a token").to_owned()))
        }
        Ok((status, said)) => Said::Refused(status, said),
        Err(_) => Said::Nothing,
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
