//! The syntax tree that is evaluated: only what has a meaning here, with every default spelled out.

use std::ops::Range;
use std::sync::Arc;

use andon_timeseries::Matcher;

use crate::Kind;
use crate::eval::Place;
use crate::function::Function;

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Number(f64),
    Text(Arc<str>),
    Select(Selector),
    /// The samples of a selector within the last so many milliseconds.
    Range(Selector, i64),
    Subquery(Box<Subquery>),
    Paren(Box<Node>),
    Negate(Box<Node>),
    Call(Call),
    Aggregate(Box<Aggregate>),
    Binary(Box<Binary>),
    /// Parsed and understood, but not evaluated.
    Unsupported(Unsupported),
}

#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub matchers: Vec<Matcher>,
    pub when: When,
    pub span: Range<usize>,
}

/// Which time is looked at, seen from the time of evaluation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct When {
    pub at: Option<At>,
    /// Milliseconds into the past; negative looks ahead.
    pub offset: i64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    Time(i64),
    Start,
    End,
}

#[derive(Clone, Debug)]
pub(crate) struct Subquery {
    pub inner: Node,
    pub range: i64,
    pub step: Option<i64>,
    pub when: When,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub name: &'static str,
    pub function: Function,
    pub args: Vec<Node>,
    /// Where each argument stands; for what is to be said about it.
    pub places: Vec<Option<Place>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    pub op: Aggregation,
    pub grouping: Grouping,
    pub param: Option<Node>,
    pub inner: Node,
    /// Where the aggregation itself, its parameter and what it aggregates stand.
    pub place: Option<Place>,
    pub param_place: Option<Place>,
    pub inner_place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
    LimitRatio,
}

/// The label names of `by`/`without`, of `on`/`ignoring`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub op: Op,
    pub lhs: Node,
    pub rhs: Node,
    /// `By` is `on`, `Without` is `ignoring`.
    pub matching: Grouping,
    pub many: Many,
    pub place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    Math(Math),
    Compare { how: Comparison, bool_result: bool },
    Set(Set),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Math {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    And,
    Or,
    Unless,
}

/// Which side of a match may have several elements, and which labels it takes over from the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Many {
    Neither,
    /// `group_left`
    Left(Vec<String>),
    /// `group_right`
    Right(Vec<String>),
}

#[derive(Clone, Debug)]
pub(crate) struct Unsupported {
    pub what: String,
    /// As the author wrote it, as well as the grammar can print it.
    pub text: String,
    pub kind: Kind,
    pub span: Range<usize>,
    /// What it is made of: a query that is not evaluated still reads metrics.
    pub parts: Vec<Node>,
}

impl Call {
    pub fn place(&self, arg: usize) -> Option<Place> {
        self.places.get(arg).copied().flatten()
    }
}

impl Node {
    pub fn kind(&self) -> Kind {
        match self {
            Node::Number(_) => Kind::Scalar,
            Node::Text(_) => Kind::Text,
            Node::Select(_) | Node::Aggregate(_) => Kind::Vector,
            Node::Range(..) | Node::Subquery(_) => Kind::Matrix,
            Node::Paren(inner) | Node::Negate(inner) => inner.kind(),
            Node::Call(call) => call.function.kind(),
            Node::Binary(binary) => match (binary.lhs.kind(), binary.rhs.kind()) {
                (Kind::Scalar, Kind::Scalar) => Kind::Scalar,
                _ => Kind::Vector,
            },
            Node::Unsupported(unsupported) => unsupported.kind,
        }
    }

    /// The node inside all parentheses.
    pub fn unparen(&self) -> &Node {
        match self {
            Node::Paren(inner) => inner.unparen(),
            other => other,
        }
    }

    /// Direct parts, in the order of the text.
    pub fn children(&self) -> Vec<&Node> {
        match self {
            Node::Number(_) | Node::Text(_) | Node::Select(_) | Node::Range(..) => Vec::new(),
            Node::Subquery(subquery) => vec![&subquery.inner],
            Node::Paren(inner) | Node::Negate(inner) => vec![inner],
            Node::Call(call) => call.args.iter().collect(),
            Node::Aggregate(aggregate) => aggregate.param.iter().chain([&aggregate.inner]).collect(),
            Node::Binary(binary) => vec![&binary.lhs, &binary.rhs],
            Node::Unsupported(unsupported) => unsupported.parts.iter().collect(),
        }
    }

    pub fn children_mut(&mut self) -> Vec<&mut Node> {
        match self {
            Node::Number(_) | Node::Text(_) | Node::Select(_) | Node::Range(..) => Vec::new(),
            Node::Subquery(subquery) => vec![&mut subquery.inner],
            Node::Paren(inner) | Node::Negate(inner) => vec![inner],
            Node::Call(call) => call.args.iter_mut().collect(),
            Node::Aggregate(aggregate) => aggregate.param.iter_mut().chain([&mut aggregate.inner]).collect(),
            Node::Binary(binary) => vec![&mut binary.lhs, &mut binary.rhs],
            Node::Unsupported(unsupported) => unsupported.parts.iter_mut().collect(),
        }
    }
}
