//! What the parts of a template are worth.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use andon_vocabulary::Labels;

use super::humanize::shortest;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Rc<str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Nil,
    /// What the rule gives: `.Labels`, `.Value`.
    Root,
    Labels(Labels),
    /// What `args` makes.
    Map(Rc<BTreeMap<String, Value>>),
    /// What `query` answers.
    Samples(Rc<Vec<(Labels, f64)>>),
    Sample(Rc<(Labels, f64)>),
}

impl Value {
    pub fn text(text: impl Into<Rc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// As Go counts truth: nothing that is zero or empty.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            Value::Int(whole) => *whole != 0,
            Value::Float(float) => *float != 0.0,
            Value::Bool(is) => *is,
            Value::Nil => false,
            Value::Root | Value::Sample(_) => true,
            Value::Labels(labels) => !labels.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Samples(samples) => !samples.is_empty(),
        }
    }

    /// As Go prints it.
    pub fn print(&self) -> String {
        match self {
            Value::Text(text) => text.to_string(),
            Value::Int(whole) => whole.to_string(),
            Value::Float(float) => shortest(*float),
            Value::Bool(is) => is.to_string(),
            Value::Nil => "<no value>".to_owned(),
            Value::Root => "{}".to_owned(),
            Value::Labels(labels) => {
                let pairs: Vec<String> =
                    labels.iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("map[{}]", pairs.join(" "))
            }
            Value::Map(map) => {
                let pairs = map.iter().map(|(name, value)| format!("{name}:{}", value.print()));
                format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
            }
            Value::Samples(samples) => {
                let shown = samples.iter().map(|(labels, value)| format!("{labels} {}", shortest(*value)));
                format!("[{}]", shown.collect::<Vec<_>>().join(" "))
            }
            Value::Sample(sample) => format!("{} {}", sample.0, shortest(sample.1)),
        }
    }

    /// Texts that read as numbers are numbers to `humanize` and its like.
    pub fn number(&self) -> Result<f64, String> {
        match self {
            Value::Float(float) => Ok(*float),
            Value::Int(whole) => Ok(*whole as f64),
            Value::Text(text) => text.parse().map_err(|_| format!("{text:?} is not a number")),
            other => Err(format!("{} is not a number", other.kind())),
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "string",
            Value::Int(_) => "int",
            Value::Float(_) => "float64",
            Value::Bool(_) => "bool",
            Value::Nil => "nil",
            Value::Root => "the rule's data",
            Value::Labels(_) | Value::Map(_) => "map",
            Value::Samples(_) => "a query's result",
            Value::Sample(_) => "a sample",
        }
    }

    pub fn field(&self, field: &str, root: &(Labels, f64)) -> Result<Value, String> {
        match (self, field) {
            (Value::Root, "Labels") => Ok(Value::Labels(root.0.clone())),
            (Value::Root, "Value") => Ok(Value::Float(root.1)),
            (Value::Labels(labels), name) => Ok(Value::text(labels.get(name).unwrap_or(""))),
            (Value::Map(map), name) => Ok(map.get(name).cloned().unwrap_or(Value::Nil)),
            (Value::Sample(sample), "Labels") => Ok(Value::Labels(sample.0.clone())),
            (Value::Sample(sample), "Value") => Ok(Value::Float(sample.1)),
            (other, _) => Err(format!("{} has no field {field}", other.kind())),
        }
    }

    /// None where two values cannot be compared. A whole number and a float can, unlike in Go.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                self.number().ok()?.partial_cmp(&other.number().ok()?)
            }
            _ => None,
        }
    }

    pub fn equals(&self, other: &Value) -> Result<bool, String> {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_))
            | (Value::Text(_), Value::Text(_)) => Ok(self.compare(other) == Some(Ordering::Equal)),
            (Value::Nil, Value::Nil) => Ok(true),
            _ => Err(incomparable(self, other)),
        }
    }
}

pub(super) fn incomparable(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", a.kind(), b.kind())
}
