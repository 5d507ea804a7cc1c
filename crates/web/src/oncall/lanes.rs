//! Lanes: what stretches of time a rotation is made of, drawn to one scale.
//!
//! They are SVG in percent, so that they need neither a script nor a style of their own and keep their letters at
//! every width. A gap is hatched, and said in words below.

use andon_definitions::oncall::By;
use andon_definitions::{Schedule, Shift};
use andon_vocabulary::{Stretch, Timestamp};
use maud::{Markup, html};

use super::Window;
use crate::times::exact;

/// As many as there are colours for series.
const COLOURS: usize = 6;
const GAPS_SHOWN_MAX: usize = 3;

/// What is drawn in one lane.
struct Bar {
    during: Stretch,
    person: String,
    /// Beside the person, for whoever points at it.
    by: &'static str,
}

/// The hatching of gaps, once for the page.
pub fn patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern #gap width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.ground width="6" height="6" {}
                    line.stripe x1="0" y1="0" x2="0" y2="6" {}
                }
            }
        }
    }
}

/// The days, over all lanes of a team.
pub fn axis(window: &Window, now: Timestamp) -> Markup {
    let bounds = window.bounds();
    let days = window.midnights.windows(2);
    // Narrow screens have no room for every day's name.
    let sparse = window.days > 14;
    html! {
        div.rotation.axis aria-hidden="true" {
            div.whose {}
            svg.lane.days width="100%" height="18" {
                @for (index, day) in days.enumerate() {
                    @let from = percent(&bounds, day[0]);
                    line x1=(from) x2=(from) y1="12" y2="18" {}
                    @if !sparse || index % 2 == 0 {
                        text.even[index % 2 == 1] x=(from) y="11" dx="3" { (label(window, day[0])) }
                    }
                }
                @if bounds.contains(now) { (now_line(&bounds, now)) }
            }
        }
    }
}

fn label(window: &Window, at: Timestamp) -> String {
    window.zone.to_datetime(at.to_jiff()).strftime("%a %-d").to_string()
}

pub fn of(window: &Window, rotation: &str, schedule: &Schedule, now: Timestamp) -> Markup {
    let bounds = window.bounds();
    let shifts = schedule.shifts(bounds.from, bounds.until);
    let gaps = schedule.gaps(bounds.from, bounds.until);
    let standing_in = schedule.overrides().iter().filter(|(_, _, during)| during.overlaps(&bounds));
    let overrides: Vec<Bar> = standing_in
        .map(|(by, person, during)| Bar { during: *during, person: (*person).to_owned(), by: word(*by) })
        .collect();
    let turns = if overrides.is_empty() {
        Vec::new()
    } else {
        let turns = schedule.without_overrides();
        turns.shifts(bounds.from, bounds.until).iter().map(bar).collect()
    };
    let all: Vec<Bar> = shifts.iter().map(bar).collect();
    html! {
        div.stack-of-lanes {
            @if !overrides.is_empty() {
                (lane("turns", rotation, window, &turns, &[], now))
                (lane("overrides", rotation, window, &overrides, &[], now))
            }
            (lane("final", rotation, window, &all, &gaps, now))
            @if !gaps.is_empty() {
                p.gaps {
                    "Nobody "
                    @for (index, gap) in gaps.iter().take(GAPS_SHOWN_MAX).enumerate() {
                        @if index > 0 { ", " }
                        "from " (exact(gap.from, now)) " to " (exact(gap.until, now))
                    }
                    @if gaps.len() > GAPS_SHOWN_MAX { ", and in " (gaps.len() - GAPS_SHOWN_MAX) " more stretches" }
                }
            }
        }
    }
}

fn bar(shift: &Shift) -> Bar {
    let during = Stretch { from: shift.from, until: shift.until };
    Bar { during, person: shift.person.clone(), by: word(shift.by) }
}

fn word(by: By) -> &'static str {
    match by {
        By::Turn(0, _) => "turn",
        By::Turn(..) => "layer",
        By::Calendar(_) => "calendar",
        By::File(_) => "override in the files",
        By::Taken(_) => "taken over",
    }
}

fn lane(
    kind: &str,
    rotation: &str,
    window: &Window,
    bars: &[Bar],
    gaps: &[Stretch],
    now: Timestamp,
) -> Markup {
    let bounds = window.bounds();
    let (height, is_final) = if kind == "final" { ("26", true) } else { ("14", false) };
    html! {
        svg.lane.(kind) width="100%" height=(height) role="img" aria-label=(said(kind, rotation, window, bars, gaps)) {
            rect.floor width="100%" height="100%" {}
            @for bar in bars {
                @let during = within(&bar.during, &bounds);
                svg x=(percent(&bounds, during.from)) width=(share(&bounds, &during)) height="100%" class={ "bar p" (colour(&bar.person)) } {
                    title { (bar.person) " · " (bar.by) " · " (when(window, &bar.during)) }
                    rect width="100%" height="100%" {}
                    @if is_final { text x="6" y="17" { (bar.person) } } @else { text.small x="5" y="11" { (bar.person) } }
                }
            }
            @for gap in gaps {
                @let during = within(gap, &bounds);
                rect.gap x=(percent(&bounds, during.from)) width=(share(&bounds, &during)) height="100%" fill="url(#gap)" {
                    title { "nobody · " (when(window, gap)) }
                }
            }
            @for midnight in &window.midnights {
                @let at = percent(&bounds, *midnight);
                line.day x1=(at) x2=(at) y1="0" y2="100%" {}
            }
            @if bounds.contains(now) { (now_line(&bounds, now)) }
        }
    }
}

fn now_line(bounds: &Stretch, now: Timestamp) -> Markup {
    let at = percent(bounds, now);
    html! { line.now x1=(at) x2=(at) y1="0" y2="100%" { title { "now" } } }
}

/// The lane for who cannot see it.
fn said(kind: &str, rotation: &str, window: &Window, bars: &[Bar], gaps: &[Stretch]) -> String {
    let named =
        bars.iter().map(|bar| (bar.during.from, format!("{} {}", bar.person, when(window, &bar.during))));
    let empty = gaps.iter().map(|gap| (gap.from, format!("nobody {}", when(window, gap))));
    let mut all: Vec<(Timestamp, String)> = named.chain(empty).collect();
    all.sort();
    let all: Vec<String> = all.into_iter().map(|(_, words)| words).collect();
    format!("{rotation}, {kind}: {}", all.join("; "))
}

fn when(window: &Window, during: &Stretch) -> String {
    let local = |at: Timestamp| window.zone.to_datetime(at.to_jiff()).strftime("%a %-d %b %H:%M").to_string();
    format!("{} to {}", local(during.from), local(during.until))
}

/// The same person has the same colour on every page.
fn colour(person: &str) -> usize {
    person.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))) % COLOURS
        + 1
}

fn within(during: &Stretch, bounds: &Stretch) -> Stretch {
    Stretch { from: during.from.max(bounds.from), until: during.until.min(bounds.until) }
}

fn percent(bounds: &Stretch, at: Timestamp) -> String {
    let all = bounds.until.since(bounds.from).as_secs_f64();
    format!("{:.3}%", at.since(bounds.from).as_secs_f64() / all * 100.0)
}

fn share(bounds: &Stretch, during: &Stretch) -> String {
    let all = bounds.until.since(bounds.from).as_secs_f64();
    format!("{:.3}%", during.until.since(during.from).as_secs_f64() / all * 100.0)
}
