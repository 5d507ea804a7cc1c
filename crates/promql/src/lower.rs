//! From the grammar's tree to the one that is evaluated: defaults spelled out, names resolved, places attached, and
//! whatever is not evaluated marked as such.

mod cursor;
mod literal;

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use andon_timeseries::{MatchOp, Matcher};
use promql_parser::label as grammar_label;
use promql_parser::parser as grammar;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, AtModifier, BinaryExpr, Expr as Tree, LabelModifier, Offset, SubqueryExpr,
    VectorMatchCardinality, VectorSelector,
};

use crate::function::Function;
use crate::masked::Masked;
use crate::node::{
    Aggregate, Aggregation, At, Binary, Call, Comparison, Grouping, Many, Math, Node, Op, Selector, Set,
    Subquery, Unsupported, When,
};
use crate::tokens::Spanned;
use crate::{Kind, ParseError};
use cursor::Cursor;

pub(crate) fn lower(
    tree: &Tree,
    text: &str,
    tokens: &[Spanned],
    masked: &Masked,
) -> Result<Node, ParseError> {
    Lower { cursor: Cursor::new(text, tokens), masked, length: text.len() }.node(tree)
}

struct Lower<'a> {
    cursor: Cursor<'a>,
    masked: &'a Masked,
    length: usize,
}

