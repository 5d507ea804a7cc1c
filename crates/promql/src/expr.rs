//! A parsed query: what it reads, how far back, and the variations of it that the loop needs.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use andon_timeseries::{MatchOp, Matcher, Matchers};
use andon_vocabulary::{Labels, METRIC_NAME};

use crate::node::{At, Node, Op, Selector};
use crate::presence::presence;

/// How far back a selector without a range looks for the newest sample, in Prometheus and here.
pub const LOOKBACK: Duration = Duration::from_secs(300);

/// A query, cheap to clone. `Display` writes it back as PromQL.
#[derive(Clone, Debug)]
pub struct Expr(pub(crate) Arc<Node>);

/// Two queries are the same if they are written the same, white space aside.
impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.to_string() == other.to_string()
    }
}

impl Eq for Expr {}

/// What an expression yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    Vector,
    Matrix,
    Text,
}

/// Something in a query that is not evaluated here. The span counts bytes of the parsed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub what: String,
    pub span: Range<usize>,
}

/// One selector of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    pub matchers: Matchers,
    /// `None` for the newest sample alone.
    pub range: Option<Duration>,
    /// Milliseconds into the past; negative looks ahead.
    pub offset_ms: i64,
    /// The selector looks at a fixed time, so no lookback seen from "now" holds for it.
    pub pinned: bool,
    pub span: Range<usize>,
}

impl Expr {
    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// Everything that is not evaluated. Empty: the query can be run.
    pub fn unsupported(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        visit(&self.0, &mut |node| {
            if let Node::Unsupported(found) = node {
                findings.push(Finding { what: found.what.clone(), span: found.span.clone() });
            }
        });
        findings
    }

    pub fn selectors(&self) -> Vec<Selected> {
        let mut selectors = Vec::new();
        visit(&self.0, &mut |node| match node {
            Node::Select(selector) => selectors.push(selected(selector, None)),
            Node::Range(selector, range) => selectors.push(selected(selector, Some(*range))),
            _ => {}
        });
        selectors
    }

    /// The metrics that are named outright; one chosen by a regular expression is not among them.
    pub fn metric_names(&self) -> BTreeSet<String> {
        let selectors = self.selectors();
        let matchers = selectors.iter().flat_map(|selector| &selector.matchers);
        matchers
            .filter(|matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal)
            .map(|matcher| matcher.value().to_owned())
            .collect()
    }

    /// How old a sample can be and still count, with Prometheus's five minutes for selectors without a range.
    /// Selectors pinned by `@` look elsewhere and do not count.
    pub fn longest_lookback(&self) -> Duration {
        Duration::from_millis(u64::try_from(lookback(&self.0)).unwrap_or(0))
    }

    /// The same query over the series that also carry these labels. A condition that is already there stays, even
    /// where the two together select nothing.
    pub fn with_matchers(&self, labels: &Labels) -> Expr {
        let more: Vec<Matcher> = labels.shared().map(|(name, value)| Matcher::equal(name, value)).collect();
        let mut root = (*self.0).clone();
        narrow(&mut root, &more);
        Expr(Arc::new(root))
    }

    /// A query that has an element for each label set on which this condition can be judged, whether it holds or
    /// not: comparisons give 0 or 1 instead of filtering, `unless` gives its left side, `absent` its labels.
    pub fn presence(&self) -> Expr {
        Expr(Arc::new(presence(&self.0)))
    }

    /// What a condition holds against a number: `pool / size` of `pool / size > 0.9`. None where the condition as a
    /// whole is no comparison of series with a scalar.
    pub fn measured(&self) -> Option<Expr> {
        let Node::Binary(binary) = self.0.unparen() else { return None };
        let Op::Compare { .. } = binary.op else { return None };
        let side = match (binary.lhs.kind(), binary.rhs.kind()) {
            (Kind::Vector, Kind::Scalar) => &binary.lhs,
            (Kind::Scalar, Kind::Vector) => &binary.rhs,
            _ => return None,
        };
        Some(Expr(Arc::new(side.unparen().clone())))
    }
}

fn selected(selector: &Selector, range: Option<i64>) -> Selected {
    Selected {
        matchers: selector.matchers.clone(),
        range: range.map(|ms| Duration::from_millis(ms.unsigned_abs())),
        offset_ms: selector.when.offset,
        pinned: selector.when.at.is_some(),
        span: selector.span.clone(),
    }
}

fn visit<'a>(node: &'a Node, with: &mut dyn FnMut(&'a Node)) {
    with(node);
    for child in node.children() {
        visit(child, with);
    }
}

fn narrow(node: &mut Node, more: &[Matcher]) {
    if let Node::Select(selector) | Node::Range(selector, _) = node {
        for matcher in more {
            if !selector.matchers.contains(matcher) {
                selector.matchers.push(matcher.clone());
            }
        }
    }
    for child in node.children_mut() {
        narrow(child, more);
    }
}

fn lookback(node: &Node) -> i64 {
    let (own, at, offset) = match node {
        Node::Select(selector) => (LOOKBACK.as_millis() as i64, selector.when.at, selector.when.offset),
        Node::Range(selector, range) => (*range, selector.when.at, selector.when.offset),
        Node::Subquery(subquery) => (subquery.range, subquery.when.at, subquery.when.offset),
        _ => (0, None, 0),
    };
    if matches!(at, Some(At::Time(_))) {
        return 0;
    }
    let below = node.children().into_iter().map(lookback).max().unwrap_or(0);
    own.saturating_add(offset).saturating_add(below)
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Scalar => "scalar",
            Kind::Vector => "vector",
            Kind::Matrix => "range vector",
            Kind::Text => "string",
        })
    }
}
