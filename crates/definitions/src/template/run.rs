//! Fills a template in.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::node::{Bound, Command, Node, Operand, Pipeline};
use super::page::Page;
use super::value::{Room, Value};
use super::{Scene, Template, World};

/// Nobody reads an annotation that is longer; a message may list many alerts.
const RULE_LENGTH_MAX: usize = 64 * 1024;
const WORDS_LENGTH_MAX: usize = 4 * 1024 * 1024;
/// So much a text handles on its way, what its functions take and give counted each time.
const HANDLED_MAX: usize = 16 * WORDS_LENGTH_MAX;
/// Templates may put themselves in; so deep.
const DEPTH_MAX: usize = 32;
/// So many parts are filled in, those of loops each time; then it does not end.
const STEPS_MAX: usize = 1_000_000;
/// So far `range` counts.
const COUNT_MAX: i64 = 10_000;

/// What a text is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Text,
    Page,
}

pub(super) fn rule(template: &Template, scene: &Scene) -> Result<String, String> {
    let variables = vec![
        ("", Value::Root),
        ("labels", Value::Labels(scene.labels.clone())),
        ("externalLabels", Value::Labels(scene.outside.labels.clone())),
        ("externalURL", Value::text(scene.outside.url.as_str())),
        ("value", Value::from(&scene.value)),
    ];
    let world = World::Rule(scene);
    Run::new(template, None, &world, variables).finish(RULE_LENGTH_MAX)
}

/// What `shared` has is put in where the text itself defines nothing of that name.
pub(super) fn words(
    template: &Template,
    shared: &BTreeMap<String, Arc<[Node]>>,
    world: &World,
    target: Target,
) -> Result<String, String> {
    let mut run = Run::new(template, Some(shared), world, vec![("", Value::Root)]);
    run.page = (target == Target::Page).then(Page::default);
    run.finish(WORDS_LENGTH_MAX)
}

struct Run<'a> {
    template: &'a Template,
    shared: Option<&'a BTreeMap<String, Arc<[Node]>>>,
    world: &'a World<'a>,
    variables: Vec<(&'a str, Value)>,
    text: String,
    length_max: usize,
    /// Where in a page the text ends, if it is one.
    page: Option<Page>,
    depth: usize,
    steps: usize,
    room: Room,
}

/// How a range goes on.
enum Leaves {
    Loop,
    Pass,
}

impl<'a> Run<'a> {
    fn new(
        template: &'a Template,
        shared: Option<&'a BTreeMap<String, Arc<[Node]>>>,
        world: &'a World<'a>,
        variables: Vec<(&'a str, Value)>,
    ) -> Self {
        Run {
            template,
            shared,
            world,
            variables,
            text: String::new(),
            length_max: 0,
            page: None,
            depth: 0,
            steps: 0,
            room: Room::of(HANDLED_MAX),
        }
    }

    fn finish(mut self, length_max: usize) -> Result<String, String> {
        self.length_max = length_max;
        // A `break` stands in a range, so it does not come up to here.
        let _ = self.nodes(&self.template.nodes, &Value::Root)?;
        Ok(self.text)
    }

    fn nodes(&mut self, nodes: &'a [Node], dot: &Value) -> Result<ControlFlow<Leaves>, String> {
        let names = self.variables.len();
        for node in nodes {
            if let ControlFlow::Break(leaves) = self.node(node, dot)? {
                self.variables.truncate(names);
                return Ok(ControlFlow::Break(leaves));
            }
            self.step()?;
            if self.text.len() > self.length_max {
                return Err(format!("the text is longer than {} bytes", self.length_max));
            }
        }
        self.variables.truncate(names);
        Ok(ControlFlow::Continue(()))
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err("it does not end".to_owned()) } else { Ok(()) }
    }

    fn node(&mut self, node: &'a Node, dot: &Value) -> Result<ControlFlow<Leaves>, String> {
        match node {
            Node::Literal(text) => match &mut self.page {
                Some(page) => self.text.push_str(&page.literal(text)),
                None => self.text.push_str(text),
            },
            Node::Print(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                let text = match &mut self.page {
                    Some(page) => page.value(&value),
                    None => value.print(),
                };
                self.text.push_str(&text);
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
                    self.step()?;
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
        if self.depth > DEPTH_MAX {
            return Err(format!("the template {name:?} is put in too often"));
        }
        let outer = std::mem::replace(&mut self.variables, vec![("", dot.clone())]);
        let own = self.template.defined.get(name).map(Vec::as_slice);
        let nodes = own.or_else(|| self.shared?.get(name).map(|nodes| &**nodes));
        let nodes = nodes.ok_or_else(|| format!("no template is called {name:?}"))?;
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

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, String> {
        let mut last = None;
        for command in &pipeline.0 {
            let made = match command {
                Command::Value(operand) => self.operand(operand, dot)?,
                Command::Method(of, name, args) => {
                    let of = self.operand(of, dot)?;
                    let mut values =
                        args.iter().map(|arg| self.operand(arg, dot)).collect::<Result<Vec<_>, _>>()?;
                    values.extend(last);
                    self.handles(&values)?;
                    let made = of.method(name, &values);
                    made.unwrap_or_else(|| Err(format!("{} has no method {name} for that", of.kind())))?
                }
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
                    self.handles(&values)?;
                    function
                        .call(&values, self.world)
                        .map_err(|error| format!("error calling {}: {error}", function.name()))?
                }
            };
            self.room.take(&made)?;
            last = Some(made);
        }
        Ok(last.unwrap_or(Value::Nil))
    }

    fn handles(&mut self, values: &[Value]) -> Result<(), String> {
        values.iter().try_for_each(|value| self.room.take(value))
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, String> {
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
            Operand::Call(function) => function.call(&[], self.world)?,
            Operand::Group(pipeline, fields) => {
                let value = self.pipeline(pipeline, dot)?;
                self.fields(value, fields)?
            }
        })
    }

    fn fields(&self, value: Value, fields: &[String]) -> Result<Value, String> {
        fields.iter().try_fold(value, |value, field| value.field(field, self.world))
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
        Value::Pairs(pairs) => {
            pairs.iter().map(|(name, value)| keyed((name.as_str(), Value::text(value.as_str())))).collect()
        }
        Value::List(list) => listed(list.iter().cloned()),
        Value::Alerts(alerts) => listed(alerts.iter().cloned().map(Value::Alert)),
        Value::Sorted(pairs) => listed(pairs.iter().cloned().map(|pair| Value::Pair(Rc::new(pair)))),
        Value::Int(most) => {
            if most > COUNT_MAX {
                return Err(format!("range counts to {COUNT_MAX} at most"));
            }
            (0..most.max(0)).map(|at| (Value::Int(at), Value::Int(at))).collect()
        }
        Value::Map(map) => map.iter().map(|(name, value)| keyed((name, value.clone()))).collect(),
        Value::Nil => Vec::new(),
        other => return Err(format!("range can't iterate over {}", other.print())),
    })
}

fn listed(items: impl Iterator<Item = Value>) -> Vec<(Value, Value)> {
    items.enumerate().map(|(at, item)| (Value::Int(at as i64), item)).collect()
}
