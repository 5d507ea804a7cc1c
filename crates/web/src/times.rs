//! Times and spans on a page: UTC as rendered, the viewer's own zone once the script has run.

use std::time::Duration;

use andon_vocabulary::Timestamp;
use maud::{Markup, html};

/// Half a year: a date further off needs its year.
const NEAR: Duration = Duration::from_secs(183 * 86_400);

/// A time of today as `21:12:30 UTC`, of another day with its date, and far off with its year.
pub fn time(at: Timestamp, now: Timestamp) -> Markup {
    if at == Timestamp::MAX {
        return html! { "no end" };
    }
    let near = if same_day(at, now) { "%T UTC" } else { "%-d %b %H:%M UTC" };
    let text = at.to_jiff().strftime(if is_far(at, now) { "%-d %b %Y %H:%M UTC" } else { near });
    html! { time datetime=(at) title=(at.to_jiff().strftime("%F %T UTC")) { (text.to_string()) } }
}

/// A time to the second, with its date only where it is another day's.
pub fn exact(at: Timestamp, now: Timestamp) -> Markup {
    let near = if same_day(at, now) { "%T UTC" } else { "%-d %b %T UTC" };
    let text = at.to_jiff().strftime(if is_far(at, now) { "%-d %b %Y %T UTC" } else { near });
    html! { time data-exact datetime=(at) title=(at.to_jiff().strftime("%F %T UTC")) { (text.to_string()) } }
}

fn is_far(at: Timestamp, now: Timestamp) -> bool {
    at.since(now).max(now.since(at)) > NEAR
}

fn same_day(a: Timestamp, b: Timestamp) -> bool {
    a.as_ms().div_euclid(86_400_000) == b.as_ms().div_euclid(86_400_000)
}

/// How long something has lasted; it ticks.
pub fn ticking(since: Timestamp, now: Timestamp) -> Markup {
    html! { span.num data-since=(since.as_ms()) { (span(now.since(since))) } }
}

/// `42 s`, `12 min`, `3 h 05 min`, `2 d 4 h`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min {:02} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {minutes:02} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_well_at_every_size() {
        let words = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(words(0), "0 s");
        assert_eq!(words(125), "2 min 05 s");
        assert_eq!(words(3_660), "1 h 01 min");
        assert_eq!(words(187_200), "2 d 4 h");
    }

    #[test]
    fn another_day_shows_its_date() {
        let at = Timestamp::from_ms(0);
        assert!(time(at, at).into_string().contains(">00:00:00 UTC<"));
        let next_day = Timestamp::from_ms(90_000_000);
        assert!(time(at, next_day).into_string().contains(">1 Jan 00:00 UTC<"));
        let next_year = Timestamp::from_ms(366 * 86_400_000);
        assert!(time(at, next_year).into_string().contains(">1 Jan 1970 00:00 UTC<"));
        assert!(time(next_year, at).into_string().contains(">2 Jan 1971 00:00 UTC<"));
        assert!(exact(next_year, at).into_string().contains(">2 Jan 1971 00:00:00 UTC<"));
    }
}
