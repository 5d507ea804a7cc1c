//! Days and hours of a time, in UTC.

/// Broken down without a time zone: PromQL's calendar is UTC.
pub(crate) struct Moment {
    /// Days since 1970-01-01.
    days: i64,
    second_of_day: i64,
    year: i64,
    month: i64,
    day: i64,
}

impl Moment {
    pub fn new(seconds: f64) -> Moment {
        // Far beyond any calendar, but small enough for the arithmetic below.
        let seconds = seconds.clamp(-1e15, 1e15) as i64;
        let days = seconds.div_euclid(86_400);
        let (year, month, day) = civil(days);
        Moment { days, second_of_day: seconds.rem_euclid(86_400), year, month, day }
    }
}

/// Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last one.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

pub(crate) fn minute(moment: &Moment) -> f64 {
    (moment.second_of_day / 60 % 60) as f64
}

pub(crate) fn hour(moment: &Moment) -> f64 {
    (moment.second_of_day / 3600) as f64
}

/// Sunday is 0.
pub(crate) fn day_of_week(moment: &Moment) -> f64 {
    (moment.days + 4).rem_euclid(7) as f64
}

pub(crate) fn day_of_month(moment: &Moment) -> f64 {
    moment.day as f64
}

pub(crate) fn day_of_year(moment: &Moment) -> f64 {
    let before: i64 = (1..moment.month).map(|month| month_length(moment.year, month)).sum();
    (before + moment.day) as f64
}

pub(crate) fn days_in_month(moment: &Moment) -> f64 {
    month_length(moment.year, moment.month) as f64
}

pub(crate) fn month(moment: &Moment) -> f64 {
    moment.month as f64
}

pub(crate) fn year(moment: &Moment) -> f64 {
    moment.year as f64
}
