//! An expression as PromQL again. Parentheses are part of the tree, so what was parsed reads the same.

use std::fmt;

use andon_timeseries::{MatchOp, Matcher};
use andon_vocabulary::METRIC_NAME;

use crate::bind::quoted;
use crate::node::{
    Aggregate, Aggregation, At, Binary, Comparison, Grouping, Many, Math, Node, Op, Selector, Set, When,
};

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Number(value) => f.write_str(&number(*value)),
            Node::Text(text) => f.write_str(&quoted(text)),
            Node::Select(selector) => write!(f, "{}{}", Conditions(selector), selector.when),
            Node::Range(selector, range) => {
                write!(f, "{}[{}]{}", Conditions(selector), duration(*range), selector.when)
            }
            Node::Subquery(subquery) => {
                let step = subquery.step.map(duration).unwrap_or_default();
                write!(f, "{}[{}:{step}]{}", subquery.inner, duration(subquery.range), subquery.when)
            }
            Node::Paren(inner) => write!(f, "({inner})"),
            Node::Negate(inner) => write!(f, "-{inner}"),
            Node::Call(call) => write!(f, "{}({})", call.name, joined(&call.args)),
            Node::Aggregate(aggregate) => aggregate.fmt(f),
            Node::Binary(binary) => binary.fmt(f),
            Node::Unsupported(unsupported) => f.write_str(&unsupported.text),
        }
    }
}

fn joined(nodes: &[Node]) -> String {
    nodes.iter().map(Node::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.op.name())?;
        match &self.grouping {
            Grouping::By(labels) if labels.is_empty() => {}
            Grouping::By(labels) => write!(f, " by ({}) ", names(labels))?,
            Grouping::Without(labels) => write!(f, " without ({}) ", names(labels))?,
        }
        match &self.param {
            Some(param) => write!(f, "({param}, {})", self.inner),
            None => write!(f, "({})", self.inner),
        }
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.lhs, self.op)?;
        match (&self.matching, &self.many) {
            (Grouping::Without(labels), Many::Neither) if labels.is_empty() => {}
            (Grouping::Without(labels), _) => write!(f, " ignoring ({})", names(labels))?,
            (Grouping::By(labels), _) => write!(f, " on ({})", names(labels))?,
        }
        match &self.many {
            Many::Neither => {}
            Many::Left(labels) => write!(f, " group_left ({})", names(labels))?,
            Many::Right(labels) => write!(f, " group_right ({})", names(labels))?,
        }
        write!(f, " {}", self.rhs)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())?;
        if let Op::Compare { bool_result: true, .. } = self { f.write_str(" bool") } else { Ok(()) }
    }
}

impl Op {
    /// Without `bool`.
    pub fn symbol(self) -> &'static str {
        match self {
            Op::Math(Math::Add) => "+",
            Op::Math(Math::Sub) => "-",
            Op::Math(Math::Mul) => "*",
            Op::Math(Math::Div) => "/",
            Op::Math(Math::Mod) => "%",
            Op::Math(Math::Pow) => "^",
            Op::Math(Math::Atan2) => "atan2",
            Op::Set(Set::And) => "and",
            Op::Set(Set::Or) => "or",
            Op::Set(Set::Unless) => "unless",
            Op::Compare { how: Comparison::Equal, .. } => "==",
            Op::Compare { how: Comparison::NotEqual, .. } => "!=",
            Op::Compare { how: Comparison::Greater, .. } => ">",
            Op::Compare { how: Comparison::Less, .. } => "<",
            Op::Compare { how: Comparison::GreaterEqual, .. } => ">=",
            Op::Compare { how: Comparison::LessEqual, .. } => "<=",
        }
    }
}

impl Aggregation {
    pub fn name(self) -> &'static str {
        match self {
            Aggregation::Sum => "sum",
            Aggregation::Avg => "avg",
            Aggregation::Count => "count",
            Aggregation::Min => "min",
            Aggregation::Max => "max",
            Aggregation::Group => "group",
            Aggregation::Stddev => "stddev",
            Aggregation::Stdvar => "stdvar",
            Aggregation::Topk => "topk",
            Aggregation::Bottomk => "bottomk",
            Aggregation::CountValues => "count_values",
            Aggregation::Quantile => "quantile",
            Aggregation::Limitk => "limitk",
            Aggregation::LimitRatio => "limit_ratio",
        }
    }
}

/// A selector without its time.
struct Conditions<'a>(&'a Selector);

impl fmt::Display for Conditions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest: Vec<&Matcher> = self.0.matchers.iter().collect();
        // The name stands before the braces if it can.
        let is_name = |matcher: &&Matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal;
        if let Some(position) = rest.iter().position(is_name)
            && rest.iter().filter(|matcher| matcher.name() == METRIC_NAME).count() == 1
            && is_word(&rest[position].value().replace(':', "_"))
        {
            f.write_str(rest.remove(position).value())?;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let conditions: Vec<String> = rest
            .iter()
            .map(|m| format!("{}{}{}", names(&[m.name().to_owned()]), m.op(), quoted(m.value())))
            .collect();
        write!(f, "{{{}}}", conditions.join(","))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            None => {}
            Some(At::Start) => f.write_str(" @ start()")?,
            Some(At::End) => f.write_str(" @ end()")?,
            Some(At::Time(ms)) => {
                let sign = if ms < 0 { "-" } else { "" };
                write!(f, " @ {sign}{}.{:03}", ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000)?;
            }
        }
        match self.offset {
            0 => Ok(()),
            ms if ms < 0 => write!(f, " offset -{}", duration(ms.saturating_neg())),
            ms => write!(f, " offset {}", duration(ms)),
        }
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn names(labels: &[String]) -> String {
    let quote = |label: &String| if is_word(label) { label.clone() } else { quoted(label) };
    labels.iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// Prometheus's spelling of a number, for literals and for the values of `count_values`.
pub(crate) fn number(value: f64) -> String {
    if value.is_infinite() {
        (if value > 0.0 { "+Inf" } else { "-Inf" }).to_owned()
    } else {
        value.to_string()
    }
}

fn duration(mut ms: i64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if ms >= size {
            text.push_str(&format!("{}{unit}", ms / size));
            ms %= size;
        }
    }
    text
}
