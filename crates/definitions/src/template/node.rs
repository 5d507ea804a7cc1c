//! What a template is made of.

use super::functions::Function;

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Literal(String),
    Print(Pipeline),
    /// `{{ $x := … }}`
    Declare(String, Pipeline),
    /// `{{ $x = … }}`
    Assign(String, Pipeline),
    If {
        condition: Bound,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    With {
        subject: Bound,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Range {
        key: Option<String>,
        value: Option<String>,
        over: Pipeline,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// `{{ template "name" … }}`; without a pipeline its dot is nothing.
    Template(String, Option<Pipeline>),
    Break,
    Continue,
}

/// A pipeline that may give its value a name.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Bound {
    pub name: Option<String>,
    pub pipeline: Pipeline,
}

/// Commands, each of which is given the result of the one before as its last argument.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Pipeline(pub Vec<Command>);

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Command {
    Value(Operand),
    Call(Function, Vec<Operand>),
    /// `.Labels.Remove $names`: a method of a value, and what it is given.
    Method(Operand, String, Vec<Operand>),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Operand {
    /// `.a.b`; the dot itself has no fields.
    Dot(Vec<String>),
    Variable(String, Vec<String>),
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nil,
    /// A function without arguments.
    Call(Function),
    Group(Box<Pipeline>, Vec<String>),
}

impl Operand {
    /// Without the last of its fields, and that.
    pub fn split(mut self) -> Option<(Operand, String)> {
        let last = match &mut self {
            Operand::Dot(fields) | Operand::Variable(_, fields) | Operand::Group(_, fields) => fields.pop(),
            _ => None,
        };
        Some((self, last?))
    }
}

/// Whether it says nothing but white space: what is defined so may be defined again.
pub(super) fn is_blank(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| matches!(node, Node::Literal(text) if text.trim().is_empty()))
}
