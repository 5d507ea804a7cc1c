//! Times, durations and counts as Prometheus's parameters write them.

use std::num::IntErrorKind;

use andon_definitions::Period;
use andon_vocabulary::Timestamp;

use super::go;

/// The ends of time where none are given; Prometheus shows them in its documentation, so programs send them.
pub const EARLIEST: Timestamp = Timestamp::from_ms((i64::MIN / 1000 + 62_135_596_801) * 1000);
pub const LATEST: Timestamp = Timestamp::from_ms((i64::MAX / 1000 - 62_135_596_801) * 1000 + 999);
const EARLIEST_WRITTEN: &str = "-292273086-05-16T16:47:06Z";
const LATEST_WRITTEN: &str = "292277025-08-18T07:12:54.999999999Z";

/// Seconds since the epoch, with a fraction or not, or RFC 3339.
pub fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        // As Go does it, so that the same text is the same millisecond.
        let whole = seconds.trunc() as i64;
        let nanos = (((seconds.fract() * 1000.0).round() / 1000.0) * 1e9) as i64;
        let ms = whole.saturating_mul(1000).saturating_add(nanos.div_euclid(1_000_000));
        return Ok(Timestamp::from_ms(ms.clamp(EARLIEST.as_ms(), LATEST.as_ms())));
    }
    match text {
        EARLIEST_WRITTEN => return Ok(EARLIEST),
        LATEST_WRITTEN => return Ok(LATEST),
        _ => {}
    }
    let is_strict = text.as_bytes().get(10) == Some(&b'T');
    match text.parse::<jiff::Timestamp>() {
        Ok(at) if is_strict => {
            let ms = at.as_nanosecond().div_euclid(1_000_000);
            Ok(Timestamp::from_ms(i64::try_from(ms).unwrap_or(i64::MAX)))
        }
        _ => Err(format!("cannot parse {} to a valid timestamp", go::quote(text))),
    }
}

/// Nanoseconds, from seconds with a fraction or from a number with its unit: what Go's durations hold.
pub fn duration(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        let nanos = seconds * 1e9;
        if nanos > i64::MAX as f64 || nanos < i64::MIN as f64 {
            let quoted = go::quote(text);
            return Err(format!("cannot parse {quoted} to a valid duration. It overflows int64"));
        }
        return Ok(nanos as i64);
    }
    let wrong = || format!("cannot parse {} to a valid duration", go::quote(text));
    let period = Period::parse(text).map_err(|_| wrong())?;
    i64::try_from(period.as_nanos()).map_err(|_| wrong())
}

/// `strconv.Atoi`, in its words.
pub fn count(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| {
        let why = match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.Atoi: parsing {}: {why}", go::quote(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_or_a_date() {
        let ms = |text: &str| time(text).map(Timestamp::as_ms);
        assert_eq!(ms("1.5"), Ok(1500));
        assert_eq!(ms("-1.5"), Ok(-1500));
        assert_eq!(ms("1543578564.705"), Ok(1_543_578_564_705));
        assert_eq!(ms("1970-01-01T00:00:02.25+00:00"), Ok(2250));
        assert_eq!(ms(LATEST_WRITTEN), Ok(LATEST.as_ms()));
        for wrong in
            ["", "yesterday", "NaN", "Inf", "1970-01-01", "1970-01-01 00:00:02Z", "1970-01-01T00:00:02"]
        {
            assert_eq!(ms(wrong), Err(format!("cannot parse {wrong:?} to a valid timestamp")));
        }
    }

    #[test]
    fn a_duration_is_seconds_or_has_units() {
        assert_eq!(duration("0.25"), Ok(250_000_000));
        assert_eq!(duration("1h30m"), Ok(5_400_000_000_000));
        assert_eq!(duration("-15"), Ok(-15_000_000_000));
        assert_eq!(duration(""), Err("cannot parse \"\" to a valid duration".to_owned()));
        assert_eq!(
            duration("1e30"),
            Err("cannot parse \"1e30\" to a valid duration. It overflows int64".to_owned())
        );
        assert!(duration("1m1h").is_err() && duration("-5m").is_err());
    }

    #[test]
    fn a_count_is_wrong_in_gos_words() {
        assert_eq!(count("-3"), Ok(-3));
        assert_eq!(count("x"), Err("strconv.Atoi: parsing \"x\": invalid syntax".to_owned()));
        assert_eq!(
            count("99999999999999999999"),
            Err("strconv.Atoi: parsing \"99999999999999999999\": value out of range".to_owned())
        );
    }
}
