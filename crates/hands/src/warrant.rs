//! May this order be sent, now? Asked here although Andon has asked before: the hands trust no one else's check.

use std::path::Path;
use std::time::SystemTime;

use andon_vocabulary::{Order, Timestamp, Warrant};

/// While this file is in the data directory, nothing is automated, whatever else is down.
const HALT: &str = "HALT";

/// Why the order must not be sent.
pub fn refusal(order: &Order, data_dir: Option<&Path>, now: Timestamp) -> Option<String> {
    if now > order.not_after {
        return Some(format!("too late: it was not to be sent after {}, and it is {now}", order.not_after));
    }
    if let Warrant::Approved { by, hash, preview } = &order.warrant {
        if preview.hash() != *hash {
            return Some(format!("the preview is not the one that {by} approved; ask for a new approval"));
        }
        if !preview.covers(&order.step, &order.action) {
            return Some(format!("{by} approved no step {} that does this: {}", order.step, order.action));
        }
    }
    let halted = data_dir.map(|dir| dir.join(HALT)).filter(|file| file.exists());
    match (&order.warrant, halted) {
        (Warrant::Approved { .. } | Warrant::Trusted { .. }, Some(file)) => {
            Some(format!("all automation is halted: {} is there", file.display()))
        }
        _ => None,
    }
}

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH + since
}

#[cfg(test)]
pub mod tests {
    use std::time::Duration;

    use andon_vocabulary::{Action, IntentId, Preview, PreviewStep};

    use super::*;

    /// An order that is in time and that somebody commanded.
    pub fn commanded(key: &str, action: Action) -> Order {
        Order {
            intent: IntentId(1),
            run: None,
            step: "act".into(),
            action,
            key: key.to_owned(),
            not_after: now() + Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            warrant: Warrant::Commanded { by: "ana".into() },
        }
    }

    fn scale(to: u32) -> Action {
        Action::Scale { service: "checkout".into(), from: 3, to }
    }

    fn approved(action: Action) -> Order {
        let preview = Preview {
            runbook: "db-pool-exhausted".into(),
            definition: "abc".to_owned(),
            steps: vec![PreviewStep {
                step: "act".into(),
                action: scale(5),
                verify: None,
                rollback: Some(scale(3)),
                if_not: "a person is asked".to_owned(),
            }],
        };
        Order {
            warrant: Warrant::Approved { by: "ana".into(), hash: preview.hash(), preview: Box::new(preview) },
            ..commanded("k", action)
        }
    }

    #[test]
    fn an_approval_covers_its_step_and_its_roll_back_and_nothing_else() {
        assert_eq!(refusal(&approved(scale(5)), None, now()), None);
        assert_eq!(refusal(&approved(scale(3)), None, now()), None);
        let why = refusal(&approved(scale(50)), None, now()).expect("nobody approved fifty");
        assert!(why.contains("from 3 to 50"), "{why}");
    }

    #[test]
    fn a_preview_that_was_changed_after_the_approval_is_refused() {
        let mut order = approved(scale(50));
        let Warrant::Approved { preview, .. } = &mut order.warrant else {
            unreachable!("it is approved");
        };
        preview.steps[0].action = scale(50);
        let why = refusal(&order, None, now()).expect("the hash is another");
        assert!(why.contains("not the one that ana approved"), "{why}");
    }

    #[test]
    fn an_order_that_comes_late_is_not_sent() {
        let order = commanded("k", scale(5));
        assert_eq!(refusal(&order, None, order.not_after), None);
        let late = order.not_after + Duration::from_millis(1);
        assert!(refusal(&order, None, late).is_some_and(|why| why.starts_with("too late")));
    }

    #[test]
    fn a_halt_stops_automation_but_not_a_person() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join(HALT), "").expect("it is ours");
        let why = refusal(&approved(scale(5)), Some(dir.path()), now());
        assert!(why.is_some_and(|why| why.contains("halted")));
        assert_eq!(refusal(&commanded("k", scale(5)), Some(dir.path()), now()), None);
    }
}
