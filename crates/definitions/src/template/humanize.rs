//! Numbers as people, and Go, write them.

use andon_vocabulary::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

use super::layout;

/// Go's `%v`: as short as it can be read back, with an exponent from a million on and below a ten-thousandth.
pub(super) fn shortest(value: f64) -> String {
    if !value.is_finite() {
        return unbounded(value);
    }
    let scientific = format!("{value:e}");
    let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    if value != 0.0 && !(-4..6).contains(&power) { exponent(&scientific) } else { value.to_string() }
}

pub(super) fn unbounded(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN",
        _ if value > 0.0 => "+Inf",
        _ => "-Inf",
    }
    .to_owned()
}

/// Go's exponents have a sign and two digits.
pub(super) fn exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, power)) => {
            let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text.to_owned(),
    }
}

/// Go's `%.4g` and its like: so many significant digits.
pub(super) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return unbounded(value);
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, power) = scientific.split_once('e').expect("written with an exponent");
    let power: i32 = power.parse().expect("a whole exponent");
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let places = i32::try_from(digits).unwrap_or(i32::MAX);
    if (-4..places).contains(&power) {
        let after = usize::try_from(places - 1 - power).unwrap_or(0);
        trim(&format!("{value:.after$}"))
    } else {
        exponent(&format!("{}e{power}", trim(mantissa)))
    }
}

fn general(value: f64) -> String {
    significant(value, 4)
}

pub(super) fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return general(value);
    }
    if value.abs() < 1.0 {
        return small(value);
    }
    scaled(value, 1000.0, &["", "k", "M", "G", "T", "P", "E", "Z", "Y"])
}

pub(super) fn humanize1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return general(value);
    }
    scaled(value, 1024.0, &["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
}

pub(super) fn percentage(value: f64) -> String {
    format!("{}%", general(value * 100.0))
}

fn scaled(mut value: f64, step: f64, prefixes: &[&str]) -> String {
    let mut prefix = 0;
    while value.abs() >= step && prefix + 1 < prefixes.len() {
        value /= step;
        prefix += 1;
    }
    format!("{}{}", general(value), prefixes[prefix])
}

/// Less than one, with a prefix that makes it more.
fn small(mut value: f64) -> String {
    let prefixes = ["", "m", "u", "n", "p", "f", "a", "z", "y"];
    let mut prefix = 0;
    while value.abs() < 1.0 && prefix + 1 < prefixes.len() {
        value *= 1000.0;
        prefix += 1;
    }
    format!("{}{}", general(value), prefixes[prefix])
}

/// Seconds.
pub(super) fn duration(value: f64) -> String {
    if !value.is_finite() {
        return general(value);
    }
    if value == 0.0 {
        return "0s".to_owned();
    }
    if value.abs() < 1.0 {
        return format!("{}s", small(value));
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    let whole = value.trunc();
    let (days, hours) = ((whole / 86_400.0).trunc(), (whole / 3600.0).trunc() % 24.0);
    let (minutes, seconds) = ((whole / 60.0).trunc() % 60.0, whole % 60.0);
    if days > 0.0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours > 0.0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes > 0.0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", general(value))
    }
}

/// Seconds since the epoch, as Go prints a time in UTC.
pub(super) fn timestamp(value: f64) -> Result<String, String> {
    if value.is_finite() { time(value).map(|time| moment(&time)) } else { Ok(general(value)) }
}

/// Of seconds since the epoch, in UTC.
pub(super) fn time(value: f64) -> Result<Zoned, String> {
    if !value.is_finite() {
        return Err("value is NaN or Inf".to_owned());
    }
    if value.abs() > 9_223_372_036.0 {
        return Err(format!("{} is no time that can be written", shortest(value)));
    }
    let at = Timestamp::from_ms((value * 1000.0).floor() as i64);
    Ok(at.to_jiff().to_zoned(TimeZone::UTC))
}

/// As Go prints a time.
pub(super) fn moment(at: &Zoned) -> String {
    layout::format("2006-01-02 15:04:05.999999999 -0700 MST", at)
}

/// As Go writes a time for programs.
pub(super) fn rfc3339(at: &Zoned) -> String {
    layout::format("2006-01-02T15:04:05.999999999Z07:00", at)
}

/// Nanoseconds, as Go prints a duration: `1h2m3.5s`.
pub(super) fn span(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let all = nanos.unsigned_abs();
    let fraction = |whole: u64, rest: u64, digits: usize| {
        let rest = format!("{rest:0digits$}");
        match rest.trim_end_matches('0') {
            "" => whole.to_string(),
            rest => format!("{whole}.{rest}"),
        }
    };
    let text = match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{all}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(all / 1_000, all % 1_000, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(all / 1_000_000, all % 1_000_000, 6)),
        _ => {
            let (whole, rest) = (all / 1_000_000_000, all % 1_000_000_000);
            let seconds = fraction(whole % 60, rest, 9);
            match (whole / 3600, whole / 60 % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}
