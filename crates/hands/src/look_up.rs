//! Did it happen? Answered by the target: a URL that the runbook names, or the platform. Nothing is changed.

use andon_vocabulary::{Action, Answer, LookUp};
use tokio::time::Instant;

use crate::carry::World;
use crate::http;
use crate::secrets::Used;

pub async fn look_up(world: &World, asked: &LookUp) -> Answer {
    let order = &asked.order;
    if let Some(url) = &asked.url {
        return match world.secrets.resolve(url, &mut Used::default()) {
            Ok(url) => judge(http::get(&url, order.timeout).await),
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

fn judge(answer: Result<(reqwest::StatusCode, String), String>) -> Answer {
    match answer {
        Ok((status, evidence)) if status.is_success() => Answer::Happened { evidence },
        Ok((reqwest::StatusCode::NOT_FOUND, evidence)) => Answer::DidNotHappen { evidence },
        Ok((_, why)) | Err(why) => Answer::CannotTell { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_is_an_answer() {
        let of = |code: u16| {
            let status = reqwest::StatusCode::from_u16(code).expect("it is one");
            judge(Ok((status, status.to_string())))
        };
        assert!(matches!(of(200), Answer::Happened { .. }));
        assert!(matches!(of(404), Answer::DidNotHappen { .. }));
        assert!(matches!(of(500), Answer::CannotTell { .. }));
        assert!(matches!(of(302), Answer::CannotTell { .. }));
        assert!(matches!(judge(Err("broken".to_owned())), Answer::CannotTell { .. }));
    }
}