impl Lower<'_> {
    fn node(&mut self, tree: &Tree) -> Result<Node, ParseError> {
        if !matches!(tree, Tree::Unary(_) | Tree::NumberLiteral(_) | Tree::Binary(_)) {
            // The grammar drops it.
            self.cursor.symbol_if_there('+');
        }
        let node = match tree {
            Tree::NumberLiteral(number) => {
                self.cursor.literal();
                Node::Number(number.val)
            }
            Tree::StringLiteral(text) => {
                let span = self.cursor.span();
                let written = self.cursor.text(&span);
                self.cursor.literal();
                match literal::bytes(written) {
                    None => Node::Text(text.val.as_str().into()),
                    Some(Ok(text)) => Node::Text(text.into()),
                    Some(Err(())) => {
                        let message = format!("{written} is no text: its bytes are no UTF-8");
                        return Err(ParseError { message, span });
                    }
                }
            }
            Tree::Paren(paren) => {
                self.cursor.symbol('(');
                let inner = self.node(&paren.expr)?;
                self.cursor.symbol(')');
                Node::Paren(Box::new(inner))
            }
            Tree::Unary(unary) => {
                self.cursor.symbol('-');
                Node::Negate(Box::new(self.node(&unary.expr)?))
            }
            Tree::VectorSelector(selector) => self.selector(selector, tree, Node::Select)?,
            Tree::MatrixSelector(matrix) => {
                let range = self.range(matrix.range)?;
                self.selector(&matrix.vs, tree, |selector| Node::Range(selector, range))?
            }
            Tree::Subquery(subquery) => self.subquery(subquery)?,
            Tree::Aggregate(aggregate) => self.aggregate(aggregate, tree)?,
            Tree::Binary(binary) => self.binary(binary, tree)?,
            Tree::Call(call) => self.call(call, tree)?,
            Tree::Extension(_) => {
                unsupported("extensions are not evaluated".to_owned(), tree, 0..self.length, vec![])
            }
        };
        self.cursor.suffixes();
        Ok(node)
    }

    fn call(&mut self, from: &grammar::Call, tree: &Tree) -> Result<Node, ParseError> {
        let name = from.func.name;
        let span = self.cursor.span();
        self.cursor.name(name);
        self.cursor.symbol('(');
        let (mut args, mut places) = (Vec::new(), Vec::new());
        for (index, arg) in from.args.args.iter().enumerate() {
            if index > 0 {
                self.cursor.symbol(',');
            }
            places.push(self.cursor.place_behind(parentheses(arg)));
            args.push(self.node(arg)?);
        }
        self.cursor.symbol_if_there(',');
        self.cursor.symbol(')');
        match Function::named(name) {
            // The grammar does not check the argument of `ln(0)` and its like.
            Some(Function::Each(_) | Function::OfHistogram(_)) if args[0].kind() != Kind::Vector => {
                let kind = args[0].kind();
                let message =
                    format!("expected type instant vector in call to function \"{name}\", got {kind}");
                Err(ParseError { message, span })
            }
            Some(function) => Ok(Node::Call(Call { name, function, args, places })),
            None => Ok(unsupported(format!("the function {name} is not evaluated"), tree, span, args)),
        }
    }

    fn selector(
        &mut self,
        from: &VectorSelector,
        tree: &Tree,
        make: impl Fn(Selector) -> Node,
    ) -> Result<Node, ParseError> {
        let span = self.cursor.span();
        self.cursor.selector();
        let mut matchers: Vec<Matcher> =
            from.name.iter().map(|name| Matcher::metric(name.as_str())).collect();
        for condition in from.matchers.matchers.iter().chain(from.matchers.or_matchers.iter().flatten()) {
            matchers.push(matcher(condition, &span, self.masked)?);
        }
        let selector =
            Selector { matchers, when: when(from.at.as_ref(), from.offset.as_ref()), span: span.clone() };
        if from.matchers.or_matchers.is_empty() {
            return Ok(make(selector));
        }
        let what = "`or` between the conditions of a selector is not evaluated".to_owned();
        Ok(unsupported(what, tree, span, vec![]))
    }

    /// `[0s]` is refused by the grammar, `[0]` is not.
    fn range(&self, range: Duration) -> Result<i64, ParseError> {
        match milliseconds(range) {
            0 => {
                let message = "duration must be greater than 0".to_owned();
                Err(ParseError { message, span: 0..self.length })
            }
            range => Ok(range),
        }
    }

    fn subquery(&mut self, from: &SubqueryExpr) -> Result<Node, ParseError> {
        let inner = self.node(&from.expr)?;
        if from.step == Some(Duration::ZERO) {
            let message = "a subquery needs a resolution above zero, such as [1h:1m]".to_owned();
            return Err(ParseError { message, span: 0..self.length });
        }
        Ok(Node::Subquery(Box::new(Subquery {
            inner,
            range: self.range(from.range)?,
            step: from.step.map(|step| milliseconds(step).max(1)),
            when: when(from.at.as_ref(), from.offset.as_ref()),
        })))
    }

    fn aggregate(&mut self, from: &AggregateExpr, tree: &Tree) -> Result<Node, ParseError> {
        let name = from.op.to_string();
        let (span, place) = (self.cursor.span(), self.cursor.place());
        self.cursor.name(&name);
        self.cursor.grouping();
        self.cursor.symbol('(');
        let param_place = self.cursor.place_behind(from.param.as_deref().map_or(0, parentheses));
        let param_span = self.cursor.span();
        let param = from.param.as_ref().map(|param| self.node(param)).transpose();
        let param = param.map_err(|error| match name.as_str() {
            "count_values" => {
                let label = self.cursor.text(&param_span);
                ParseError { message: format!("invalid label name {label}"), ..error }
            }
            _ => error,
        })?;
        if param.is_some() {
            self.cursor.symbol(',');
        }
        let inner_place = self.cursor.place();
        let inner = self.node(&from.expr)?;
        self.cursor.symbol(')');
        self.cursor.grouping();
        let grouping = match &from.modifier {
            Some(modifier) => grouping(modifier),
            None => Grouping::By(Vec::new()),
        };
        let Some(op) = aggregation(&name) else {
            let parts = param.into_iter().chain([inner]).collect();
            return Ok(unsupported(format!("the aggregation {name} is not evaluated"), tree, span, parts));
        };
        let aggregate = Aggregate { op, grouping, param, inner, place, param_place, inner_place };
        Ok(Node::Aggregate(Box::new(aggregate)))
    }

    fn binary(&mut self, from: &BinaryExpr, tree: &Tree) -> Result<Node, ParseError> {
        let name = from.op.to_string();
        let place = self.cursor.place();
        let lhs = self.node(&from.lhs)?;
        self.cursor.operator(&name);
        let rhs = self.node(&from.rhs)?;
        let modifier = from.modifier.as_ref();
        let op = operator(&name, modifier.is_some_and(|modifier| modifier.return_bool));
        let fills = modifier.is_some_and(|m| m.fill_values.lhs.is_some() || m.fill_values.rhs.is_some());
        let (Some(op), false) = (op, fills) else {
            let what = if fills { "fill" } else { &name };
            return Ok(unsupported(
                format!("`{what}` is not evaluated"),
                tree,
                0..self.length,
                vec![lhs, rhs],
            ));
        };
        let many = match modifier.map(|modifier| &modifier.card) {
            Some(VectorMatchCardinality::ManyToOne(labels)) => Many::Left(labels.labels.clone()),
            Some(VectorMatchCardinality::OneToMany(labels)) => Many::Right(labels.labels.clone()),
            _ => Many::Neither,
        };
        let matching = match modifier.and_then(|modifier| modifier.matching.as_ref()) {
            Some(matching) => grouping(matching),
            None => Grouping::Without(Vec::new()),
        };
        Ok(Node::Binary(Box::new(Binary { op, lhs, rhs, matching, many, place })))
    }
}

