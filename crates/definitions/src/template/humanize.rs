//! Numbers as people, and Go, write them.

use andon_vocabulary::Timestamp;

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
    if value.is_finite() { time(value).map(moment) } else { Ok(general(value)) }
}

/// Of seconds since the epoch.
pub(super) fn time(value: f64) -> Result<Timestamp, String> {
    if !value.is_finite() {
        return Err("value is NaN or Inf".to_owned());
    }
    if value.abs() > 9_223_372_036.0 {
        return Err(format!("{} is no time that can be written", shortest(value)));
    }
    Ok(Timestamp::from_ms((value * 1000.0).floor() as i64))
}

/// As Go prints a time in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    let text = in_utc(at, "%Y-%m-%d %H:%M:%S%.f");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} +0000 UTC")
}

/// In the notation of `strftime`.
pub(super) fn in_utc(at: Timestamp, format: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_ms()).expect("made by `time`, which checks its range");
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime(format).to_string()
}
