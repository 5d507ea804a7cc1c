//! How Go writes things. Prometheus's answers are what its encoders make of them, and programs compare texts.
//!
//! Sources: Go's `strconv.AppendFloat` and `strconv.Quote`; json-iterator's `WriteString` and
//! `WriteStringWithHTMLEscaped`; Prometheus's `util/jsonutil`.

use std::io::Write;

use andon_vocabulary::Labels;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A string as labels have it: `<`, `>` and `&` stay.
pub fn string(text: &str, out: &mut Vec<u8>) {
    quoted(text, false, out);
}

/// A string as every other field has it: safe inside a page.
pub fn escaped(text: &str, out: &mut Vec<u8>) {
    quoted(text, true, out);
}

/// Bytes at which a string may not simply go on.
const MARKED: [bool; 256] = marked();

const fn marked() -> [bool; 256] {
    let (mut marked, mut byte) = ([false; 256], 0);
    while byte < 256 {
        marked[byte] = byte < 0x20 || matches!(byte as u8, b'"' | b'\\' | b'<' | b'>' | b'&' | 0xe2);
        byte += 1;
    }
    marked
}

fn quoted(text: &str, html: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(plain) = bytes[at..].iter().position(|byte| MARKED[usize::from(*byte)]) {
        at += plain;
        let byte = bytes[at];
        let is_plain = match byte {
            b'<' | b'>' | b'&' => !html,
            // U+2028 and U+2029 end lines in JavaScript.
            0xe2 => !(html && matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9]))),
            _ => false,
        };
        if is_plain {
            at += 1;
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0xe2 => {
                out.extend(b"\\u202");
                out.push(HEX[usize::from(bytes[at + 2] & 0xf)]);
                at += 2;
            }
            _ => out.extend([
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 0xf)],
            ]),
        }
        at += 1;
        from = at;
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// `%016x`.
pub fn hex(number: u64, out: &mut Vec<u8>) {
    out.extend(
        number
            .to_be_bytes()
            .into_iter()
            .flat_map(|byte| [byte >> 4, byte & 0xf])
            .map(|half| HEX[usize::from(half)]),
    );
}

pub fn labels(labels: &Labels, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in labels.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(name, out);
        out.push(b':');
        string(value, out);
    }
    out.push(b'}');
}

/// A sample's value, which is a string because JSON has no NaN: plain digits, or an exponent where there would be too
/// many.
pub fn value(value: f64, out: &mut Vec<u8>) {
    out.push(b'"');
    number(value, out);
    out.push(b'"');
}

/// Without quotes: `f`, or `e` below 1e-6 and from 1e21 on.
pub fn number(value: f64, out: &mut Vec<u8>) {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) { scientific(value, out) } else { plain(value, out) }
}

/// `strconv.FormatFloat(value, 'f', -1, 64)`.
pub fn plain(value: f64, out: &mut Vec<u8>) {
    if special(value, out) {
        return;
    }
    let whole = value as i64;
    // Most samples are whole, and integers are written faster. The comparison of bits keeps -0.
    if whole.unsigned_abs() < 1 << 53 && (whole as f64).to_bits() == value.to_bits() {
        push(out, format_args!("{whole}"));
    } else {
        push(out, format_args!("{value}"));
    }
}

/// `strconv.FormatFloat(value, 'e', -1, 64)`: an exponent has at least two digits.
pub fn scientific(value: f64, out: &mut Vec<u8>) {
    if special(value, out) {
        return;
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
    push(out, format_args!("{mantissa}e{sign}{digits:0>2}"));
}

/// `strconv.FormatFloat(value, 'g', -1, 64)`, as the exposition format writes a value.
pub fn general(value: f64, out: &mut Vec<u8>) {
    let exponent = format!("{value:e}").split_once('e').and_then(|(_, exponent)| exponent.parse().ok());
    match exponent {
        Some(exponent) if value != 0.0 && !(-4..6).contains(&exponent) => scientific(value, out),
        _ => plain(value, out),
    }
}

fn special(value: f64, out: &mut Vec<u8>) -> bool {
    let text: &[u8] = match value {
        v if v.is_nan() => b"NaN",
        f64::INFINITY => b"+Inf",
        f64::NEG_INFINITY => b"-Inf",
        _ => return false,
    };
    out.extend_from_slice(text);
    true
}

/// Milliseconds as seconds: whole, or with three digits after the point.
pub fn seconds(ms: i64, out: &mut Vec<u8>) {
    if ms < 0 {
        out.push(b'-');
    }
    let ms = ms.unsigned_abs();
    push(out, format_args!("{}", ms / 1000));
    if !ms.is_multiple_of(1000) {
        push(out, format_args!(".{:03}", ms % 1000));
    }
}

/// `strconv.Quote`, for what an error quotes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            c if c.is_control() && c.is_ascii() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Writing to memory cannot fail.
pub fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a vector takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_read_as_go_writes_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.25, "-17.25"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (0.000001, "0.000001"),
            (0.0000001, "1e-07"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (9_007_199_254_740_993.0, "9007199254740992"),
        ] {
            assert_eq!(text(|out| number(value, out)), expected);
        }
        assert_eq!(text(|out| scientific(0.0, out)), "0e+00");
        assert_eq!(text(|out| scientific(14.0, out)), "1.4e+01");
        assert_eq!(text(|out| plain(1e22, out)), "10000000000000000000000");
        assert_eq!(text(|out| general(123_456.5, out)), "123456.5");
        assert_eq!(text(|out| general(3_149_536.0, out)), "3.149536e+06");
        assert_eq!(text(|out| general(0.0001, out)), "0.0001");
        assert_eq!(text(|out| general(0.00001, out)), "1e-05");
    }

    #[test]
    fn times_are_seconds_with_three_digits_or_none() {
        for (ms, expected) in
            [(0, "0"), (1000, "1"), (1500, "1.500"), (1_435_781_451_781, "1435781451.781"), (-5, "-0.005")]
        {
            assert_eq!(text(|out| seconds(ms, out)), expected);
        }
    }

    #[test]
    fn only_what_is_no_label_is_escaped_for_pages() {
        let hostile = "a<b>&\"\\\n\u{1}\u{2028}é";
        assert_eq!(text(|out| string(hostile, out)), "\"a<b>&\\\"\\\\\\n\\u0001\u{2028}é\"");
        assert_eq!(
            text(|out| escaped(hostile, out)),
            "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\u0001\\u2028é\""
        );
    }

    #[test]
    fn a_fingerprint_has_sixteen_digits() {
        assert_eq!(text(|out| hex(0x0123_4567_89ab_cdef, out)), "0123456789abcdef");
        assert_eq!(text(|out| hex(0x2a, out)), "000000000000002a");
    }

    #[test]
    fn what_is_quoted_in_an_error_stays_on_its_line() {
        assert_eq!(quote("a\"\n\u{1}é"), "\"a\\\"\\n\\x01é\"");
    }
}
