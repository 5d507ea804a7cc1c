//! The functions of templates: Prometheus's, and those that Go brings.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use andon_timeseries::re2;
use regex::{Regex, RegexBuilder};

use super::Scene;
use super::humanize;
use super::printf::printf;
use super::value::{Value, incomparable};
use crate::scalar::Period;

type Call = fn(&[Value], &Scene) -> Result<Value, String>;

/// Name, how many arguments at least and at most, and what it does.
type Row = (&'static str, usize, usize, Call);

const MANY: usize = usize::MAX;

const TABLE: &[Row] = &[
    ("and", 1, MANY, |args, _| Ok(args.last().cloned().unwrap_or(Value::Nil))),
    ("args", 0, MANY, |args, _| Ok(numbered(args))),
    ("eq", 2, MANY, |args, _| {
        for other in &args[1..] {
            if args[0].equals(other)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
    ("externalURL", 0, 0, |_, scene| Ok(Value::text(scene.outside.url.as_str()))),
    ("first", 1, 1, |args, _| first(&args[0])),
    ("ge", 2, 2, |args, _| compared(args, |ordering| ordering.is_ge())),
    ("graphLink", 1, 1, |args, _| link(&args[0], 0)),
    ("gt", 2, 2, |args, _| compared(args, |ordering| ordering.is_gt())),
    ("html", 1, MANY, |args, _| Ok(Value::text(escaped(&joined(args))))),
    ("humanize", 1, 1, |args, _| Ok(Value::text(humanize::humanize(args[0].number()?)))),
    ("humanize1024", 1, 1, |args, _| Ok(Value::text(humanize::humanize1024(args[0].number()?)))),
    ("humanizeDuration", 1, 1, |args, _| Ok(Value::text(humanize::duration(args[0].number()?)))),
    ("humanizePercentage", 1, 1, |args, _| Ok(Value::text(humanize::percentage(args[0].number()?)))),
    ("humanizeTimestamp", 1, 1, |args, _| Ok(Value::text(humanize::timestamp(args[0].number()?)?))),
    ("index", 2, MANY, |args, _| args[1..].iter().try_fold(args[0].clone(), indexed)),
    ("label", 2, 2, |args, _| match &args[1] {
        Value::Sample(sample) => Ok(Value::text(sample.0.get(&text(&args[0])?).unwrap_or(""))),
        other => Err(format!("wants a sample, not {}", other.kind())),
    }),
    ("le", 2, 2, |args, _| compared(args, |ordering| ordering.is_le())),
    ("len", 1, 1, |args, _| length(&args[0])),
    ("lt", 2, 2, |args, _| compared(args, |ordering| ordering.is_lt())),
    ("match", 2, 2, |args, _| Ok(Value::Bool(pattern(&args[0])?.is_match(&text(&args[1])?)))),
    ("ne", 2, 2, |args, _| Ok(Value::Bool(!args[0].equals(&args[1])?))),
    ("not", 1, 1, |args, _| Ok(Value::Bool(!args[0].is_true()))),
    ("or", 1, MANY, |args, _| Ok(args.last().cloned().unwrap_or(Value::Nil))),
    ("parseDuration", 1, 1, |args, _| {
        let period = Period::parse(&text(&args[0])?)?;
        Ok(Value::Float(period.as_secs_f64()))
    }),
    ("pathPrefix", 0, 0, |_, scene| Ok(Value::text(path(&scene.outside.url)))),
    ("print", 0, MANY, |args, _| Ok(Value::text(printed(args)))),
    ("printf", 1, MANY, |args, _| Ok(Value::text(printf(&text(&args[0])?, &args[1..])))),
    ("println", 0, MANY, |args, _| Ok(Value::text(joined(args) + "\n"))),
    ("query", 1, 1, |args, scene| {
        (scene.query)(&text(&args[0])?).map(|found| Value::Samples(Rc::new(found)))
    }),
    ("reReplaceAll", 3, 3, |args, _| {
        let (replacement, subject) = (text(&args[1])?, text(&args[2])?);
        Ok(Value::text(pattern(&args[0])?.replace_all(&subject, replacement.as_str()).into_owned()))
    }),
    ("safeHtml", 1, 1, |args, _| Ok(args[0].clone())),
    ("slice", 1, 3, |args, _| slice(args)),
    ("sortByLabel", 2, 2, |args, _| match &args[1] {
        Value::Samples(samples) => {
            let (name, mut samples) = (text(&args[0])?, samples.to_vec());
            samples.sort_by(|a, b| a.0.get(&name).unwrap_or("").cmp(b.0.get(&name).unwrap_or("")));
            Ok(Value::Samples(Rc::new(samples)))
        }
        other => Err(format!("wants a query's result, not {}", other.kind())),
    }),
    ("stripDomain", 1, 1, |args, _| Ok(Value::text(without_domain(&text(&args[0])?)))),
    ("stripPort", 1, 1, |args, _| {
        let whole = text(&args[0])?;
        Ok(Value::text(host_and_port(&whole).map_or(whole.as_str(), |(host, _)| host)))
    }),
    ("strvalue", 1, 1, |args, _| match &args[0] {
        Value::Sample(sample) => Ok(Value::text(sample.0.get("__value__").unwrap_or(""))),
        other => Err(format!("wants a sample, not {}", other.kind())),
    }),
    ("tableLink", 1, 1, |args, _| link(&args[0], 1)),
    ("title", 1, 1, |args, _| Ok(Value::text(titled(&text(&args[0])?)))),
    ("toLower", 1, 1, |args, _| Ok(Value::text(text(&args[0])?.to_lowercase()))),
    ("toTime", 1, 1, |args, _| humanize::time(args[0].number()?).map(Value::Time)),
    ("toUpper", 1, 1, |args, _| Ok(Value::text(text(&args[0])?.to_uppercase()))),
    ("urlQueryEscape", 1, 1, |args, _| Ok(Value::text(url_escaped(&text(&args[0])?)))),
    ("urlquery", 1, MANY, |args, _| Ok(Value::text(url_escaped(&joined(args))))),
    ("value", 1, 1, |args, _| match &args[0] {
        Value::Sample(sample) => Ok(Value::from(&sample.1)),
        other => Err(format!("wants a sample, not {}", other.kind())),
    }),
];

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Function(usize);

impl Function {
    pub fn named(name: &str) -> Option<Function> {
        TABLE.iter().position(|row| row.0 == name).map(Function)
    }

    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        TABLE.iter().map(|row| row.0)
    }

    pub fn name(self) -> &'static str {
        TABLE[self.0].0
    }

    /// Whether it needs the samples.
    pub fn asks(self) -> bool {
        self.name() == "query"
    }

    /// What it takes, if that is not what it is given.
    pub fn wants(self, given: usize) -> Option<String> {
        let (_, least, most, _) = TABLE[self.0];
        if (least..=most).contains(&given) {
            return None;
        }
        Some(match (least, most) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "1 argument".to_owned(),
            (least, MANY) => format!("at least {least} arguments"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        })
    }

    /// Whether further arguments cannot change what it gives.
    pub fn is_settled(self, args: &[Value]) -> bool {
        let last = args.last().is_some_and(Value::is_true);
        match self.name() {
            "and" => !last,
            "or" => last,
            _ => false,
        }
    }

    pub fn call(self, args: &[Value], scene: &Scene) -> Result<Value, String> {
        TABLE[self.0].3(args, scene)
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        other => Err(format!("wants a text, not {}", other.kind())),
    }
}

fn numbered(args: &[Value]) -> Value {
    let named = args.iter().enumerate().map(|(at, value)| (format!("arg{at}"), value.clone()));
    Value::Map(Rc::new(named.collect::<BTreeMap<_, _>>()))
}

fn first(value: &Value) -> Result<Value, String> {
    match value {
        Value::Samples(samples) => match samples.first() {
            Some(sample) => Ok(Value::Sample(Rc::new(sample.clone()))),
            None => Err("first() called on vector with no elements".to_owned()),
        },
        other => Err(format!("wants a query's result, not {}", other.kind())),
    }
}

fn compared(args: &[Value], holds: fn(std::cmp::Ordering) -> bool) -> Result<Value, String> {
    if let (Value::Float(a), Value::Float(b)) = (&args[0], &args[1])
        && (a.is_nan() || b.is_nan())
    {
        return Ok(Value::Bool(false));
    }
    let ordering = args[0].compare(&args[1]).ok_or_else(|| incomparable(&args[0], &args[1]))?;
    Ok(Value::Bool(holds(ordering)))
}

fn indexed(value: Value, key: &Value) -> Result<Value, String> {
    match (&value, key) {
        (Value::Labels(_) | Value::Map(_), Value::Text(name)) => Ok(value.entry(name)),
        (Value::Samples(samples), Value::Int(at)) => {
            let sample = usize::try_from(*at).ok().and_then(|at| samples.get(at));
            sample
                .map(|sample| Value::Sample(Rc::new(sample.clone())))
                .ok_or(format!("index out of range: {at}"))
        }
        (value, key) => Err(format!("{} has no index {}", value.kind(), key.print())),
    }
}

fn length(value: &Value) -> Result<Value, String> {
    let length = match value {
        Value::Text(text) => text.len(),
        Value::Labels(labels) => labels.iter().count(),
        Value::Map(map) => map.len(),
        Value::Samples(samples) => samples.len(),
        other => return Err(format!("len of type {}", other.kind())),
    };
    Ok(Value::Int(length as i64))
}

fn slice(args: &[Value]) -> Result<Value, String> {
    let whole = text(&args[0])?;
    let bound = |at: usize, otherwise: usize| match args.get(at) {
        None => Ok(otherwise),
        Some(Value::Int(bound)) => {
            usize::try_from(*bound).map_err(|_| format!("index out of range: {bound}"))
        }
        Some(other) => Err(format!("cannot index slice/array with type {}", other.kind())),
    };
    let (from, to) = (bound(1, 0)?, bound(2, whole.len())?);
    whole.get(from..to).map(Value::text).ok_or_else(|| format!("index out of range: {from}:{to}"))
}

fn pattern(value: &Value) -> Result<Regex, String> {
    let built = RegexBuilder::new(&re2::translated(&text(value)?)).size_limit(1 << 20).build();
    built.map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

/// Prometheus's link to its own page.
fn link(expr: &Value, tab: u8) -> Result<Value, String> {
    Ok(Value::text(format!("/graph?g0.expr={}&g0.tab={tab}", url_escaped(&text(expr)?))))
}

/// The path of an address.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or("")
}

/// Spaces stand between two values neither of which is a text.
fn printed(args: &[Value]) -> String {
    let mut all = String::new();
    for (at, arg) in args.iter().enumerate() {
        let is_text = |value: &Value| matches!(value, Value::Text(_));
        if at > 0 && !is_text(arg) && !is_text(&args[at - 1]) {
            all.push(' ');
        }
        all.push_str(&arg.print());
    }
    all
}

fn joined(args: &[Value]) -> String {
    args.iter().map(Value::print).collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&#34;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn url_escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => safe.push(byte.into()),
            b' ' => safe.push('+'),
            byte => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    safe
}

/// The first letter of each word large, the others as they are.
fn titled(text: &str) -> String {
    let mut inside = false;
    let letter = |c: char| {
        let begins = !inside && c.is_alphabetic();
        inside = c.is_alphanumeric() || matches!(c, '\'' | '_');
        if begins { c.to_uppercase().collect::<String>() } else { c.to_string() }
    };
    text.chars().map(letter).collect()
}

fn host_and_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => Some((host, port)),
        None if host.contains([':', '[', ']']) => None,
        None => Some((host, port)),
    }
}

fn without_domain(text: &str) -> String {
    let (host, port) = host_and_port(text).unwrap_or((text, ""));
    if host.parse::<IpAddr>().is_ok() {
        return text.to_owned();
    }
    let short = host.split('.').next().unwrap_or(host);
    if port.is_empty() { short.to_owned() } else { format!("{short}:{port}") }
}
