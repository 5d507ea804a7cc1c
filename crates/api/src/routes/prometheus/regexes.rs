//! What the regular expressions of a request would weigh: a short text can ask for gigabytes, as `.{1000}{1000}`.
//!
//! Each is refused by its matcher when it compiles to more than a megabyte; this bounds all of a request together,
//! and before anything is compiled.

/// Several times what a label's thousands of values weigh when they are spelled out.
const WEIGHT_MAX: u64 = 500_000;

/// A letter is one byte. `.` is a dozen ranges of bytes, as all of Unicode is told apart there;
const CLASS: u64 = 20;
/// and `\w` is hundreds.
const WORD: u64 = 400;

/// Of a query or of selectors.
pub fn refuse_heavy<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let all = texts.into_iter().flat_map(patterns);
    let weight = all.map(weight).fold(0, u64::saturating_add);
    if weight <= WEIGHT_MAX {
        return Ok(());
    }
    Err("the regular expressions are too large; repeat less, or write fewer alternatives".to_owned())
}

/// What stands in quotes after `=~` and `!~`, comments aside.
fn patterns(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut is_regex = false;
    std::iter::from_fn(move || {
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '"' | '\'' | '`' => {
                    let end = end(rest, c);
                    let quoted = &rest[..end];
                    rest = rest.get(end + 1..).unwrap_or("");
                    if std::mem::take(&mut is_regex) {
                        return Some(quoted);
                    }
                }
                '#' => rest = rest.split_once('\n').map_or("", |(_, next)| next),
                c if c.is_whitespace() => {}
                c => is_regex = c == '~',
            }
        }
        None
    })
}

/// Where a quoted text ends. An escaped quote does not end it.
fn end(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    let is_end = |c: char| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped && quote != '`';
        ends
    };
    inner.find(is_end).unwrap_or(inner.len())
}

/// Counted repetitions multiply what they repeat. An upper bound, roughly: nobody counts on it to be exact.
fn weight(pattern: &str) -> u64 {
    let mut groups: Vec<u64> = Vec::new();
    let (mut sum, mut last) = (0_u64, 0_u64);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' => {
                groups.push(sum);
                (sum, last) = (0, 0);
            }
            ')' => {
                last = sum;
                sum = sum.saturating_add(groups.pop().unwrap_or(0));
            }
            '{' => {
                let counts: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let times = counts.split(',').filter_map(|count| count.trim().parse::<u64>().ok()).max();
                let more = last.saturating_mul(times.unwrap_or(1).saturating_sub(1));
                sum = sum.saturating_add(more);
                last = last.saturating_add(more);
            }
            '[' => {
                let class = chars.by_ref().take_while(|c| *c != ']').count() as u64;
                last = CLASS.max(class);
                sum = sum.saturating_add(last);
            }
            '\\' => {
                // The backslash is doubled in most quotes.
                while chars.next_if_eq(&'\\').is_some() {}
                last = if chars.next().is_some_and(|c| c.is_ascii_alphabetic()) { WORD } else { 1 };
                sum = sum.saturating_add(last);
            }
            '.' => {
                last = CLASS;
                sum = sum.saturating_add(CLASS);
            }
            '*' | '+' | '?' | '|' => {}
            _ => {
                last = 1;
                sum = sum.saturating_add(1);
            }
        }
    }
    groups.into_iter().fold(sum, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_light() {
        assert_eq!(weight("5.."), 1 + 2 * CLASS);
        assert_eq!(weight("a{3}(bc){2}"), 3 + 4);
        assert_eq!(weight("(a|b.){3}"), 3 * (2 + CLASS));
        let names: Vec<String> = (0..5000).map(|n| format!("instance-{n}.example.com")).collect();
        let query = format!("up{{instance=~\"{}\"}}", names.join("|"));
        assert_eq!(refuse_heavy([query.as_str()]), Ok(()));
    }

    #[test]
    fn what_would_fill_memory_is_refused() {
        for bomb in [
            "x{a=~\"((.{100}){100}){100}\"}",
            "x{a =~ '.{50000}'}",
            "x{a!~`\\w{2000}`}",
            "x{a=~\"[a-z]{50000}\"}",
            "x{a=~\"(((((((a{9}){9}){9}){9}){9}){9}){9}\"}",
            "x{a=~\"\\\"~.{50000}\"}",
            "x # it's\n{a=~\".{50000}\"}",
            "x{b=\"~\",a=~\".{50000}\"}",
        ] {
            assert!(refuse_heavy([bomb]).is_err(), "{bomb}");
        }
        let many = "x{a=~\".{900}\"} or ".repeat(40);
        assert!(refuse_heavy([many.as_str()]).is_err());
    }
}
