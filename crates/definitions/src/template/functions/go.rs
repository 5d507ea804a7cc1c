//! The functions that Go brings, and those that Prometheus and Alertmanager both add.

use std::rc::Rc;

use andon_timeseries::re2;
use regex::{Regex, RegexBuilder};

use super::{MANY, Row, letters};
use crate::template::humanize;
use crate::template::printf::printf;
use crate::template::value::{Value, incomparable};

pub(super) const TABLE: &[Row] = &[
    ("and", 1, MANY, |args, _| Ok(args.last().cloned().unwrap_or(Value::Nil))),
    ("eq", 2, MANY, |args, _| {
        for other in &args[1..] {
            if args[0].equals(other)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
    ("ge", 2, 2, |args, _| compared(args, |ordering| ordering.is_ge())),
    ("gt", 2, 2, |args, _| compared(args, |ordering| ordering.is_gt())),
    ("html", 1, MANY, |args, _| Ok(Value::Html(escaped(&joined(args)).into()))),
    ("index", 2, MANY, |args, _| args[1..].iter().try_fold(args[0].clone(), indexed)),
    ("le", 2, 2, |args, _| compared(args, |ordering| ordering.is_le())),
    ("len", 1, 1, |args, _| length(&args[0])),
    ("lt", 2, 2, |args, _| compared(args, |ordering| ordering.is_lt())),
    ("ne", 2, 2, |args, _| Ok(Value::Bool(!args[0].equals(&args[1])?))),
    ("not", 1, 1, |args, _| Ok(Value::Bool(!args[0].is_true()))),
    ("or", 1, MANY, |args, _| Ok(args.last().cloned().unwrap_or(Value::Nil))),
    ("print", 0, MANY, |args, _| Ok(Value::text(printed(args)))),
    ("printf", 1, MANY, |args, _| printf(&text(&args[0])?, &args[1..]).map(Value::text)),
    ("println", 0, MANY, |args, _| Ok(Value::text(joined(args) + "\n"))),
    ("slice", 1, 3, |args, _| slice(args)),
    ("urlquery", 1, MANY, |args, _| Ok(Value::text(url_escaped(&joined(args))))),
];

/// Those that both add.
pub(super) const SHARED: &[Row] = &[
    ("humanizeDuration", 1, 1, |args, _| Ok(Value::text(humanize::duration(args[0].number()?)))),
    ("match", 2, 2, |args, _| Ok(Value::Bool(pattern(&args[0])?.is_match(&text(&args[1])?)))),
    ("reReplaceAll", 3, 3, |args, _| {
        let (replacement, subject) = (text(&args[1])?, text(&args[2])?);
        replaced(&pattern(&args[0])?, &replacement, &subject).map(Value::text)
    }),
    ("toLower", 1, 1, |args, _| Ok(Value::text(letters::lower(&text(&args[0])?)))),
    ("toUpper", 1, 1, |args, _| Ok(Value::text(letters::upper(&text(&args[0])?)))),
];

/// Whatever kind of text it is.
pub(super) fn text(value: &Value) -> Result<String, String> {
    value.as_text().map(str::to_owned).ok_or_else(|| format!("wants a text, not {}", value.kind()))
}

/// A function takes little and gives more than this: no text needs it.
pub(super) const MADE_MAX: usize = 16 << 20;

fn replaced(pattern: &Regex, replacement: &str, subject: &str) -> Result<String, String> {
    // Each group that it names is at most the whole subject, all matches together.
    let groups = replacement.matches('$').count();
    let matches = pattern.find_iter(subject).count();
    let made = subject.len().saturating_mul(groups + 1) + matches.saturating_mul(replacement.len());
    if made > MADE_MAX {
        return Err("it would make too much of too little".to_owned());
    }
    Ok(pattern.replace_all(subject, replacement).into_owned())
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
        (Value::Labels(_) | Value::Map(_) | Value::Pairs(_), key) if key.as_text().is_some() => {
            Ok(value.entry(key.as_text().unwrap_or_default()))
        }
        (value, Value::Int(at)) => {
            let item = usize::try_from(*at).ok().and_then(|at| item(value, at));
            item.ok_or(format!("index out of range: {at}"))
        }
        (value, key) => Err(format!("{} has no index {}", value.kind(), key.print())),
    }
}

/// What stands at a place of a list.
fn item(list: &Value, at: usize) -> Option<Value> {
    match list {
        Value::Samples(samples) => samples.get(at).map(|sample| Value::Sample(Rc::new(sample.clone()))),
        Value::List(list) => list.get(at).cloned(),
        Value::Alerts(alerts) => alerts.get(at).cloned().map(Value::Alert),
        Value::Sorted(pairs) => pairs.get(at).map(|pair| Value::Pair(Rc::new(pair.clone()))),
        _ => None,
    }
}

fn length(value: &Value) -> Result<Value, String> {
    let length = value.length().ok_or_else(|| format!("len of type {}", value.kind()))?;
    Ok(Value::Int(length as i64))
}

fn slice(args: &[Value]) -> Result<Value, String> {
    let whole = args[0].length().ok_or_else(|| format!("slice of type {}", args[0].kind()))?;
    let bound = |at: usize, otherwise: usize| match args.get(at) {
        None => Ok(otherwise),
        Some(Value::Int(bound)) => {
            usize::try_from(*bound).map_err(|_| format!("index out of range: {bound}"))
        }
        Some(other) => Err(format!("cannot index slice/array with type {}", other.kind())),
    };
    let (from, to) = (bound(1, 0)?, bound(2, whole)?);
    let part = match &args[0] {
        Value::List(list) => list.get(from..to).map(|part| Value::List(Rc::new(part.to_vec()))),
        Value::Alerts(alerts) => alerts.get(from..to).map(|part| Value::Alerts(part.into())),
        Value::Sorted(pairs) => pairs.get(from..to).map(|part| Value::Sorted(part.into())),
        other => other.as_text().and_then(|text| text.get(from..to)).map(Value::text),
    };
    part.ok_or_else(|| format!("index out of range: {from}:{to}"))
}

pub(super) fn pattern(value: &Value) -> Result<Regex, String> {
    let built = RegexBuilder::new(&re2::translated(&text(value)?)?).size_limit(1 << 20).build();
    built.map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

/// Spaces stand between two values neither of which is a text.
fn printed(args: &[Value]) -> String {
    let mut all = String::new();
    for (at, arg) in args.iter().enumerate() {
        let is_text = |value: &Value| value.as_text().is_some();
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

pub(in crate::template) fn escaped(text: &str) -> String {
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

pub(super) fn url_escaped(text: &str) -> String {
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
