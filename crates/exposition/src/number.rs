//! Values and times, as Prometheus reads and writes them.

use andon_vocabulary::Timestamp;

use crate::Format;

/// The one NaN that is stored (`value.NormalNaN`): no target can send a staleness marker.
pub(crate) const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0001);

/// Powers of ten that a float holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// A float as Go's `ParseFloat` takes it, less the hexadecimal ones and underscores, which Prometheus refuses. A number
/// beyond the largest float is refused too; infinity must be written as such.
pub(crate) fn value(text: &[u8]) -> Option<f64> {
    if let Some(value) = short(text) {
        return Some(value);
    }
    let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    if unsigned.first()?.is_ascii_alphabetic() {
        return named(text, unsigned);
    }
    // What is left has digits first, so it is no "nan" or "infinity" of Rust's.
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

fn named(text: &[u8], unsigned: &[u8]) -> Option<f64> {
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(NAN);
    }
    if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
        return Some(if text[0] == b'-' { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    None
}

/// Most values: a mantissa and a power of ten that both are exact floats, so that one multiplication or division
/// rounds correctly (Clinger). None: ask the general parser.
pub(crate) fn short(text: &[u8]) -> Option<f64> {
    let (is_negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut mantissa = 0u64;
    let mut digits = 0;
    let mut exponent = 0i32;
    let mut is_fraction = false;
    while let [byte, after @ ..] = rest {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                // Eighteen digits fit without overflow.
                if digits > 18 {
                    return None;
                }
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                exponent -= i32::from(is_fraction);
            }
            b'.' if !is_fraction => is_fraction = true,
            b'e' | b'E' => {
                exponent += small_exponent(after)?;
                rest = &[];
                break;
            }
            _ => return None,
        }
        rest = after;
    }
    if digits == 0 || !rest.is_empty() || mantissa > 1 << 53 {
        return None;
    }
    let ten = *TENS.get(exponent.unsigned_abs() as usize)?;
    let value = if exponent < 0 { mantissa as f64 / ten } else { mantissa as f64 * ten };
    Some(if is_negative { -value } else { value })
}

fn small_exponent(text: &[u8]) -> Option<i32> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let exponent = digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    Some(if is_negative { -exponent } else { exponent })
}

/// Whole milliseconds in the old format, seconds with a fraction in OpenMetrics, cut to milliseconds.
pub(crate) fn time(text: &[u8], format: Format) -> Option<Timestamp> {
    match format {
        Format::Prometheus => std::str::from_utf8(text).ok()?.parse().ok().map(Timestamp::from_ms),
        Format::OpenMetrics => {
            let ms = value(text)? * 1000.0;
            (ms.abs() < 1e17).then(|| Timestamp::from_ms(ms as i64))
        }
    }
}

/// A bucket's or a quantile's bound as OpenMetrics writes it, so that `1` and `1.0` are one label value: the shortest
/// digits, always with a point or an exponent.
pub(crate) fn canonical(text: &str) -> Option<String> {
    value(text.as_bytes()).map(written)
}

/// A float in those digits.
pub(crate) fn written(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if number == 0.0 {
        return "0.0".to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Where Go's %g turns to an exponent.
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{number}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_gos() {
        let same = |text: &str, expected: f64| {
            let found = value(text.as_bytes()).unwrap_or_else(|| panic!("{text} is a value"));
            assert_eq!(found.to_bits(), expected.to_bits(), "{text}");
        };
        for text in ["0", "-0", "1", "+5", ".5", "5.", "1027", "0.0015", "1.5e-3", "1E+5", "1.048576e+06"] {
            same(text, text.parse().unwrap());
        }
        for text in
            ["9007199254740993", "123456789012345678901", "1e23", "4.9e-324", "1.7976931348623157e308"]
        {
            same(text, text.parse().unwrap());
        }
        same("NaN", NAN);
        same("nAn", NAN);
        same("+Inf", f64::INFINITY);
        same("-infinity", f64::NEG_INFINITY);
        same("1e-400", 0.0);
        for text in
            ["", "+", ".", "e5", "1e", "1_0", "0x1p-2", "0x10", "+NaN", "infin", "1e400", "--1", "1 ", "1d"]
        {
            assert_eq!(value(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        arbtest::arbtest(|u| {
            let mantissa: u64 = u.arbitrary()?;
            let shift: u32 = u.int_in_range(0..=63)?;
            let text =
                format!("{}.{}e{}", mantissa >> shift, u.int_in_range(0..=9999)?, u.int_in_range(-30..=30)?);
            let expected: f64 = text.parse().unwrap();
            assert_eq!(value(text.as_bytes()), Some(expected), "{text}");
            Ok(())
        });
    }

    #[test]
    fn bounds_have_one_spelling() {
        let spelled = |text: &str| canonical(text).unwrap();
        assert_eq!(spelled("1"), "1.0");
        assert_eq!(spelled("0.50"), "0.5");
        assert_eq!(spelled("100000"), "100000.0");
        assert_eq!(spelled("1000000"), "1e+06");
        assert_eq!(spelled("2097152"), "2.097152e+06");
        assert_eq!(spelled("0.00001"), "1e-05");
        assert_eq!(spelled("0.0001"), "0.0001");
        assert_eq!(spelled("+Inf"), "+Inf");
        assert_eq!(spelled("-0"), "0.0");
        assert_eq!(canonical("fast"), None);
    }
}
