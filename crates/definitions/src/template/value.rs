//! What the parts of a template are worth.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use andon_promql::Number;
use andon_timeseries::Histogram;
use andon_vocabulary::{Labels, Timestamp};

use super::Outside;
use super::humanize::{in_utc, moment, shortest};

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Rc<str>),
    Int(i64),
    Float(f64),
    Histogram(Arc<Histogram>),
    Time(Timestamp),
    Bool(bool),
    Nil,
    /// What the rule gives: `.Labels`, `.Value`, `.ExternalLabels`, `.ExternalURL`.
    Root,
    Labels(Labels),
    /// What `args` makes.
    Map(Rc<BTreeMap<String, Value>>),
    /// What `query` answers.
    Samples(Rc<Vec<(Labels, Number)>>),
    Sample(Rc<(Labels, Number)>),
}

/// What the rule gives.
pub(super) struct Root<'a> {
    pub labels: &'a Labels,
    pub value: &'a Number,
    pub outside: &'a Outside,
}

impl From<&Number> for Value {
    fn from(number: &Number) -> Value {
        match number {
            Number::Float(value) => Value::Float(*value),
            Number::Histogram(histogram) => Value::Histogram(Arc::clone(histogram)),
        }
    }
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
            Value::Root | Value::Sample(_) | Value::Histogram(_) | Value::Time(_) => true,
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
            Value::Histogram(histogram) => histogram.to_string(),
            Value::Time(time) => moment(*time),
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
                let shown =
                    samples.iter().map(|(labels, value)| format!("{labels} {}", Value::from(value).print()));
                format!("[{}]", shown.collect::<Vec<_>>().join(" "))
            }
            Value::Sample(sample) => format!("{} {}", sample.0, Value::from(&sample.1).print()),
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
            Value::Histogram(_) => "a histogram",
            Value::Time(_) => "a time",
            Value::Bool(_) => "bool",
            Value::Nil => "nil",
            Value::Root => "the rule's data",
            Value::Labels(_) | Value::Map(_) => "map",
            Value::Samples(_) => "a query's result",
            Value::Sample(_) => "a sample",
        }
    }

    pub fn field(&self, field: &str, root: &Root) -> Result<Value, String> {
        match (self, field) {
            (Value::Root, "Labels") => Ok(Value::Labels(root.labels.clone())),
            (Value::Root, "Value") => Ok(root.value.into()),
            (Value::Root, "ExternalLabels") => Ok(Value::Labels(root.outside.labels.clone())),
            (Value::Root, "ExternalURL") => Ok(Value::text(root.outside.url.as_str())),
            (Value::Labels(_) | Value::Map(_), name) => Ok(self.entry(name)),
            (Value::Sample(sample), "Labels") => Ok(Value::Labels(sample.0.clone())),
            (Value::Sample(sample), "Value") => Ok(Value::from(&sample.1)),
            (Value::Time(at), method) => Value::of_time(*at, method),
            (other, _) => Err(format!("{} has no field {field}", other.kind())),
        }
    }

    /// What a map has of a name; of what it does not have, what Go calls its zero.
    pub fn entry(&self, name: &str) -> Value {
        match self {
            Value::Labels(labels) => Value::text(labels.get(name).unwrap_or("")),
            Value::Map(map) => map.get(name).cloned().unwrap_or(Value::Nil),
            _ => Value::Nil,
        }
    }

    /// The methods of Go's `time.Time` that take nothing.
    fn of_time(at: Timestamp, method: &str) -> Result<Value, String> {
        let number = |format| in_utc(at, format).parse().map(Value::Int);
        let format = match method {
            "UTC" => return Ok(Value::Time(at)),
            "UnixMilli" => return Ok(Value::Int(at.as_ms())),
            "Unix" => return Ok(Value::Int(at.as_ms().div_euclid(1000))),
            "Month" => return Ok(Value::text(in_utc(at, "%B"))),
            "Weekday" => return Ok(Value::text(in_utc(at, "%A"))),
            "String" => return Ok(Value::text(moment(at))),
            "Year" => "%Y",
            "YearDay" => "%j",
            "Day" => "%d",
            "Hour" => "%H",
            "Minute" => "%M",
            "Second" => "%S",
            _ => return Err(format!("a time has no {method} here")),
        };
        number(format).map_err(|_| format!("a time has no {method} here"))
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
