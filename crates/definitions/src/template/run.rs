//! Fills a template in.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::node::{Bound, Command, Node, Operand, Pipeline};
use super::value::{Root, Value};
use super::{Scene, Template};

/// Nobody reads an annotation that is longer.
const LENGTH_MAX: usize = 64 * 1024;
/// Templates may put themselves in; so deep, and so often in all.
const DEPTH_MAX: usize = 32;
const CALLS_MAX: usize = 10_000;

pub(super) fn run(template: &Template, scene: &Scene) -> Result<String, String> {
    let root = Root { labels: scene.labels, value: &scene.value, outside: scene.outside };
    let variables = vec![
        ("", Value::Root),
        ("labels", Value::Labels(scene.labels.clone())),
        ("externalLabels", Value::Labels(scene.outside.labels.clone())),
        ("externalURL", Value::text(scene.outside.url.as_str())),
        ("value", Value::from(&scene.value)),
    ];
    let mut run = Run { template, scene, root, variables, text: String::new(), depth: 0, calls: 0 };
    // A `break` stands in a range, so it does not come up to here.
    let _ = run.nodes(&template.nodes, &Value::Root)?;
    Ok(run.text)
}

struct Run<'a> {
    template: &'a Template,
    scene: &'a Scene<'a>,
    root: Root<'a>,
    variables: Vec<(&'a str, Value)>,
    text: String,
    depth: usize,
    calls: usize,
}

/// How a range goes on.
enum Leaves {
    Loop,
    Pass,
}

impl<'a> Run<'a> {
    fn nodes(&mut self, nodes: &'a [Node], dot: &Value) -> Result<ControlFlow<Leaves>, String> {
        let names = self.variables.len();
        for node in nodes {
            if let ControlFlow::Break(leaves) = self.node(node, dot)? {
                self.variables.truncate(names);
                return Ok(ControlFlow::Break(leaves));
            }
            if self.text.len() > LENGTH_MAX {
                return Err(format!("the text is longer than {LENGTH_MAX} bytes"));
            }
        }
        self.variables.truncate(names);
        Ok(ControlFlow::Continue(()))
    }

