//! The functions that Alertmanager adds for what its receivers are sent.

use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::go::{MADE_MAX, text};
use super::{MANY, Row};
use crate::template::layout;
use crate::template::value::Value;

pub(super) const TABLE: &[Row] = &[
    ("append", 1, MANY, |args, _| {
        let mut list = listed(&args[0])?;
        list.extend_from_slice(&args[1..]);
        Ok(Value::List(Rc::new(list)))
    }),
    ("date", 2, 2, |args, _| match &args[1] {
        Value::Time(time) => Ok(Value::text(layout::format(&text(&args[0])?, time))),
        other => Err(format!("wants a time, not {}", other.kind())),
    }),
    ("dict", 0, MANY, |args, _| dict(args)),
    ("join", 2, 2, |args, _| {
        let texts = listed(&args[1])?.iter().map(text).collect::<Result<Vec<String>, String>>()?;
        let between = text(&args[0])?;
        if between.len().saturating_mul(texts.len()) > MADE_MAX {
            return Err("it would make too much of too little".to_owned());
        }
        Ok(Value::text(texts.join(&between)))
    }),
    ("list", 0, MANY, |args, _| Ok(Value::List(Rc::new(args.to_vec())))),
    ("now", 0, 0, |_, world| {
        let now = world.now()?.to_jiff().to_zoned(TimeZone::UTC);
        Ok(Value::Time(Rc::new(now)))
    }),
    ("safeHtml", 1, 1, |args, _| Ok(Value::Html(text(&args[0])?.into()))),
    ("safeUrl", 1, 1, |args, _| Ok(Value::Url(text(&args[0])?.into()))),
    ("since", 1, 1, |args, world| match &args[0] {
        Value::Time(time) => {
            let nanos = world.now()?.to_jiff().as_nanosecond() - time.timestamp().as_nanosecond();
            Ok(Value::Span(nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64))
        }
        other => Err(format!("wants a time, not {}", other.kind())),
    }),
    ("stringSlice", 0, MANY, |args, _| {
        Ok(Value::texts(args.iter().map(text).collect::<Result<Vec<String>, String>>()?))
    }),
    ("title", 1, 1, |args, _| Ok(Value::text(titled(&text(&args[0])?)))),
    ("toJson", 1, 1, |args, world| args[0].to_json(world).map(Value::text)),
    ("trimSpace", 1, 1, |args, _| Ok(Value::text(text(&args[0])?.trim()))),
    ("tz", 2, 2, |args, _| match &args[1] {
        Value::Time(time) => {
            let name = text(&args[0])?;
            let zone = match name.as_str() {
                "" | "UTC" | "Local" => TimeZone::UTC,
                name => {
                    let known = TimeZoneDatabase::bundled().get(name);
                    known.map_err(|_| format!("unknown time zone {name}"))?
                }
            };
            Ok(Value::Time(Rc::new(time.with_time_zone(zone))))
        }
        other => Err(format!("wants a time, not {}", other.kind())),
    }),
    ("urlUnescape", 1, 1, |args, _| url_unescaped(&text(&args[0])?).map(Value::text)),
];

fn listed(value: &Value) -> Result<Vec<Value>, String> {
    match value {
        Value::List(list) => Ok(list.to_vec()),
        Value::Nil => Ok(Vec::new()),
        other => Err(format!("wants a list, not {}", other.kind())),
    }
}

fn dict(args: &[Value]) -> Result<Value, String> {
    if !args.len().is_multiple_of(2) {
        return Err("dict requires an even number of arguments".to_owned());
    }
    let entry = |pair: &[Value]| match pair[0].as_text() {
        Some(key) => Ok((key.to_owned(), pair[1].clone())),
        None => Err("dict keys must be strings".to_owned()),
    };
    Ok(Value::Map(Rc::new(args.chunks(2).map(entry).collect::<Result<BTreeMap<_, _>, _>>()?)))
}

/// The first letter of each word large and all others small.
fn titled(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        match inside {
            true => titled.extend(c.to_lowercase()),
            false => titled.extend(c.to_uppercase()),
        }
        inside = c.is_alphanumeric() || (inside && matches!(c, '\'' | '’' | '_' | '.' | ':'));
    }
    titled
}

fn url_unescaped(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| (digit? as char).to_digit(16));
                match digits {
                    [Some(high), Some(low)] => bytes.push((high * 16 + low) as u8),
                    _ => return Err(format!("invalid URL escape in {text:?}")),
                }
            }
            byte => bytes.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
