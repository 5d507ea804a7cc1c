//! A time as Go's `Format` writes it: by the example of Monday, the second of January 2006.

use jiff::Zoned;

/// What stands in a layout for a part of the time, the longer before what it begins with; and how `strftime` says it.
const PARTS: [(&str, Part); 33] = [
    ("January", Part::Strf("%B")),
    ("Jan", Part::Strf("%b")),
    ("Monday", Part::Strf("%A")),
    ("Mon", Part::Strf("%a")),
    ("MST", Part::Zone),
    ("2006", Part::Strf("%Y")),
    ("002", Part::Strf("%j")),
    ("01", Part::Strf("%m")),
    ("02", Part::Strf("%d")),
    ("03", Part::Strf("%I")),
    ("04", Part::Strf("%M")),
    ("05", Part::Strf("%S")),
    ("06", Part::Strf("%y")),
    ("15", Part::Strf("%H")),
    ("__2", Part::Strf("%_3j")),
    ("_2006", Part::Strf("_%Y")),
    ("_2", Part::Strf("%e")),
    ("-07:00:00", Part::Strf("%::z")),
    ("-07:00", Part::Strf("%:z")),
    ("-070000", Part::Strf("%z00")),
    ("-0700", Part::Strf("%z")),
    ("-07", Part::Hours),
    ("Z07:00:00", Part::OrZ("%::z")),
    ("Z07:00", Part::OrZ("%:z")),
    ("Z070000", Part::OrZ("%z00")),
    ("Z0700", Part::OrZ("%z")),
    ("Z07", Part::OrZ("%z")),
    ("PM", Part::Strf("%p")),
    ("pm", Part::Strf("%P")),
    ("1", Part::Strf("%-m")),
    ("2", Part::Strf("%-d")),
    ("3", Part::Strf("%-I")),
    ("4", Part::Strf("%-M")),
];

#[derive(Clone, Copy)]
enum Part {
    Strf(&'static str),
    /// `CET`, or an offset where a zone has no letters.
    Zone,
    /// `+01`.
    Hours,
    /// `Z` in UTC.
    OrZ(&'static str),
}

pub(super) fn format(layout: &str, time: &Zoned) -> String {
    let mut text = String::new();
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        // `Jan` begins no other word: `Janet` is text.
        let is_word = |part: &str| {
            let behind = &rest[part.len()..];
            part != "Jan" && part != "Mon" || !behind.starts_with(|c: char| c.is_ascii_lowercase())
        };
        let found = PARTS.iter().find(|(part, _)| rest.starts_with(part) && is_word(part));
        if let Some((part, meant)) = found {
            text.push_str(&written(*meant, time));
            rest = &rest[part.len()..];
        } else if rest.starts_with('5') {
            text.push_str(&time.second().to_string());
            rest = &rest[1..];
        } else if let Some(digits) = fraction(rest) {
            text.push_str(&fractional(&rest[..digits], time));
            rest = &rest[digits..];
        } else {
            text.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    text
}

fn written(part: Part, time: &Zoned) -> String {
    let offset = time.offset();
    match part {
        Part::Strf(format) => time.strftime(format).to_string(),
        Part::Zone => zone(time),
        Part::Hours => time.strftime("%z").to_string()[..3].to_owned(),
        Part::OrZ(_) if offset.seconds() == 0 => "Z".to_owned(),
        Part::OrZ(format) => time.strftime(format).to_string(),
    }
}

/// The zone's letters, or its offset as Go writes it where it has none.
pub(super) fn zone(time: &Zoned) -> String {
    let letters = time.strftime("%Z").to_string();
    match letters.starts_with(['+', '-']) {
        true => letters.replace(':', ""),
        false => letters,
    }
}

/// How long a `.000` or `,999` is that begins here; no digit may follow it.
fn fraction(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix(['.', ','])?;
    let kind = digits.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let length = digits.len() - digits.trim_start_matches(kind).len();
    let follows = digits[length..].starts_with(|c: char| c.is_ascii_digit());
    (!follows && length <= 9).then_some(length + 1)
}

/// With nines what is zero at the end is left out.
fn fractional(layout: &str, time: &Zoned) -> String {
    let digits = format!("{:09}", time.subsec_nanosecond());
    let shown = &digits[..layout.len() - 1];
    if layout.ends_with('0') {
        return format!("{}{shown}", &layout[..1]);
    }
    match shown.trim_end_matches('0') {
        "" => String::new(),
        shown => format!("{}{shown}", &layout[..1]),
    }
}
