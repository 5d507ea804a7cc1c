//! One value by one verb, as Go prints it.

use super::Flags;
use crate::template::humanize::{exponent, shortest, significant, unbounded};
use crate::template::value::Value;

pub(super) fn print(verb: char, flags: &Flags, arg: &Value) -> Result<String, String> {
    let wrong = || Ok(format!("%!{verb}({})", named(arg)));
    if verb == 'T' {
        return Ok(kind(arg).to_owned());
    }
    if verb == 'v' && flags.sharp {
        return written(arg, flags);
    }
    match arg {
        Value::Int(value) => Ok(match verb {
            'v' | 'd' => whole(*value, 10, "", flags),
            'x' => whole(*value, 16, "0x", flags),
            'X' => whole(*value, 16, "0x", flags).to_uppercase(),
            'o' => whole(*value, 8, "0", flags),
            'O' => whole(*value, 8, "0o", &Flags { sharp: true, ..*flags }),
            'b' => whole(*value, 2, "0b", flags),
            'c' => character(*value).to_string(),
            'q' => quoted(&character(*value).to_string(), '\'', flags.plus),
            'U' => {
                let c = character(*value);
                let shown = if flags.sharp && is_printable(c) { format!(" '{c}'") } else { String::new() };
                format!("U+{value:04X}{shown}")
            }
            _ => return wrong(),
        }),
        Value::Float(value) => match verb {
            'v' | 'g' | 'G' | 'f' | 'F' | 'e' | 'E' => Ok(signed(float(verb, flags, *value), flags)),
            'x' | 'X' | 'b' => Err(format!("`%{verb}` of a float is not printed here; write %g or %f")),
            _ => wrong(),
        },
        Value::Bool(is) => match verb {
            't' | 'v' => Ok(is.to_string()),
            _ => wrong(),
        },
        Value::Span(nanos) if verb == 'd' => Ok(whole(*nanos, 10, "", flags)),
        Value::Nil if verb == 'v' => Ok("<nil>".to_owned()),
        Value::Nil | Value::Histogram(_) => wrong(),
        Value::Root if verb != 'v' => wrong(),
        Value::Text(_) | Value::Html(_) | Value::Url(_) => match verb {
            'v' | 's' | 'q' | 'x' | 'X' => Ok(text(verb, flags, arg.as_text().unwrap_or_default())),
            _ => wrong(),
        },
        // These say in Go how they print.
        Value::Pairs(_) | Value::Sorted(_) | Value::Time(_) | Value::Span(_)
            if matches!(verb, 'v' | 's' | 'q' | 'x' | 'X') =>
        {
            Ok(text(verb, flags, &arg.print()))
        }
        _ if matches!(verb, 'v' | 's') => Ok(arg.print()),
        _ => Err(format!("`%{verb}` of {} is not printed here; write %v", arg.kind())),
    }
}

/// Its type and itself, for what cannot be printed so.
pub(super) fn named(arg: &Value) -> String {
    match arg {
        Value::Nil => "<nil>".to_owned(),
        arg => format!("{}={}", arg.kind(), arg.print()),
    }
}

fn kind(arg: &Value) -> &'static str {
    if matches!(arg, Value::Nil) { "<nil>" } else { arg.kind() }
}

/// `%#v`: as it would stand in a program.
fn written(arg: &Value, flags: &Flags) -> Result<String, String> {
    let entries = |pairs: &mut dyn Iterator<Item = (&str, &str)>| {
        let all: Vec<String> = pairs.map(|(name, value)| format!("{}:{}", go(name), go(value))).collect();
        all.join(", ")
    };
    Ok(match arg {
        Value::Text(_) | Value::Html(_) | Value::Url(_) => go(arg.as_text().unwrap_or_default()),
        Value::Int(value) => whole(*value, 10, "", flags),
        Value::Float(value) => signed(float('v', flags, *value), flags),
        Value::Bool(is) => is.to_string(),
        Value::Nil => "<nil>".to_owned(),
        Value::Labels(labels) => format!("map[string]string{{{}}}", entries(&mut labels.iter())),
        Value::Pairs(pairs) => {
            let mut all = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            format!("template.KV{{{}}}", entries(&mut all))
        }
        _ => return Err(format!("`%#v` of {} is not printed here; write %v", arg.kind())),
    })
}

