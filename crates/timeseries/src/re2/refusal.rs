//! What RE2 does not take although this engine would: a repetition of a repetition without brackets, more than a
//! thousand times, flags and escapes of its own. The words are those of Go's `regexp/syntax`.

use std::str::Chars;

/// Of one repetition, and of all that stand in each other multiplied.
const TIMES_MAX: u32 = 1000;

pub(super) fn of(text: &str) -> Option<String> {
    Scan { rest: text.chars(), groups: vec![1], last: 1 }.refusal()
}

struct Scan<'a> {
    rest: Chars<'a>,
    /// How often the most repeated part of each open group is repeated; the outermost first.
    groups: Vec<u32>,
    /// The same of what a repetition here would repeat.
    last: u32,
}

impl Scan<'_> {
    fn refusal(mut self) -> Option<String> {
        let mut repetition = None;
        loop {
            let before = self.rest.as_str();
            match self.rest.next()? {
                '*' | '+' | '?' => {
                    self.rest = after(self.rest.as_str(), '?').chars();
                    if let Some(why) = self.nested(repetition) {
                        return Some(why);
                    }
                    repetition = repetition.or(Some(before));
                    continue;
                }
                '{' if let Some(times) = times(before) => {
                    let (least, most, rest) = times;
                    let counts = &before[..before.len() - rest.len()];
                    self.rest = after(rest, '?').chars();
                    if let Some(why) = self.nested(repetition) {
                        return Some(why);
                    }
                    if !self.repeats(least, most) {
                        return Some(format!("invalid repeat count: `{counts}`"));
                    }
                    repetition = repetition.or(Some(before));
                    continue;
                }
                '\\' => {
                    if let Some(why) = self.escape(before) {
                        return Some(why);
                    }
                    self.last = 1;
                }
                '[' => {
                    if let Some(why) = self.class() {
                        return Some(why);
                    }
                    self.last = 1;
                }
                '(' => {
                    if let Some(why) = flags(before) {
                        return Some(why);
                    }
                    self.groups.push(1);
                    // What follows a bracket's question mark repeats nothing.
                    self.rest = after(self.rest.as_str(), '?').chars();
                    self.last = 1;
                }
                ')' => {
                    self.last = self.groups.pop().unwrap_or(1);
                    self.holds(self.last);
                }
                _ => self.last = 1,
            }
            repetition = None;
        }
    }

    /// A repetition right after the one that began at `first`.
    fn nested(&self, first: Option<&str>) -> Option<String> {
        let first = first?;
        let both = &first[..first.len() - self.rest.as_str().len()];
        Some(format!("invalid nested repetition operator: `{both}`"))
    }

    /// Whether so many are not too many.
    fn repeats(&mut self, least: u32, most: Option<u32>) -> bool {
        if least > TIMES_MAX || most.is_some_and(|most| most > TIMES_MAX) {
            return false;
        }
        let times = most.unwrap_or(least);
        self.last = if times == 0 { 1 } else { self.last.saturating_mul(times) };
        self.holds(self.last);
        self.last <= TIMES_MAX
    }

    fn holds(&mut self, times: u32) {
        match self.groups.last_mut() {
            Some(most) => *most = times.max(*most),
            // A bracket too many: the engine refuses it.
            None => self.groups.push(times),
        }
    }

    /// What follows a backslash, and whether it is one of this engine's own escapes.
    fn escape(&mut self, from: &str) -> Option<String> {
        match self.rest.next()? {
            'Q' => {
                let quoted = self.rest.as_str();
                self.rest = quoted.split_once(r"\E").map_or("", |(_, rest)| rest).chars();
            }
            kind @ ('u' | 'U') => return Some(format!(r"invalid escape sequence: `\{kind}`")),
            kind @ ('p' | 'P' | 'x') if self.rest.as_str().starts_with('{') => {
                let (name, rest) = self.rest.as_str().split_once('}')?;
                // `\p{sc=Greek}`, `\p{gc:L}`.
                if kind != 'x' && name.contains(['=', ':', '!']) {
                    let whole = &from[..from.len() - rest.len()];
                    return Some(format!("invalid character class range: `{whole}`"));
                }
                self.rest = rest.chars();
            }
            _ => {}
        }
        None
    }

    /// Up to the bracket that closes it.
    fn class(&mut self) -> Option<String> {
        let inside = after(self.rest.as_str(), '^');
        self.rest = after(inside, ']').chars();
        loop {
            let before = self.rest.as_str();
            match self.rest.next()? {
                ']' => return None,
                // Not Go's to begin a quotation here; the engine refuses it.
                '\\' if self.rest.as_str().starts_with('Q') => {}
                '\\' => {
                    if let Some(why) = self.escape(before) {
                        return Some(why);
                    }
                }
                '[' if let Some((name, rest)) =
                    before.strip_prefix("[:").and_then(|all| all.split_once(":]"))
                    && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'^') =>
                {
                    self.rest = rest.chars();
                }
                _ => {}
            }
        }
    }
}

