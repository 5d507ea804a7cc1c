//! Regular expressions as Prometheus's RE2 reads them, for an engine that reads a few of them otherwise.
//!
//! What differs: `\d`, `\w`, `\s` and `\b` mean ASCII there; `[` and doubled operators inside a class are ordinary
//! characters; a brace that begins no repetition is one too; `\Q…\E` quotes.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// A compiled regex that is larger than this is refused.
const BYTES_MAX: usize = 1 << 20;

/// The regex, which must match the whole text; `.` matches a line's end too. The error says what is wrong.
pub(crate) fn compile(text: &str) -> Result<Regex, String> {
    let anchored = format!("^(?s:{})$", translated(text));
    RegexBuilder::new(&anchored).size_limit(BYTES_MAX).build().map_err(|error| {
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default();
        format!("`{text}`: {}", last.trim_start_matches("error: "))
    })
}

fn translated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut rest, in_class, &mut out),
            '[' if in_class => match rest.peek() {
                Some(':') => out.push('['),
                _ => out.push_str(r"\["),
            },
            '[' => {
                in_class = true;
                out.push('[');
                for first in ['^', ']'] {
                    if rest.next_if_eq(&first).is_some() {
                        out.push_str(if first == ']' { r"\]" } else { "^" });
                    }
                }
            }
            // `[:alpha:]` ends with a bracket that does not end the class.
            ':' if in_class && rest.peek() == Some(&']') && names_a_class(&out) => {
                rest.next();
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
        ('Q', false) => {
            let text: String = rest.by_ref().collect();
            let (quoted, after) = text.split_once(r"\E").unwrap_or((&text, ""));
            out.push_str(&regex::escape(quoted));
            out.push_str(&translated(after));
            return;
        }
        _ => {
            out.push('\\');
            out.push(c);
            // A class by its name.
            if matches!(c, 'p' | 'P') && rest.peek() == Some(&'{') {
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
    use super::*;

    #[track_caller]
    fn matches(regex: &str, yes: &[&str], no: &[&str]) {
        let compiled = compile(regex).unwrap();
        for text in yes {
            assert!(compiled.is_match(text), "{regex} should match {text:?}");
        }
        for text in no {
            assert!(!compiled.is_match(text), "{regex} should not match {text:?}");
        }
    }

    #[test]
    fn the_whole_text_matches_across_lines() {
        matches("a|b", &["a", "b"], &["ab", "xa", ""]);
        matches("a.b", &["a\nb"], &["a\n"]);
        matches("", &[""], &["a", "\n"]);
    }

    #[test]
    fn classes_are_those_of_re2() {
        matches(r"\d+", &["12"], &["٣"]);
        matches(r"[\d.]+", &["1.2"], &["٣"]);
        matches(r"\w", &["a", "_"], &["é"]);
        matches(r"\W[\S]", &["é1"], &["a1", "é "]);
        matches(r"[[a]", &["[", "a"], &["b"]);
        matches(r"[[:alpha:]1]+", &["a1b"], &[":"]);
        matches(r"[a&&b]+", &["a&b"], &["c"]);
        matches(r"[]a]+", &["]a"], &["b"]);
        matches(r"[^]a]+", &["bc"], &["]"]);
        matches(r"(.*)\bend\b", &["the end"], &["bend"]);
    }

    #[test]
    fn braces_and_quotes() {
        matches(r"a{2}", &["aa"], &["a"]);
        matches(r"a{2,}b{1,2}", &["aaab"], &["abbb"]);
        matches(r"{a}", &["{a}"], &["a"]);
        matches(r"a{,5}", &["a{,5}"], &["aaa"]);
        matches(r"\Qa.b\E+", &["a.b", "a.bb"], &["axb"]);
        matches(r"\p{Greek}+", &["λ"], &["l"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let why = compile("a(").unwrap_err();
        assert!(why.starts_with("`a(`: ") && why.contains("group"), "{why}");
        assert!(compile("(((a{100}){100}){100})").is_err());
        assert!(compile(r"a\").is_err());
    }
}
