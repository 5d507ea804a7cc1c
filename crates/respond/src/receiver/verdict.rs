//! What an answer means: whether the message has arrived, and whether it is worth another try.

use andon_definitions::alertmanager::receiver::{Key, Kind};
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

/// What a server said to a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    pub content_type: &'a str,
    pub body: &'a [u8],
}

/// What is known after an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Delivered,
    /// Later it may work.
    Again {
        why: String,
    },
    /// The same would be refused again.
    Refused {
        why: String,
    },
}

/// Success is 2xx, and from Slack a body that says so. What is too much (429) and what went wrong over there (5xx) is
/// tried again.
pub fn verdict(kind: &Kind, answer: Answer) -> Verdict {
    let body = String::from_utf8_lossy(answer.body);
    match answer.status {
        200..=299 => match kind {
            Kind::Slack(_) => slack(answer, &body),
            _ => Verdict::Delivered,
        },
        status => {
            let said = match kind {
                Kind::PagerDuty(_) if status == 400 => pagerduty(&body),
                _ => None,
            };
            let said = said.unwrap_or_else(|| body.trim().to_owned());
            let said = super::shortened(&said, SHOWN_CHARS_MAX);
            let why = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
            // Version 1 of PagerDuty's events says 403 where there are too many.
            let is_v1 =
                matches!(kind, Kind::PagerDuty(pagerduty) if matches!(pagerduty.key, Key::Service(_)));
            match status {
                408 | 429 | 500..=599 => Verdict::Again { why },
                403 if is_v1 => Verdict::Again { why },
                _ => Verdict::Refused { why },
            }
        }
    }
}

fn slack(answer: Answer, body: &str) -> Verdict {
    let shown = || super::shortened(body.trim(), SHOWN_CHARS_MAX);
    if !answer.content_type.starts_with("application/json") {
        return match body.trim() == "ok" {
            true => Verdict::Delivered,
            false => Verdict::Refused { why: format!("Slack said: {}", shown()) },
        };
    }
    match serde_json::from_str::<Value>(body) {
        Ok(said) if said["ok"] == true => Verdict::Delivered,
        Ok(said) => {
            let error = said["error"].as_str().unwrap_or("no reason");
            let why = format!("Slack refused it: {}", super::shortened(error, SHOWN_CHARS_MAX));
            if PASSING.contains(&error) { Verdict::Again { why } } else { Verdict::Refused { why } }
        }
        Err(_) => Verdict::Again { why: format!("Slack's answer is no JSON: {}", shown()) },
    }
}

/// What PagerDuty says is wrong with an event.
fn pagerduty(body: &str) -> Option<String> {
    let said: Value = serde_json::from_str(body).ok()?;
    let errors = said["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Some(format!("{}: {}", said["message"].as_str()?, errors.collect::<Vec<_>>().join(", ")))
}