/// How many pairs of them there are around this.
fn parentheses(tree: &Tree) -> usize {
    match tree {
        Tree::Paren(paren) => 1 + parentheses(&paren.expr),
        _ => 0,
    }
}

fn unsupported(what: String, tree: &Tree, span: Range<usize>, parts: Vec<Node>) -> Node {
    let kind = match tree.value_type() {
        ValueType::Scalar => Kind::Scalar,
        ValueType::Vector => Kind::Vector,
        ValueType::Matrix => Kind::Matrix,
        ValueType::String => Kind::Text,
    };
    Node::Unsupported(Unsupported { what, text: tree.to_string(), kind, span, parts })
}

fn matcher(
    from: &grammar_label::Matcher,
    span: &Range<usize>,
    masked: &Masked,
) -> Result<Matcher, ParseError> {
    let op = match &from.op {
        grammar_label::MatchOp::Equal => MatchOp::Equal,
        grammar_label::MatchOp::NotEqual => MatchOp::NotEqual,
        grammar_label::MatchOp::Re(_) => MatchOp::Regex,
        grammar_label::MatchOp::NotRe(_) => MatchOp::NotRegex,
    };
    let value = match op {
        MatchOp::Equal | MatchOp::NotEqual => from.value.as_str(),
        MatchOp::Regex | MatchOp::NotRegex => masked.regex(&from.value),
    };
    Matcher::new(op, from.name.as_str(), value)
        .map_err(|error| ParseError { message: error.to_string(), span: span.clone() })
}

fn when(at: Option<&AtModifier>, offset: Option<&Offset>) -> When {
    let at = at.map(|at| match at {
        AtModifier::Start => At::Start,
        AtModifier::End => At::End,
        AtModifier::At(time) => At::Time(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => milliseconds(after),
            Err(error) => -milliseconds(error.duration()),
        }),
    });
    let offset = match offset {
        None => 0,
        Some(Offset::Pos(duration)) => milliseconds(*duration),
        Some(Offset::Neg(duration)) => -milliseconds(*duration),
    };
    When { at, offset }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn grouping(from: &LabelModifier) -> Grouping {
    match from {
        LabelModifier::Include(labels) => Grouping::By(labels.labels.clone()),
        LabelModifier::Exclude(labels) => Grouping::Without(labels.labels.clone()),
    }
}

fn aggregation(name: &str) -> Option<Aggregation> {
    use Aggregation::*;
    [
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
    ]
    .into_iter()
    .find(|aggregation| aggregation.name() == name)
}

fn operator(name: &str, bool_result: bool) -> Option<Op> {
    let compare = |how| Op::Compare { how, bool_result };
    Some(match name {
        "+" => Op::Math(Math::Add),
        "-" => Op::Math(Math::Sub),
        "*" => Op::Math(Math::Mul),
        "/" => Op::Math(Math::Div),
        "%" => Op::Math(Math::Mod),
        "^" => Op::Math(Math::Pow),
        "atan2" => Op::Math(Math::Atan2),
        "==" => compare(Comparison::Equal),
        "!=" => compare(Comparison::NotEqual),
        ">" => compare(Comparison::Greater),
        "<" => compare(Comparison::Less),
        ">=" => compare(Comparison::GreaterEqual),
        "<=" => compare(Comparison::LessEqual),
        "and" => Op::Set(Set::And),
        "or" => Op::Set(Set::Or),
        "unless" => Op::Set(Set::Unless),
        _ => return None,
    })
}
