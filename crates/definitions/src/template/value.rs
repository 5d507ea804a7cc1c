//! What the parts of a template are worth.

mod calendar;
mod json;
mod notified;
mod weight;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use andon_promql::Number;
use andon_timeseries::Histogram;
use andon_vocabulary::Labels;
use jiff::Zoned;

use super::World;
use super::humanize::{moment, shortest, span};
use crate::notification::{NotifiedAlert, Pairs};
pub(super) use notified::{FIELDS, field};
pub(super) use weight::Room;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Rc<str>),
    /// Text that stands in a page as it is: what `safeHtml` makes.
    Html(Rc<str>),
    /// Text that stands in a link as it is: what `safeUrl` makes.
    Url(Rc<str>),
    Int(i64),
    Float(f64),
    Histogram(Arc<Histogram>),
    Time(Rc<Zoned>),
    /// In nanoseconds.
    Span(i64),
    Bool(bool),
    Nil,
    /// What the dot is at first: what a rule gives, or a notification.
    Root,
    Labels(Labels),
    /// What `args` and `dict` make.
    Map(Rc<BTreeMap<String, Value>>),
    /// What `query` answers.
    Samples(Rc<Vec<(Labels, Number)>>),
    Sample(Rc<(Labels, Number)>),
    List(Rc<Vec<Value>>),
    Alerts(Rc<[Arc<NotifiedAlert>]>),
    Alert(Arc<NotifiedAlert>),
    /// Labels or annotations of a notification.
    Pairs(Arc<Pairs>),
    /// Those in their order.
    Sorted(Rc<[(String, String)]>),
    Pair(Rc<(String, String)>),
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

    pub fn texts<T: Into<Rc<str>>>(texts: impl IntoIterator<Item = T>) -> Value {
        Value::List(Rc::new(texts.into_iter().map(Value::text).collect()))
    }

    /// Whatever kind of text it is.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Html(text) | Value::Url(text) => Some(text),
            _ => None,
        }
    }

    /// As Go counts truth: nothing that is zero or empty.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Text(text) | Value::Html(text) | Value::Url(text) => !text.is_empty(),
            Value::Int(whole) | Value::Span(whole) => *whole != 0,
            Value::Float(float) => *float != 0.0,
            Value::Bool(is) => *is,
            Value::Nil => false,
            Value::Root | Value::Sample(_) | Value::Histogram(_) | Value::Time(_) => true,
            Value::Alert(_) | Value::Pair(_) => true,
            _ => self.length().is_some_and(|length| length > 0),
        }
    }

    pub fn length(&self) -> Option<usize> {
        Some(match self {
            Value::Text(text) | Value::Html(text) | Value::Url(text) => text.len(),
            Value::Labels(labels) => labels.len(),
            Value::Map(map) => map.len(),
            Value::Samples(samples) => samples.len(),
            Value::List(list) => list.len(),
            Value::Alerts(alerts) => alerts.len(),
            Value::Pairs(pairs) => pairs.len(),
            Value::Sorted(pairs) => pairs.len(),
            _ => return None,
        })
    }

    /// As Go prints it.
    pub fn print(&self) -> String {
        match self {
            Value::Text(text) | Value::Html(text) | Value::Url(text) => text.to_string(),
            Value::Int(whole) => whole.to_string(),
            Value::Float(float) => shortest(*float),
            Value::Histogram(histogram) => histogram.to_string(),
            Value::Time(time) => moment(time),
            Value::Span(nanos) => span(*nanos),
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
            Value::List(list) => {
                format!("[{}]", list.iter().map(Value::print).collect::<Vec<_>>().join(" "))
            }
            Value::Alerts(_) | Value::Alert(_) | Value::Pairs(_) | Value::Sorted(_) | Value::Pair(_) => {
                self.print_notified()
            }
        }
    }

    /// Texts that read as numbers are numbers to `humanize` and its like.
    pub fn number(&self) -> Result<f64, String> {
        match self {
            Value::Float(float) => Ok(*float),
            Value::Int(whole) => Ok(*whole as f64),
            Value::Span(nanos) => Ok(*nanos as f64 / 1e9),
            Value::Text(text) => text.parse().map_err(|_| format!("{text:?} is not a number")),
            other => Err(format!("{} is not a number", other.kind())),
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) | Value::Html(_) | Value::Url(_) => "string",
            Value::Int(_) => "int",
            Value::Float(_) => "float64",
            Value::Histogram(_) => "a histogram",
            Value::Time(_) => "a time",
            Value::Span(_) => "a duration",
            Value::Bool(_) => "bool",
            Value::Nil => "nil",
            Value::Root => "what the text is filled in with",
            Value::Labels(_) | Value::Map(_) | Value::Pairs(_) => "map",
            Value::Samples(_) => "a query's result",
            Value::Sample(_) => "a sample",
            Value::List(_) | Value::Sorted(_) => "a list",
            Value::Alerts(_) => "a list of alerts",
            Value::Alert(_) => "an alert",
            Value::Pair(_) => "a pair",
        }
    }

    pub fn field(&self, field: &str, world: &World) -> Result<Value, String> {
        match (self, field) {
            (Value::Root, _) => world.field(field),
            (Value::Labels(_) | Value::Map(_), name) => Ok(self.entry(name)),
            (Value::Sample(sample), "Labels") => Ok(Value::Labels(sample.0.clone())),
            (Value::Sample(sample), "Value") => Ok(Value::from(&sample.1)),
            (Value::Pairs(pairs), name) => match self.method(name, &[]) {
                Some(made) => made,
                None => Ok(Value::text(pairs.get(name).map_or("", String::as_str))),
            },
            (other, name) => match other.method(name, &[]).or_else(|| other.field_of_alert(name).map(Ok)) {
                Some(made) => made,
                None => Err(format!("{} has no field {field}", other.kind())),
            },
        }
    }

    /// What a method of it gives; none where it has no such method.
    pub fn method(&self, name: &str, args: &[Value]) -> Option<Result<Value, String>> {
        match self {
            Value::Time(time) => calendar::of_time(time, name, args),
            Value::Span(nanos) => calendar::of_span(*nanos, name, args),
            _ => self.method_of_notified(name, args),
        }
    }

    /// What a map has of a name; of what it does not have, what Go calls its zero.
    pub fn entry(&self, name: &str) -> Value {
        match self {
            Value::Labels(labels) => Value::text(labels.get(name).unwrap_or("")),
            Value::Pairs(pairs) => Value::text(pairs.get(name).map_or("", String::as_str)),
            Value::Map(map) => map.get(name).cloned().unwrap_or(Value::Nil),
            _ => Value::Nil,
        }
    }

    /// None where two values cannot be compared. A whole number and a float can, unlike in Go.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
            return Some(a.cmp(b));
        }
        match (self, other) {
            (Value::Int(a) | Value::Span(a), Value::Int(b) | Value::Span(b)) => Some(a.cmp(b)),
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                self.number().ok()?.partial_cmp(&other.number().ok()?)
            }
            _ => None,
        }
    }

    pub fn equals(&self, other: &Value) -> Result<bool, String> {
        if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
            return Ok(a == b);
        }
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (
                Value::Int(_) | Value::Float(_) | Value::Span(_),
                Value::Int(_) | Value::Float(_) | Value::Span(_),
            ) => Ok(self.compare(other) == Some(Ordering::Equal)),
            (Value::Nil, Value::Nil) => Ok(true),
            (Value::Time(a), Value::Time(b)) => Ok(a.timestamp() == b.timestamp()),
            _ => Err(incomparable(self, other)),
        }
    }
}

pub(super) fn incomparable(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", a.kind(), b.kind())
}
