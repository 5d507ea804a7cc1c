//! No runbook changes anything that nobody approved, and nothing is sent after its time.

use andon_vocabulary::Warrant;

use crate::play::{Play, SeenWhat};

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    for seen in &play.seen {
        let SeenWhat::Sent(order) = &seen.what else { continue };
        // Both by Andon's clock, which may be off by the jumps of the world's.
        if seen.by_andon > order.not_after {
            violations.push(format!("{}: {} was sent after its time", seen.at, order.action));
        }
        match &order.warrant {
            Warrant::Approved { hash, preview, .. } => {
                if preview.hash() != *hash || !preview.covers(&order.step, &order.action) {
                    violations.push(format!("{}: {} is not what was approved", seen.at, order.action));
                }
            }
            Warrant::Commanded { .. } => {}
            Warrant::Trusted { runbook } => {
                violations.push(format!(
                    "{}: {runbook} acted by itself, and no runbook here is trusted to",
                    seen.at
                ));
            }
        }
    }
    violations
}
