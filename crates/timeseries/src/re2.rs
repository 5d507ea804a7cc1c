//! Regular expressions as Prometheus's RE2 reads them, for an engine that reads a few of them otherwise.
//!
//! What differs: `\d`, `\w`, `\s` and `\b` mean ASCII there; `[`, doubled operators and most dashes inside a class are
//! ordinary characters; a brace that begins no repetition is one too; `\Q…\E` quotes; `\012` is a character's number.
//! What only this engine reads is [refused](refusal).

mod refusal;

use std::iter::Peekable;
use std::str::Chars;

/// The same expression for this engine. What neither takes is left as it is, for the engine to refuse. The error says
/// what RE2 does not take.
pub fn translated(text: &str) -> Result<String, String> {
    match refusal::of(text) {
        Some(why) => Err(why),
        None => Ok(rewritten(text)),
    }
}

fn rewritten(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_class = false;
    // A dash means a range between two characters of a class, and itself elsewhere.
    let (mut may_range, mut ends_range) = (false, false);
    while let Some(c) = rest.next() {
        let could_range = may_range;
        may_range = in_class && !std::mem::take(&mut ends_range);
        match c {
            '-' if in_class => {
                let ranges = could_range && rest.peek().is_some_and(|next| *next != ']');
                out.push_str(if ranges { "-" } else { r"\-" });
                if ranges {
                    (may_range, ends_range) = (false, true);
                    if rest.next_if_eq(&'-').is_some() {
                        out.push_str(r"\-");
                        ends_range = false;
                    }
                }
            }
            '\\' => {
                // A class is no end of a range.
                may_range &= !rest.peek().is_some_and(|kind| "dwsDWSpP".contains(*kind));
                escape(&mut rest, in_class, &mut out);
            }
            '[' if in_class => match rest.peek() {
                Some(':') => out.push('['),
                _ => out.push_str(r"\["),
            },
            '[' => {
                in_class = true;
                out.push('[');
                for first in ['^', ']'] {
                    if rest.next_if_eq(&first).is_some() {
                        may_range = first == ']';
                        out.push_str(if first == ']' { r"\]" } else { "^" });
                    }
                }
            }
            // `[:alpha:]` ends with a bracket that does not end the class.
            ':' if in_class && rest.peek() == Some(&']') && names_a_class(&out) => {
                rest.next();
                may_range = false;
                out.push_str(":]");
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '{' if !in_class && !repeats(rest.clone()) => out.push_str(r"\{"),
            '}' if !in_class && !out_is_repeating(&out) => out.push_str(r"\}"),
            _ => out.push(c),
        }
    }
    out
}

fn escape(rest: &mut Peekable<Chars<'_>>, in_class: bool, out: &mut String) {
    let Some(c) = rest.next() else {
        out.push('\\');
        return;
    };
    let ascii = match (c, in_class) {
        ('d', false) => "[0-9]",
        ('d', true) => "0-9",
        ('w', false) => "[0-9A-Za-z_]",
        ('w', true) => "0-9A-Za-z_",
        ('s', false) => r"[\t\n\f\r ]",
        ('s', true) => r"\t\n\f\r ",
        ('D', _) => "[^0-9]",
        ('W', _) => "[^0-9A-Za-z_]",
        ('S', _) => r"[^\t\n\f\r ]",
        ('b', false) => r"(?-u:\b)",
        ('B', false) => r"(?-u:\B)",
        // Ends of words to this engine.
        ('<', _) => "<",
        ('>', _) => ">",
        ('Q', false) => {
            let text: String = rest.by_ref().collect();
            let (quoted, after) = text.split_once(r"\E").unwrap_or((&text, ""));
            out.push_str(&regex::escape(quoted));
            out.push_str(&rewritten(after));
            return;
        }
        ('0'..='7', _) => {
            if let Some(code) = octal(c, rest) {
                out.push_str(&format!(r"\x{{{code:x}}}"));
            } else {
                out.push('\\');
                out.push(c);
            }
            return;
        }
        ('p' | 'P', _) if rest.clone().take(2).eq("{^".chars()) => {
            rest.next();
            rest.next();
            out.push_str(if c == 'p' { r"\P{" } else { r"\p{" });
            while let Some(c) = rest.next_if(|c| *c != '}') {
                out.push(c);
            }
            out.extend(rest.next());
            return;
        }
        _ => {
            out.push('\\');
            out.push(c);
            // A class by its name, a character by its number.
            if matches!(c, 'p' | 'P' | 'x') && rest.peek() == Some(&'{') {
                while let Some(c) = rest.next_if(|c| *c != '}') {
                    out.push(c);
                }
                out.extend(rest.next());
            }
            return;
        }
    };
    out.push_str(ascii);
}

/// `\0`, `\012`: up to three digits. One that is not 0 stands for a group, which there is not, if no digit follows.
fn octal(first: char, rest: &mut Peekable<Chars<'_>>) -> Option<u32> {
    let is_digit = |c: &char| ('0'..='7').contains(c);
    if first != '0' && !rest.peek().is_some_and(is_digit) {
        return None;
    }
    let mut code = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = rest.next_if(is_digit) else { break };
        code = code * 8 + digit.to_digit(8)?;
    }
    Some(code)
}

