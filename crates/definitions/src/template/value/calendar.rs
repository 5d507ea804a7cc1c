//! The methods of Go's times and durations.

use std::rc::Rc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan, Zoned};

use super::Value;
use crate::template::humanize::{moment, span};
use crate::template::layout;

type Made = Option<Result<Value, String>>;

/// None: a time has no such method, or it is given something else.
pub(super) fn of_time(time: &Rc<Zoned>, name: &str, args: &[Value]) -> Made {
    let whole = |number: i64| Value::Int(number);
    let seconds = || time.timestamp().as_nanosecond().div_euclid(1_000_000_000) as i64;
    Some(Ok(match (name, args) {
        ("UTC" | "Local", []) => Value::Time(Rc::new(time.with_time_zone(TimeZone::UTC))),
        ("Unix", []) => whole(seconds()),
        ("UnixMilli", []) => whole(time.timestamp().as_nanosecond().div_euclid(1_000_000) as i64),
        ("UnixMicro", []) => whole(time.timestamp().as_nanosecond().div_euclid(1_000) as i64),
        ("UnixNano", []) => whole(i64::try_from(time.timestamp().as_nanosecond()).unwrap_or(0)),
        ("Month", []) => Value::text(time.strftime("%B").to_string()),
        ("Weekday", []) => Value::text(time.strftime("%A").to_string()),
        ("String", []) => Value::text(moment(time)),
        ("Year", []) => whole(time.year().into()),
        ("YearDay", []) => whole(time.day_of_year().into()),
        ("Day", []) => whole(time.day().into()),
        ("Hour", []) => whole(time.hour().into()),
        ("Minute", []) => whole(time.minute().into()),
        ("Second", []) => whole(time.second().into()),
        ("Nanosecond", []) => whole(time.subsec_nanosecond().into()),
        ("IsZero", []) => Value::Bool(seconds() == ZERO_SECONDS && time.subsec_nanosecond() == 0),
        ("Format", [layout]) => Value::text(layout::format(layout.as_text()?, time)),
        ("Before", [Value::Time(other)]) => Value::Bool(time.timestamp() < other.timestamp()),
        ("After", [Value::Time(other)]) => Value::Bool(time.timestamp() > other.timestamp()),
        ("Equal", [Value::Time(other)]) => Value::Bool(time.timestamp() == other.timestamp()),
        ("Sub", [Value::Time(other)]) => {
            let nanos = time.timestamp().as_nanosecond() - other.timestamp().as_nanosecond();
            Value::Span(nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        }
        ("Add", [by]) => return Some(moved(time.checked_add(SignedDuration::from_nanos(nanos(by)?)))),
        ("AddDate", [Value::Int(years), Value::Int(months), Value::Int(days)]) => {
            let span = || {
                let span = 0.days().try_years(*years).ok()?;
                span.try_months(*months).ok()?.try_days(*days).ok()
            };
            return Some(span().ok_or_else(outside).and_then(|span| moved(time.checked_add(span))));
        }
        _ => return None,
    }))
}

/// The year 1, which Go takes for no time.
const ZERO_SECONDS: i64 = -62_135_596_800;

fn outside() -> String {
    "that is no time that can be written".to_owned()
}

fn moved(to: Result<Zoned, jiff::Error>) -> Result<Value, String> {
    to.map(|time| Value::Time(Rc::new(time))).map_err(|_| outside())
}

/// A whole number of nanoseconds, however it is written.
fn nanos(value: &Value) -> Option<i64> {
    match value {
        Value::Int(nanos) | Value::Span(nanos) => Some(*nanos),
        Value::Float(nanos) if nanos.fract() == 0.0 && nanos.abs() < 9.2e18 => Some(*nanos as i64),
        _ => None,
    }
}

/// None: a duration has no such method, or it is given something else.
pub(super) fn of_span(length: i64, name: &str, args: &[Value]) -> Made {
    let of = |unit: f64| Value::Float(length as f64 / unit);
    Some(Ok(match (name, args) {
        ("Hours", []) => of(3.6e12),
        ("Minutes", []) => of(6e10),
        ("Seconds", []) => of(1e9),
        ("Milliseconds", []) => Value::Int(length / 1_000_000),
        ("Microseconds", []) => Value::Int(length / 1_000),
        ("Nanoseconds", []) => Value::Int(length),
        ("Abs", []) => Value::Span(length.saturating_abs()),
        ("String", []) => Value::text(span(length)),
        ("Truncate", [to]) => match nanos(to)? {
            to if to > 0 => Value::Span(length - length % to),
            _ => Value::Span(length),
        },
        ("Round", [to]) => match nanos(to)? {
            to if to > 0 => {
                let rest = length % to;
                let up = if rest.saturating_abs() >= to - rest.saturating_abs() {
                    to * length.signum()
                } else {
                    0
                };
                Value::Span((length - rest).saturating_add(up))
            }
            _ => Value::Span(length),
        },
        _ => return None,
    }))
}
