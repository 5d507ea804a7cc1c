//! What an answer means: whether the message has arrived, and whether it is worth another try, and when.

use std::time::Duration;

use andon_definitions::alertmanager::receiver::{Key, Kind};
use andon_vocabulary::Timestamp;
use serde_json::Value;

/// What people are shown of an answer.
const SHOWN_CHARS_MAX: usize = 300;

/// What Slack says of itself, not of the message.
const PASSING: [&str; 6] = [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
];

/// Whose answers they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provider {
    /// It says nothing but a status.
    Any,
    Slack,
    Pagerduty,
    /// The events of version 1.
    PagerdutyOld,
    Opsgenie,
    Ntfy,
    Telegram,
    Twilio,
}

impl Provider {
    pub fn of(kind: &Kind) -> Provider {
        match kind {
            Kind::Slack(_) => Provider::Slack,
            Kind::PagerDuty(pagerduty) if matches!(pagerduty.key, Key::Service(_)) => Provider::PagerdutyOld,
            Kind::PagerDuty(_) => Provider::Pagerduty,
            Kind::OpsGenie(_) => Provider::Opsgenie,
            Kind::Webhook(_) | Kind::Email(_) => Provider::Any,
        }
    }
}

/// What a server said to a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub content_type: &'a str,
    /// The header.
    pub retry_after: Option<&'a str>,
    pub body: &'a [u8],
    pub now: Timestamp,
}

/// What is known after an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Delivered {
        /// By which the provider knows it again, where it says so.
        receipt: Option<String>,
    },
    /// Later it may work.
    Again {
        why: String,
        /// How much later, where the provider says so.
        after: Option<Duration>,
    },
    /// The same would be refused again.
    Refused { why: String },
}

/// Success is 2xx, and from Slack and Telegram a body that says so. What is too much (429) and what went wrong over
/// there (5xx) is tried again.
pub fn verdict(provider: Provider, answer: Answer) -> Verdict {
    let body = String::from_utf8_lossy(answer.body);
    match answer.status {
        200..=299 => match provider {
            Provider::Slack => slack(answer, &body),
            Provider::Telegram if json(&body)["ok"] != true => {
                Verdict::Again { why: format!("Telegram said: {}", shown(&body)), after: None }
            }
            _ => Verdict::Delivered { receipt: receipt(provider, &body) },
        },
        300..=399 => {
            Verdict::Refused { why: format!("{}: name the address that it redirects to", answer.status) }
        }
        status => {
            let said = match provider {
                Provider::Pagerduty | Provider::PagerdutyOld if status == 400 => pagerduty(&body),
                Provider::Telegram => json(&body)["description"].as_str().map(str::to_owned),
                Provider::Twilio => json(&body)["message"].as_str().map(str::to_owned),
                _ => None,
            };
            let said = shown(&said.unwrap_or_else(|| body.to_string()));
            let why = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
            match status {
                429 | 503 => Verdict::Again { why, after: after(provider, &answer, &body) },
                408 | 500..=599 => Verdict::Again { why, after: None },
                // There were too many.
                403 if provider == Provider::PagerdutyOld => Verdict::Again { why, after: None },
                _ => Verdict::Refused { why },
            }
        }
    }
}

fn shown(text: &str) -> String {
    super::shortened(text.trim(), SHOWN_CHARS_MAX)
}

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

fn slack(answer: Answer, body: &str) -> Verdict {
    if !answer.content_type.starts_with("application/json") {
        return match body.trim() == "ok" {
            true => Verdict::Delivered { receipt: None },
            false => Verdict::Refused { why: format!("Slack said: {}", shown(body)) },
        };
    }
    match serde_json::from_str::<Value>(body) {
        Ok(said) if said["ok"] == true => Verdict::Delivered { receipt: receipt(Provider::Slack, body) },
        Ok(said) => {
            let error = said["error"].as_str().unwrap_or("no reason");
            let why = format!("Slack refused it: {}", shown(error));
            match PASSING.contains(&error) {
                true => Verdict::Again { why, after: None },
                false => Verdict::Refused { why },
            }
        }
        Err(_) => Verdict::Again { why: format!("Slack's answer is no JSON: {}", shown(body)), after: None },
    }
}

/// By what the provider knows the message again.
fn receipt(provider: Provider, body: &str) -> Option<String> {
    let said = json(body);
    let text = |value: &Value| value.as_str().map(shown);
    match provider {
        Provider::Slack => Some(format!("ts {}", text(&said["ts"])?)),
        Provider::Pagerduty => Some(format!("dedup_key {}", text(&said["dedup_key"])?)),
        Provider::Opsgenie => Some(format!("request {}", text(&said["requestId"])?)),
        Provider::Ntfy => Some(format!("id {}", text(&said["id"])?)),
        Provider::Telegram => Some(format!("message {}", said["result"]["message_id"].as_i64()?)),
        Provider::Twilio => Some(format!("{} {}", text(&said["sid"])?, text(&said["status"])?)),
        Provider::Any | Provider::PagerdutyOld => None,
    }
}

/// In seconds or as a date, or in the words of Telegram.
fn after(provider: Provider, answer: &Answer, body: &str) -> Option<Duration> {
    let header = answer.retry_after.map(str::trim);
    if provider == Provider::Telegram
        && let Some(seconds) = json(body)["parameters"]["retry_after"].as_u64()
    {
        return Some(Duration::from_secs(seconds));
    }
    let header = header?;
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    Some(Timestamp::from_jiff(at).since(answer.now))
}

/// What PagerDuty says is wrong with an event.
fn pagerduty(body: &str) -> Option<String> {
    let said: Value = serde_json::from_str(body).ok()?;
    let errors = said["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Some(format!("{}: {}", said["message"].as_str()?, errors.collect::<Vec<_>>().join(", ")))
}
