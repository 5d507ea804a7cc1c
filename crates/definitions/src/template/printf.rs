//! Go's `printf`: the format, with its flags, its widths and which argument is meant. [`verb`] prints one value.

mod verb;

use super::value::Value;

/// A width or precision beyond this fills memory, not a page.
const WIDTH_MAX: usize = 1000;

#[derive(Clone, Copy, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// The error says what cannot be printed here although Go prints it.
pub(super) fn printf(format: &str, args: &[Value]) -> Result<String, String> {
    let mut text = String::new();
    let mut walk = Walk { rest: format, args, at: 0, is_reordered: false, is_bad: false };
    while let Some((before, rest)) = walk.rest.split_once('%') {
        text.push_str(before);
        walk.rest = rest;
        walk.is_bad = false;
        let flags = walk.flags(&mut text);
        let Some(verb) = walk.rest.chars().next() else {
            text.push_str("%!(NOVERB)");
            break;
        };
        walk.rest = &walk.rest[verb.len_utf8()..];
        match (verb, walk.args.get(walk.at)) {
            ('%', _) => text.push('%'),
            _ if walk.is_bad => text.push_str(&format!("%!{verb}(BADINDEX)")),
            (_, Some(arg)) => {
                walk.at += 1;
                // A code point is never filled up with zeros.
                let flags = Flags { zero: flags.zero && verb != 'U', ..flags };
                text.push_str(&padded(&verb::print(verb, &flags, arg)?, &flags, arg));
            }
            (_, None) => text.push_str(&format!("%!{verb}(MISSING)")),
        }
    }
    text.push_str(walk.rest);
    if !walk.is_reordered && walk.at < args.len() {
        let extra: Vec<String> = args[walk.at..].iter().map(verb::named).collect();
        text.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    Ok(text)
}

struct Walk<'a> {
    rest: &'a str,
    args: &'a [Value],
    at: usize,
    /// An argument was named by its number, so none is left over.
    is_reordered: bool,
    is_bad: bool,
}

impl Walk<'_> {
    /// What stands between `%` and its verb; `text` takes what is wrong with it.
    fn flags(&mut self, text: &mut String) -> Flags {
        let mut flags = Flags::default();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '+' => flags.plus = true,
                '-' => flags.minus = true,
                '#' => flags.sharp = true,
                ' ' => flags.space = true,
                '0' => flags.zero = true,
                _ => break,
            }
            self.rest = &self.rest[1..];
        }
        self.argument();
        if self.take('*') {
            match self.count() {
                Some(width) => {
                    flags.minus |= width < 0;
                    flags.width = bounded(width.unsigned_abs());
                }
                None => text.push_str("%!(BADWIDTH)"),
            }
        } else {
            flags.width = self.number().unwrap_or(0);
        }
        if self.take('.') {
            self.argument();
            flags.precision = if self.take('*') {
                let precision = self.count();
                if precision.is_none() {
                    text.push_str("%!(BADPREC)");
                }
                precision.and_then(|digits| u64::try_from(digits).ok()).map(bounded)
            } else {
                Some(self.number().unwrap_or(0))
            };
        }
        self.argument();
        flags
    }

    fn take(&mut self, sign: char) -> bool {
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// `[2]`: the second is next.
    fn argument(&mut self) {
        let Some((number, after)) = self.rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return;
        };
        self.rest = after;
        self.is_reordered = true;
        match number.parse::<usize>() {
            Ok(number) if (1..=self.args.len()).contains(&number) => self.at = number - 1,
            _ => self.is_bad = true,
        }
    }

    /// The next argument, as a width.
    fn count(&mut self) -> Option<i64> {
        let arg = self.args.get(self.at)?;
        self.at += 1;
        if let Value::Int(count) = arg { Some(*count) } else { None }
    }

    fn number(&mut self) -> Option<usize> {
        let length = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        (!digits.is_empty()).then(|| digits.parse().unwrap_or(WIDTH_MAX).min(WIDTH_MAX))
    }
}

fn bounded(count: u64) -> usize {
    usize::try_from(count).unwrap_or(WIDTH_MAX).min(WIDTH_MAX)
}

fn padded(text: &str, flags: &Flags, arg: &Value) -> String {
    let missing = flags.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text.to_owned();
    }
    // How many digits a whole number has, its precision says.
    let is_zero = match arg {
        Value::Float(value) => value.is_finite(),
        Value::Int(_) => flags.precision.is_none(),
        _ => true,
    };
    if flags.minus {
        format!("{text}{}", " ".repeat(missing))
    } else if flags.zero && is_zero {
        let is_number = matches!(arg, Value::Int(_) | Value::Float(_));
        let (sign, digits) = text.split_at(usize::from(is_number && text.starts_with(['-', '+', ' '])));
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{text}", " ".repeat(missing))
    }
}

#[cfg(test)]
mod tests;
