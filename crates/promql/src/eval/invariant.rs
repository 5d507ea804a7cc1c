//! Which parts of a query are the same at every step, so that one evaluation does for all.

use crate::function::Function;
use crate::node::{Node, When};

/// Whether every step of a query gives the same. Numbers are not looked for: they cost nothing.
pub(super) fn is_invariant(node: &Node) -> bool {
    let pinned = |when: When| when.at.is_some();
    match node {
        Node::Number(_) | Node::Text(_) => true,
        Node::Select(selector) | Node::Range(selector, _) => pinned(selector.when),
        Node::Subquery(subquery) => pinned(subquery.when),
        Node::Call(call) if reads_the_clock(call.function) => false,
        other => other.children().into_iter().all(is_invariant),
    }
}

/// What these give depends on the time of evaluation, whatever their arguments are.
fn reads_the_clock(function: Function) -> bool {
    matches!(function, Function::Time | Function::Timestamp | Function::PredictLinear | Function::Calendar(_))
}