fn whole(value: i64, base: u32, prefix: &str, flags: &Flags) -> String {
    let absolute = value.unsigned_abs();
    let digits = match base {
        2 => format!("{absolute:b}"),
        8 => format!("{absolute:o}"),
        16 => format!("{absolute:x}"),
        _ => absolute.to_string(),
    };
    let digits = match flags.precision {
        Some(0) if value == 0 => return String::new(),
        Some(least) => format!("{digits:0>least$}"),
        None => digits,
    };
    let prefix = if flags.sharp && !(prefix == "0" && digits.starts_with('0')) { prefix } else { "" };
    let sign = if value < 0 { "-" } else { "" };
    signed(format!("{sign}{prefix}{digits}"), flags)
}

fn character(value: i64) -> char {
    u32::try_from(value).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}

fn float(verb: char, flags: &Flags, value: f64) -> String {
    if !value.is_finite() {
        return unbounded(value);
    }
    match (verb, flags.precision) {
        ('f' | 'F', precision) => format!("{value:.*}", precision.unwrap_or(6)),
        ('e', precision) => exponent(&format!("{value:.*e}", precision.unwrap_or(6))),
        ('E', precision) => exponent(&format!("{value:.*e}", precision.unwrap_or(6))).to_uppercase(),
        ('G', Some(digits)) => significant(value, digits).to_uppercase(),
        ('G', None) => shortest(value).to_uppercase(),
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

fn text(verb: char, flags: &Flags, text: &str) -> String {
    if matches!(verb, 'x' | 'X') {
        return hex(verb, flags, text.as_bytes());
    }
    let shown: String = match flags.precision {
        Some(length) => text.chars().take(length).collect(),
        None => text.to_owned(),
    };
    let is_raw = |c: char| c == '\t' || (c != '`' && c != '\u{feff}' && !c.is_control());
    match verb {
        'q' if flags.sharp && shown.chars().all(is_raw) => format!("`{shown}`"),
        'q' => quoted(&shown, '"', flags.plus),
        _ => shown,
    }
}

fn hex(verb: char, flags: &Flags, bytes: &[u8]) -> String {
    let bytes = &bytes[..flags.precision.unwrap_or(bytes.len()).min(bytes.len())];
    let each = |byte: &u8| format!("{byte:02x}");
    let lead = if flags.sharp && !bytes.is_empty() { "0x" } else { "" };
    let all: Vec<String> = bytes.iter().map(each).collect();
    let text = match flags.space {
        true => all.iter().map(|digits| format!("{lead}{digits}")).collect::<Vec<_>>().join(" "),
        false => format!("{lead}{}", all.concat()),
    };
    if verb == 'X' { text.to_uppercase() } else { text }
}

fn go(text: &str) -> String {
    quoted(text, '"', false)
}

/// `strconv.Quote`, and the same in ASCII.
fn quoted(text: &str, quote: char, is_ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            '\\' => out.push_str(r"\\"),
            c if c == quote => out.extend(['\\', c]),
            '\x07' => out.push_str(r"\a"),
            '\x08' => out.push_str(r"\b"),
            '\x0c' => out.push_str(r"\f"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\x0b' => out.push_str(r"\v"),
            c if is_printable(c) && (c.is_ascii() || !is_ascii) => out.push(c),
            _ if code < 0x80 => out.push_str(&format!("\\x{code:02x}")),
            _ if code < 0x10000 => out.push_str(&format!("\\u{code:04x}")),
            _ => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out.push(quote);
    out
}

/// Letters, marks, numbers, signs and the plain space: what Rust shows as itself after another letter.
fn is_printable(c: char) -> bool {
    let (shown, plain) = (format!("{:?}", format!("a{c}")), format!("\"a{c}\""));
    matches!(c, '"' | '\\') || shown == plain
}