fn after(text: &str, first: char) -> &str {
    text.strip_prefix(first).unwrap_or(text)
}

/// `{n}`, `{n,}` or `{n,m}`, and what follows it. More than can be counted is more than is allowed.
fn times(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (inside, rest) = text.strip_prefix('{')?.split_once('}')?;
    let count = |digits: &str| {
        let is_count = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_count.then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => (count(inside)?, Some(count(inside)?)),
        Some((least, "")) => (count(least)?, None),
        Some((least, most)) => (count(least)?, Some(count(most)?)),
    };
    Some((least, most, rest))
}

/// Flags that only this engine knows: `(?x`, `(?u`, `(?R`.
fn flags(text: &str) -> Option<String> {
    let flags = text.strip_prefix("(?")?;
    let end = flags.find(|c: char| !c.is_ascii_alphabetic() && c != '-')?;
    if !flags[end..].starts_with([':', ')']) {
        return None;
    }
    let own = flags[..end].find(['x', 'u', 'R'])?;
    Some(format!("invalid or unsupported Perl syntax: `(?{}`", &flags[..=own]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as Go 1.27 says it, where an Alertmanager is asked for alerts with it.
    #[test]
    fn what_only_this_engine_reads() {
        let cases = [
            ("x*+", "invalid nested repetition operator: `*+`"),
            ("(ab?)??*c", "invalid nested repetition operator: `??*`"),
            ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
            ("x{5}?{2}", "invalid nested repetition operator: `{5}?{2}`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("x{2,1001}?", "invalid repeat count: `{2,1001}`"),
            ("x{99999999999,}", "invalid repeat count: `{99999999999,}`"),
            ("(a{100}){11}", "invalid repeat count: `{11}`"),
            ("((?:x{30}|y)z)*(?:b(x{30})){0,40}", "invalid repeat count: `{0,40}`"),
            ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
            ("a(?i-u:b)", "invalid or unsupported Perl syntax: `(?i-u`"),
            (r"\u0041", r"invalid escape sequence: `\u`"),
            (r"[\U00000041]", r"invalid escape sequence: `\U`"),
            (r"[\p{sc=Greek}]", r"invalid character class range: `\p{sc=Greek}`"),
        ];
        for (text, why) in cases {
            assert_eq!(of(text).as_deref(), Some(why), "{text}");
        }
    }

    #[test]
    fn what_both_read() {
        for text in [
            "",
            "a*?b+?c??d{2}?",
            "(x*)*",
            "(?:x{30,})*",
            "(a{100}){10}",
            "(?:x{0,1000}){0}",
            "x{,1001}",
            "x{a}{b}",
            "[*+?]+",
            "[]*+]",
            r"[^]\]**]",
            r"\*+",
            r"\Q**\E+",
            r"\Qx{1001}",
            "[[:alpha:]*]*",
            "(?i)a",
            "(?i-s:a)*",
            "(?P<ux>a)",
            "a|*b",
            r"\p{Greek}+",
            r"\x{41}{2}",
            "(?",
            "(?P",
            "{1001",
            "[",
            r"\",
            "[\\",
            "a)|(b",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