/// Whether what stands after a `{` is `n}`, `n,}` or `n,m}`.
fn repeats(rest: Peekable<Chars<'_>>) -> bool {
    let inside: String = rest.take(12).collect();
    let Some((inside, _)) = inside.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// Whether a `}` here closes a repetition.
fn out_is_repeating(out: &str) -> bool {
    out.rfind('{').is_some_and(|at| !out[at..].contains('}') && !out[..at].ends_with('\\'))
}

fn names_a_class(out: &str) -> bool {
    out.rfind("[:").is_some_and(|at| out[at + 2..].chars().all(|c| c.is_ascii_alphabetic() || c == '^'))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn what_this_engine_would_read_otherwise() {
        let cases: [(&str, &[&str], &[&str]); 17] = [
            (r"é\B.", &["é-"], &["éa"]),
            (r"\d+", &["12"], &["٣"]),
            (r"(?i)\w+-\Qa.B\E", &["X_1-A.b"], &["é-a.b", "x-aab"]),
            (r"\pN\PN[\pL]", &["1aé"], &["a11"]),
            (r"\p{^Greek}", &["a"], &["λ"]),
            (r"[[:alpha:]]+[[:^digit:]]", &["ab-"], &["ab1"]),
            (r"[+--]", &["+", ",", "-"], &["."]),
            (r"[--/]+", &["-./"], &["0"]),
            (r"[a-]+[-b]+[\w-]", &["a--b-"], &["ac-b-"]),
            (r"[a-c-e]+", &["abc-e"], &["d"]),
            (r"[\d-z]+[[:upper:]-]", &["1-z-"], &["a-", "1a"]),
            (r"[]-a]+", &["]^_`a"], &["b", "-"]),
            (r"\<a\>", &["<a>"], &["a"]),
            (r"\101\0", &["A\0"], &["101"]),
            (r"\x{41}\x42[\x{10FFFF}]?", &["AB", "AB\u{10ffff}"], &["x41B"]),
            (r"a{,2}\_", &["a{,2}_"], &["aa_"]),
            (r"[a&&b||c~~]+", &["a&b|c~"], &["d"]),
        ];
        for (text, yes, no) in cases {
            let regex = Regex::new(&format!("^(?s:{})$", translated(text).unwrap())).unwrap();
            for value in yes {
                assert!(regex.is_match(value), "{text} should match {value}");
            }
            for value in no {
                assert!(!regex.is_match(value), "{text} should not match {value}");
            }
        }
        for refused in [r"\C", r"(\w)\1", r"\Z", "a(", r"[\Qa\E]", r"a\"] {
            assert!(Regex::new(&rewritten(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn anything_can_be_translated() {
        arbtest::arbtest(|u| {
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=12)? {
                text.push_str(u.choose(&[
                    "[", "]", "-", "\\", "Q", "{", "}", "p", "^", "1", "[:", ":]", "&", "a", "(", ")", "?",
                    "*", ",",
                ])?);
            }
            let _ = translated(&text);
            rewritten(&text);
            Ok(())
        });
    }
}
