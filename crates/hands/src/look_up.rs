//! Did it happen? Answered by the target: a URL that the runbook names, or the platform. Nothing is changed.

use andon_vocabulary::{Action, Answer, HttpLookUp, LookUp};
use reqwest::StatusCode;
use tokio::time::Instant;

use crate::carry::World;
use crate::http;
use crate::secrets::Used;

pub async fn look_up(world: &World, asked: &LookUp) -> Answer {
    let order = &asked.order;
    if let Some(own) = &asked.http {
        return match world.secrets.resolve(&own.url, &mut Used::default()) {
            Ok(url) => judge(own, http::get(&url, own.timeout).await),
            Err(why) => Answer::CannotTell { why },
        };
    }
    match &order.action {
        Action::Http { .. } | Action::Process { .. } => {
            Answer::CannotTell { why: "the step names no lookup; only a person can say".to_owned() }
        }
        Action::Restart { service, .. }
        | Action::Scale { service, .. }
        | Action::Run { service, .. }
        | Action::Fault { service, .. } => {
            let deadline = Instant::now() + order.timeout;
            world.local.look_up(service, order, deadline).await
        }
    }
}

/// A status that a runbook names comes first: with 404 it asks whether something is gone, and nothing means "it is not".
fn judge(asked: &HttpLookUp, answer: Result<(StatusCode, String), String>) -> Answer {
    match answer {
        Ok((status, evidence)) if status == asked.status => Answer::Happened { evidence },
        Ok((StatusCode::NOT_FOUND, evidence)) => Answer::DidNotHappen { evidence },
        Ok((_, why)) | Err(why) => Answer::CannotTell { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_is_an_answer() {
        let judged = |wanted: u16, answer: Result<u16, &str>| {
            let timeout = std::time::Duration::from_secs(10);
            let asked = HttpLookUp { url: "http://127.0.0.1/orders/7".to_owned(), status: wanted, timeout };
            let answer = answer.map(|code| {
                let status = StatusCode::from_u16(code).expect("it is one");
                (status, status.to_string())
            });
            judge(&asked, answer.map_err(str::to_owned))
        };
        assert!(matches!(judged(200, Ok(200)), Answer::Happened { .. }));
        assert!(matches!(judged(200, Ok(404)), Answer::DidNotHappen { .. }));
        for unclear in [202, 204, 302, 410, 500] {
            assert!(matches!(judged(200, Ok(unclear)), Answer::CannotTell { .. }), "{unclear}");
        }
        assert!(matches!(judged(200, Err("broken")), Answer::CannotTell { .. }));
        assert!(matches!(judged(410, Ok(410)), Answer::Happened { .. }));
        assert!(matches!(judged(410, Ok(200)), Answer::CannotTell { .. }));
        assert!(matches!(judged(404, Ok(404)), Answer::Happened { .. }));
    }
}
