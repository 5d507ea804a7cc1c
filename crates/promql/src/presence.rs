//! On which label sets could a condition be judged at all?
//!
//! An alert whose expression yields nothing is resolved only if the expression *could* have yielded it; otherwise
//! its series went away and it is lost. So the filters of a condition are replaced by what they filter.

use crate::eval::absent;
use crate::function::Function;
use crate::node::{Binary, Call, Node, Op, Set};

pub(crate) fn presence(node: &Node) -> Node {
    match node {
        Node::Binary(binary) if binary.op == Op::Set(Set::Unless) => presence(&binary.lhs),
        Node::Binary(binary) => Node::Binary(Box::new(Binary {
            op: match binary.op {
                Op::Compare { how, .. } => Op::Compare { how, bool_result: true },
                other => other,
            },
            lhs: presence(&binary.lhs),
            rhs: presence(&binary.rhs),
            ..(**binary).clone()
        })),
        Node::Call(Call { function: Function::Absent | Function::AbsentOverTime, args, .. }) => {
            always(&args[0])
        }
        other => {
            let mut copy = other.clone();
            for child in copy.children_mut() {
                *child = presence(child);
            }
            copy
        }
    }
}

/// Whether something is absent can always be judged: `vector(1)` with the labels that `absent` would give.
fn always(arg: &Node) -> Node {
    let one = call("vector", Function::Vector, vec![Node::Number(1.0)]);
    absent::labels(arg).iter().fold(one, |labelled, (name, value)| {
        // `$` introduces a group in a replacement.
        let texts = [name, &value.replace('$', "$$"), "", ""];
        let texts = texts.into_iter().map(|text| Node::Text(text.into()));
        call("label_replace", Function::LabelReplace, [labelled].into_iter().chain(texts).collect())
    })
}

fn call(name: &'static str, function: Function, args: Vec<Node>) -> Node {
    Node::Call(Call { name, function, args, places: Vec::new() })
}