    fn node(&mut self, node: &'a Node, dot: &Value) -> Result<ControlFlow<Leaves>, String> {
        match node {
            Node::Literal(text) => self.text.push_str(text),
            Node::Print(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                self.text.push_str(&value.print());
            }
            Node::Declare(name, pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                self.variables.push((name, value));
            }
            Node::Assign(name, pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                let mut variables = self.variables.iter_mut().rev();
                if let Some(variable) = variables.find(|(known, _)| known == name) {
                    variable.1 = value;
                }
            }
            Node::If { condition, then, otherwise } => {
                let names = self.variables.len();
                let value = self.bound(condition, dot)?;
                let flow = self.nodes(if value.is_true() { then } else { otherwise }, dot)?;
                self.variables.truncate(names);
                return Ok(flow);
            }
            Node::With { subject, then, otherwise } => {
                let names = self.variables.len();
                let value = self.bound(subject, dot)?;
                let flow =
                    if value.is_true() { self.nodes(then, &value)? } else { self.nodes(otherwise, dot)? };
                self.variables.truncate(names);
                return Ok(flow);
            }
            Node::Range { key, value, over, body, otherwise } => {
                let over = self.pipeline(over, dot)?;
                let elements = elements(over)?;
                if elements.is_empty() {
                    return self.nodes(otherwise, dot);
                }
                for (index, element) in elements {
                    let names = self.variables.len();
                    self.variables.extend(key.as_deref().map(|key| (key, index)));
                    self.variables.extend(value.as_deref().map(|name| (name, element.clone())));
                    let flow = self.nodes(body, &element)?;
                    self.variables.truncate(names);
                    if matches!(flow, ControlFlow::Break(Leaves::Loop)) {
                        break;
                    }
                }
            }
            Node::Template(name, pipeline) => {
                let dot = pipeline.as_ref().map(|pipeline| self.pipeline(pipeline, dot)).transpose()?;
                self.put_in(name, dot.unwrap_or(Value::Nil))?;
            }
            Node::Break => return Ok(ControlFlow::Break(Leaves::Loop)),
            Node::Continue => return Ok(ControlFlow::Break(Leaves::Pass)),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What it is given is all that a template knows: its `$` and its dot.
    fn put_in(&mut self, name: &str, dot: Value) -> Result<(), String> {
        self.depth += 1;
        self.calls += 1;
        if self.depth > DEPTH_MAX || self.calls > CALLS_MAX {
            return Err(format!("the template {name:?} is put in too often"));
        }
        let outer = std::mem::replace(&mut self.variables, vec![("", dot.clone())]);
        let nodes = self.template.defined.get(name).map_or(&[][..], Vec::as_slice);
        let _ = self.nodes(nodes, &dot)?;
        self.variables = outer;
        self.depth -= 1;
        Ok(())
    }

    fn bound(&mut self, bound: &'a Bound, dot: &Value) -> Result<Value, String> {
        let value = self.pipeline(&bound.pipeline, dot)?;
        self.variables.extend(bound.name.as_deref().map(|name| (name, value.clone())));
        Ok(value)
    }

    fn pipeline(&self, pipeline: &Pipeline, dot: &Value) -> Result<Value, String> {
        let mut last = None;
        for command in &pipeline.0 {
            last = Some(match command {
                Command::Value(operand) => self.operand(operand, dot)?,
                Command::Call(function, args) => {
                    let mut values = Vec::with_capacity(args.len() + 1);
                    for arg in args {
                        values.push(self.operand(arg, dot)?);
                        // `and` and `or` look no further than they need.
                        if function.is_settled(&values) {
                            break;
                        }
                    }
                    values.extend(last);
                    function
                        .call(&values, self.scene)
                        .map_err(|error| format!("error calling {}: {error}", function.name()))?
                }
            });
        }
        Ok(last.unwrap_or(Value::Nil))
    }

    fn operand(&self, operand: &Operand, dot: &Value) -> Result<Value, String> {
        Ok(match operand {
            Operand::Dot(fields) => self.fields(dot.clone(), fields)?,
            Operand::Variable(name, fields) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                let value = found.map_or(Value::Nil, |(_, value)| value.clone());
                self.fields(value, fields)?
            }
            Operand::Text(text) => Value::text(text.as_str()),
            Operand::Int(whole) => Value::Int(*whole),
            Operand::Float(float) => Value::Float(*float),
            Operand::Bool(is) => Value::Bool(*is),
            Operand::Nil => Value::Nil,
            Operand::Call(function) => function.call(&[], self.scene)?,
            Operand::Group(pipeline, fields) => self.fields(self.pipeline(pipeline, dot)?, fields)?,
        })
    }

    fn fields(&self, value: Value, fields: &[String]) -> Result<Value, String> {
        fields.iter().try_fold(value, |value, field| value.field(field, &self.root))
    }
}

/// What a range goes through, with the key or place of each.
fn elements(over: Value) -> Result<Vec<(Value, Value)>, String> {
    let keyed = |(name, value): (&str, Value)| (Value::text(name), value);
    Ok(match over {
        Value::Samples(samples) => {
            let samples = samples.iter().cloned().map(|sample| Value::Sample(Rc::new(sample)));
            samples.enumerate().map(|(at, sample)| (Value::Int(at as i64), sample)).collect()
        }
        Value::Labels(labels) => {
            labels.iter().map(|(name, value)| keyed((name, Value::text(value)))).collect()
        }
        Value::Map(map) => map.iter().map(|(name, value)| keyed((name, value.clone()))).collect(),
        Value::Nil => Vec::new(),
        other => return Err(format!("range can't iterate over {}", other.print())),
    })
}
