//! Go's `printf`, with the verbs that texts use.

use super::humanize::{exponent, shortest, significant, unbounded};
use super::value::Value;

/// A width or precision beyond this fills memory, not a page.
const WIDTH_MAX: usize = 1000;

#[derive(Default)]
struct Flags {
    plus: bool,
    minus: bool,
    space: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

pub(super) fn printf(format: &str, args: &[Value]) -> String {
    let mut text = String::new();
    let mut args = args.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let flags = flags(&mut rest);
        let Some(verb) = rest.chars().next() else {
            text.push_str("%!(NOVERB)");
            break;
        };
        rest = &rest[verb.len_utf8()..];
        if verb == '%' {
            text.push('%');
            continue;
        }
        match args.next() {
            Some(arg) => text.push_str(&padded(&one(verb, &flags, arg), &flags, arg)),
            None => text.push_str(&format!("%!{verb}(MISSING)")),
        }
    }
    text.push_str(rest);
    let extra: Vec<String> = args.map(|arg| format!("{}={}", arg.kind(), arg.print())).collect();
    if !extra.is_empty() {
        text.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    text
}

fn flags(rest: &mut &str) -> Flags {
    let mut flags = Flags::default();
    while let Some(c) = rest.chars().next() {
        match c {
            '+' => flags.plus = true,
            '-' => flags.minus = true,
            ' ' => flags.space = true,
            '0' => flags.zero = true,
            '#' => {}
            _ => break,
        }
        *rest = &rest[1..];
    }
    flags.width = number(rest).unwrap_or(0);
    if let Some(after) = rest.strip_prefix('.') {
        *rest = after;
        flags.precision = Some(number(rest).unwrap_or(0));
    }
    flags
}

fn number(rest: &mut &str) -> Option<usize> {
    let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let digits = &rest[..length];
    *rest = &rest[length..];
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(WIDTH_MAX).min(WIDTH_MAX))
}

fn one(verb: char, flags: &Flags, arg: &Value) -> String {
    let wrong = || format!("%!{verb}({}={})", arg.kind(), arg.print());
    match (verb, arg) {
        ('v' | 'g' | 'f' | 'F' | 'e' | 'E' | 'G', Value::Float(value)) => {
            signed(float(verb, flags, *value), flags)
        }
        ('v' | 'd', Value::Int(value)) => signed(value.to_string(), flags),
        ('x', Value::Int(value)) => format!("{value:x}"),
        ('X', Value::Int(value)) => format!("{value:X}"),
        ('o', Value::Int(value)) => format!("{value:o}"),
        ('b', Value::Int(value)) => format!("{value:b}"),
        ('c', Value::Int(value)) => {
            u32::try_from(*value).ok().and_then(char::from_u32).unwrap_or('\u{fffd}').to_string()
        }
        ('t' | 'v', Value::Bool(is)) => is.to_string(),
        ('s' | 'v', Value::Text(text) | Value::Html(text) | Value::Url(text)) => match flags.precision {
            Some(length) => text.chars().take(length).collect(),
            None => text.to_string(),
        },
        ('q', Value::Text(text) | Value::Html(text) | Value::Url(text)) => format!("{text:?}"),
        ('x', Value::Text(text)) => crate::hex(text.as_bytes()),
        ('T', arg) => arg.kind().to_owned(),
        (_, Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Histogram(_)) => wrong(),
        ('s', Value::Root) => wrong(),
        ('v' | 's', _) => arg.print(),
        _ => wrong(),
    }
}

fn float(verb: char, flags: &Flags, value: f64) -> String {
    if !value.is_finite() {
        return unbounded(value);
    }
    match (verb, flags.precision) {
        ('f' | 'F', precision) => format!("{value:.*}", precision.unwrap_or(6)),
        ('e', precision) => exponent(&format!("{value:.*e}", precision.unwrap_or(6))),
        ('E', precision) => exponent(&format!("{value:.*e}", precision.unwrap_or(6))).to_uppercase(),
        (_, Some(digits)) => significant(value, digits),
        (_, None) => shortest(value),
    }
}

fn signed(text: String, flags: &Flags) -> String {
    match text.starts_with(['-', '+']) {
        false if flags.plus => format!("+{text}"),
        false if flags.space => format!(" {text}"),
        _ => text,
    }
}

fn padded(text: &str, flags: &Flags, arg: &Value) -> String {
    let missing = flags.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text.to_owned();
    }
    let is_number = matches!(arg, Value::Int(_)) || matches!(arg, Value::Float(value) if value.is_finite());
    if flags.minus {
        format!("{text}{}", " ".repeat(missing))
    } else if flags.zero && is_number {
        let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+'])));
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{text}", " ".repeat(missing))
    }
}
