//! Words, durations and quoted strings.

/// The first word, and what follows it.
pub(super) fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (first, rest.trim())
}

/// The word after a keyword, and what follows it.
pub(super) fn after<'a>(text: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (first, rest) = word(text);
    (first == keyword && !rest.is_empty()).then(|| word(rest))
}

const UNITS: &[(&str, i64)] = &[
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// `5m`, `1h30m`, or plain seconds; in milliseconds.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let bad = || format!("{text:?} is not a duration; write 30s, 5m or 1h30m");
    if let Ok(seconds) = text.parse::<f64>() {
        let fits = text.starts_with(|c: char| c.is_ascii_digit()) && seconds < 1e12;
        return if fits { Ok((seconds * 1000.0) as i64) } else { Err(bad()) };
    }
    let (mut rest, mut total, mut units) = (text, 0_i64, UNITS);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (number, tail) = rest.split_at(digits);
        let unit = &tail[..tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len())];
        // Each unit once, the larger ones first.
        let at = units.iter().position(|(name, _)| *name == unit).ok_or_else(bad)?;
        let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(units[at].1));
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(bad)?;
        (rest, units) = (&tail[unit.len()..], &units[at + 1..]);
    }
    if text.is_empty() { Err(bad()) } else { Ok(total) }
}

/// The length of the quoted string that the text begins with, and what it says.
pub(super) fn quoted(text: &str) -> Option<(usize, String)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut said = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((at + 1, said)),
            '\\' if quote != '`' => said.push(escape(&mut chars)?),
            c => said.push(c),
        }
    }
    None
}

/// What follows a backslash, as in Go.
fn escape(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let first = chars.next()?.1;
    let (count, radix) = match first {
        'a' => return Some('\x07'),
        'b' => return Some('\x08'),
        'f' => return Some('\x0c'),
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'v' => return Some('\x0b'),
        '\\' | '"' | '\'' => return Some(first),
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        '0'..='7' => (2, 8),
        _ => return None,
    };
    let mut digits = if radix == 8 { first.to_string() } else { String::new() };
    digits.extend(chars.take(count).map(|(_, c)| c));
    u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32)
}
