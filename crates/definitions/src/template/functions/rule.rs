//! The functions that Prometheus adds for the texts of rules.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use super::Row;
use super::go::{text, url_escaped};
use crate::scalar::Period;
use crate::template::humanize;
use crate::template::value::Value;

pub(super) const TABLE: &[Row] = &[
    ("args", 0, super::MANY, |args, _| Ok(numbered(args))),
    ("externalURL", 0, 0, |_, world| Ok(Value::text(world.rule()?.outside.url.as_str()))),
    ("first", 1, 1, |args, _| first(&args[0])),
    ("graphLink", 1, 1, |args, _| link(&args[0], 0)),
    ("humanize", 1, 1, |args, _| Ok(Value::text(humanize::humanize(args[0].number()?)))),
    ("humanize1024", 1, 1, |args, _| Ok(Value::text(humanize::humanize1024(args[0].number()?)))),
    ("humanizePercentage", 1, 1, |args, _| Ok(Value::text(humanize::percentage(args[0].number()?)))),
    ("humanizeTimestamp", 1, 1, |args, _| Ok(Value::text(humanize::timestamp(args[0].number()?)?))),
    ("label", 2, 2, |args, _| match &args[1] {
        Value::Sample(sample) => Ok(Value::text(sample.0.get(&text(&args[0])?).unwrap_or(""))),
        other => Err(format!("wants a sample, not {}", other.kind())),
    }),
    ("parseDuration", 1, 1, |args, _| {
        let period = Period::parse(&text(&args[0])?)?;
        Ok(Value::Float(period.as_secs_f64()))
    }),
    ("pathPrefix", 0, 0, |_, world| Ok(Value::text(path(&world.rule()?.outside.url)))),
    ("query", 1, 1, |args, world| {
        (world.rule()?.query)(&text(&args[0])?).map(|found| Value::Samples(Rc::new(found)))
    }),
    ("safeHtml", 1, 1, |args, _| Ok(args[0].clone())),
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
    ("toTime", 1, 1, |args, _| humanize::time(args[0].number()?).map(|time| Value::Time(Rc::new(time)))),
    ("urlQueryEscape", 1, 1, |args, _| Ok(Value::text(url_escaped(&text(&args[0])?)))),
    ("value", 1, 1, |args, _| match &args[0] {
        Value::Sample(sample) => Ok(Value::from(&sample.1)),
        other => Err(format!("wants a sample, not {}", other.kind())),
    }),
];

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
