//! Cedar reads, checks and asks a policy by recursion, so what is nested without end would end Andon: it is turned away
//! before Cedar sees it.

use std::ops::Range;

use crate::PolicyFlaw;

/// Brackets and `if`s inside each other.
const DEPTH_MAX: usize = 32;
/// Operators in one policy, which hang on each other as deep as there are of them.
const OPERATORS_MAX: usize = 256;

#[derive(Default)]
struct Policy {
    brackets: usize,
    ifs: usize,
    operators: usize,
}

pub(super) fn exceeded(text: &str) -> Option<PolicyFlaw> {
    let bytes = text.as_bytes();
    let mut policy = Policy::default();
    let mut at = 0;
    while at < bytes.len() {
        let step = match bytes[at] {
            b'"' => of_text(&bytes[at..]),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                text[at..].find(['\n', '\r']).unwrap_or(text.len() - at)
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let rest = &text[at..];
                let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                match &rest[..word] {
                    "if" => policy.ifs += 1,
                    "in" | "has" | "like" | "is" => policy.operators += 1,
                    _ => {}
                }
                word
            }
            other => {
                match other {
                    // A list, or a key of what stands before it.
                    b'[' => {
                        policy.brackets += 1;
                        policy.operators += 1;
                    }
                    b'(' | b'{' => policy.brackets += 1,
                    b')' | b']' | b'}' => policy.brackets = policy.brackets.saturating_sub(1),
                    b'&' | b'|' | b'+' | b'-' | b'*' | b'!' | b'.' | b'<' | b'>' | b'=' | b'/' | b'%' => {
                        policy.operators += 1;
                    }
                    b';' => policy = Policy::default(),
                    _ => {}
                }
                1
            }
        };
        if policy.brackets + policy.ifs > DEPTH_MAX {
            return Some(flaw(at..at + step, format!("nested too deeply: more than {DEPTH_MAX} levels")));
        }
        // Most are of two characters.
        if policy.operators > 2 * OPERATORS_MAX {
            let message = format!("too long a policy: more than {OPERATORS_MAX} operators");
            return Some(flaw(at..at + step, message));
        }
        at += step;
    }
    None
}

/// The length of a text in quotes, with them.
fn of_text(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn flaw(range: Range<usize>, message: String) -> PolicyFlaw {
    let hint = "write several policies; `[\"a\", \"b\"].contains(…)` says many names at once";
    PolicyFlaw { range: Some(range), message, hint: Some(hint.to_owned()) }
}
