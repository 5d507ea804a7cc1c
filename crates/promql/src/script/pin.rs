//! A query pinned to one time: asked at any other, it must answer the same.

use std::sync::Arc;

use crate::Expr;
use crate::node::{At, Node};

/// What these give depends on when they are asked, whatever their arguments are pinned to.
const ASK_WHEN: &[&str] = &[
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "time",
    "timestamp",
    "year",
];

impl Expr {
    /// Every selector and subquery that has no `@` yet looks at this time; `None` where that would not pin the answer.
    pub(super) fn pinned(&self, at: i64) -> Option<Expr> {
        let mut root = Node::clone(&self.0);
        pin(&mut root, at).then(|| Expr(Arc::new(root)))
    }
}

fn pin(node: &mut Node, at: i64) -> bool {
    match node {
        Node::Select(selector) | Node::Range(selector, _) => {
            selector.when.at.get_or_insert(At::Time(at));
            true
        }
        // What is inside a pinned subquery is evaluated at its own times.
        Node::Subquery(subquery) => {
            subquery.when.at.get_or_insert(At::Time(at));
            !asks_when(&subquery.inner)
        }
        Node::Call(call) if ASK_WHEN.contains(&call.name) => false,
        _ => node.children_mut().into_iter().all(|child| pin(child, at)),
    }
}

fn asks_when(node: &Node) -> bool {
    matches!(node, Node::Call(call) if ASK_WHEN.contains(&call.name))
        || node.children().into_iter().any(asks_when)
}
