//! On call: lanes of every rotation, what was agreed on over them, how the load is shared, and the forms to change
//! who has it.

mod ask;
mod lanes;
mod load;

use std::collections::BTreeMap;
use std::time::Duration;

use andon_api::Problem;
use andon_definitions::oncall::zone;
use andon_definitions::{Schedule, Team};
use andon_vocabulary::{Command, ShiftOverride, Stretch, SwapOffer, Timestamp};
use axum::extract::Query;
use axum::response::Response;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::chips::{self, Tone};
use crate::forms::form;
use crate::layout::{Place, banner, card};
use crate::may;
use crate::times::{exact, time};
use crate::visit::Visit;

pub use ask::{accept, decline, give_back, swap, take};

const SPANS: [i32; 3] = [7, 14, 28];
/// Of a calendar that cannot be read: it is said aloud once it is so for this long.
const STALE: Duration = Duration::from_secs(60);

/// The days that are shown, on the viewer's own clock.
struct Window {
    zone: TimeZone,
    zone_name: String,
    days: i32,
    /// Midnight of each day, and of the one after the last.
    midnights: Vec<Timestamp>,
}

impl Window {
    fn of(visit: &Visit, fields: &BTreeMap<String, String>) -> Window {
        let (zone_name, zone) = viewer(visit);
        let days = fields.get("days").and_then(|days| days.parse().ok());
        let days = days.filter(|days| SPANS.contains(days)).unwrap_or(SPANS[1]);
        let today = zone.to_datetime(visit.now.to_jiff()).date();
        let first = fields.get("from").and_then(|from| from.parse().ok());
        // Yesterday shows who had it until now.
        let first = first.or_else(|| today.yesterday().ok()).unwrap_or(today);
        let midnights = (0..=days).filter_map(|day| {
            let day = first.checked_add(day.days()).ok()?;
            Some(Timestamp::from_jiff(
                zone.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?,
            ))
        });
        let mut midnights: Vec<Timestamp> = midnights.collect();
        if midnights.len() < 2 {
            midnights = vec![visit.now, visit.now + Duration::from_secs(86_400)];
        }
        Window { zone, zone_name, days, midnights }
    }

    fn bounds(&self) -> Stretch {
        Stretch { from: self.midnights[0], until: self.midnights[self.midnights.len() - 1] }
    }

    fn date(&self, at: Timestamp) -> jiff::civil::Date {
        self.zone.to_datetime(at.to_jiff()).date()
    }
}

/// The zone of whoever looks, as their team's file has it.
fn viewer(visit: &Visit) -> (String, TimeZone) {
    let people = visit.catalog().teams.values().filter_map(|team| team.people.get(&*visit.me));
    let name = people.map(|person| person.timezone.to_string()).next().unwrap_or_else(|| "UTC".to_owned());
    let found = zone(&name).unwrap_or(TimeZone::UTC);
    (name, found)
}

pub async fn page(visit: Visit, Query(fields): Query<BTreeMap<String, String>>) -> Response {
    let window = Window::of(&visit, &fields);
    let view = visit.view.clone();
    let chosen = fields.get("team").filter(|team| view.catalog().teams.contains_key(*team));
    let teams: Vec<&Team> = view
        .catalog()
        .teams
        .values()
        .filter(|team| !team.oncall.is_empty() && chosen.is_none_or(|name| team.name == *name))
        .collect();
    let content = html! {
        header.title {
            div { h1 { "On call" } p.muted { "Days in " (window.zone_name) ". " a href="/api/v1/andon/oncall.ics" { "Calendar to subscribe to" } } }
            (choices(&visit, &window, chosen.map(String::as_str)))
        }
        (lanes::patterns())
        (calendars(&visit))
        (answers(&visit))
        @if teams.is_empty() { (card("none", "No rotation", None, html! { p.muted { "No team has a rotation: " code { "oncall" } " in a team's file says who takes turns." } })) }
        @for team in &teams {
            (card(&format!("lanes-{}", team.name), &team.name, None, rotations(&visit, &window, team)))
        }
        @if !teams.is_empty() {
            div.columns {
                (card("take", "Take over", None, ask::take_form(&visit, &window, &teams)))
                (card("swap", "Offer a swap", None, ask::swap_form(&visit, &window, &teams)))
            }
        }
        (card("agreed", "Agreed on", Some("beside the files"), agreed(&visit)))
        (card("load", "Load", Some("the last four weeks"), load::tables(&visit, &teams)))
    };
    visit.page(Place::OnCall, "On call", content)
}

fn choices(visit: &Visit, window: &Window, team: Option<&str>) -> Markup {
    let teams = visit.catalog().teams.values().filter(|team| !team.oncall.is_empty());
    let first = window.date(window.bounds().from);
    let link = |apart: i32| {
        let from = first.checked_add(apart.days()).unwrap_or(first);
        let team = team.map_or_else(String::new, |team| format!("&team={team}"));
        format!("/oncall?from={from}&days={}{team}", window.days)
    };
    html! {
        form.inline.spans method="get" action="/oncall" {
            label { "Team" select name="team" {
                option value="" { "all" }
                @for one in teams { option value=(one.name) selected[team == Some(&one.name)] { (one.name) } }
            } }
            label { "Days" select name="days" {
                @for days in SPANS { option value=(days) selected[days == window.days] { (days) } }
            } }
            button { "Show" }
            a.button href=(link(-window.days)) rel="prev" { "Earlier" }
            a.button href=(link(window.days)) rel="next" { "Later" }
        }
    }
}

/// A calendar that cannot be read is said aloud: what it said before stays, and may be wrong by now.
fn calendars(visit: &Visit) -> Markup {
    let failing: Vec<_> = visit.view.respond.duty.calendars_failing(visit.catalog()).collect();
    html! {
        @for (team, rotation, kept) in failing {
            @match kept.and_then(|kept| Some((kept, kept.failing.as_ref()?))) {
                Some((kept, (since, why))) if *since + STALE <= visit.now => {
                    (banner(&format!("calendar-{}-{rotation}", team.name), "warn", html! {
                        h2 { "The calendar of " (team.name) "/" (rotation) " cannot be read" }
                        p { "Since " (time(*since, visit.now)) ": " (why) ". "
                            @if kept.shifts.is_empty() { "The rotation's own turns hold." }
                            @else { "What it said at " (time(kept.read_at, visit.now)) " stays." } }
                    }))
                }
                Some(_) => {}
                None => {
                    (banner(&format!("calendar-{}-{rotation}", team.name), "warn", html! {
                        h2 { "The calendar of " (team.name) "/" (rotation) " was not read yet" }
                        p { "The rotation's own turns hold until it is." }
                    }))
                }
            }
        }
    }
}

fn rotations(visit: &Visit, window: &Window, team: &Team) -> Markup {
    let duty = &visit.view.respond.duty;
    html! {
        div.lanes {
            (lanes::axis(window, visit.now))
            @for rotation in team.oncall.keys() {
                @if let Some(schedule) = duty.schedule(team, rotation) {
                    div.rotation {
                        div.whose {
                            b { (rotation) }
                            (whose(visit, team, rotation, &schedule))
                        }
                        (lanes::of(window, rotation, &schedule, visit.now))
                    }
                }
            }
        }
    }
}

fn whose(visit: &Visit, team: &Team, rotation: &str, schedule: &Schedule) -> Markup {
    let duty = &visit.view.respond.duty;
    match schedule.shift(visit.now) {
        None => chips::chip(Tone::Bad, "nobody"),
        Some(shift) => html! {
            span { (shift.person) @if *shift.person == *visit.me { " (you)" } }
            small { "until " (time(shift.until, visit.now)) }
            @if let Some(on_duty) = duty.on_duty(team, rotation, visit.now, None) && let Some(rest) = on_duty.rests {
                small { (rest.person) " rests until " (time(rest.until, visit.now)) ": " (on_duty.person) " is paged" }
            }
        },
    }
}

/// Offers that wait for whoever looks.
fn answers(visit: &Visit) -> Markup {
    let waits = |offer: &&SwapOffer| offer.to == visit.me && offer.gives.from > visit.now;
    html! {
        @for offer in visit.view.respond.duty.offers.values().filter(waits) {
            section.card.asks data-key={ "offer-" (offer.id) } {
                h2 { (offer.by) " asks you to take " (offer.team) "/" (offer.rotation) }
                p { (stretch(&offer.gives, visit.now))
                    @if let Some(takes) = &offer.takes { " and would have it " (stretch(takes, visit.now)) } "." }
                @if !offer.reason.is_empty() { p.muted { (offer.reason) } }
                div.decide {
                    @let may = visit.may_say(&Command::AcceptSwap { swap: offer.id });
                    (may::offer(may, "Accept", || form(&format!("/oncall/swaps/{}/accept", offer.id), "/oncall", "", html! { button.primary { "Accept" } })))
                    (may::offer(may_decline(visit, offer), "Decline", || form(&format!("/oncall/swaps/{}/decline", offer.id), "/oncall", "inline", html! {
                        label { "Why" input name="reason" maxlength="500" autocomplete="off"; }
                        button { "Decline" }
                    })))
                }
            }
        }
    }
}

fn may_decline(visit: &Visit, offer: &SwapOffer) -> Result<(), Problem> {
    visit.may_say(&Command::DeclineSwap { swap: offer.id, reason: String::new() })
}

fn agreed(visit: &Visit) -> Markup {
    let duty = &visit.view.respond.duty;
    let taken: Vec<&ShiftOverride> =
        duty.overrides.values().filter(|one| one.during.until > visit.now).collect();
    let offers: Vec<&SwapOffer> = duty.offers.values().filter(|one| one.gives.from > visit.now).collect();
    html! {
        @if taken.is_empty() && offers.is_empty() { p.muted { "Nothing: the files say it all." } }
        ul.rows {
            @for one in taken {
                li data-row {
                    div.what {
                        div {
                            @if duty.lost.contains(&one.id) { (chips::chip(Tone::Warn, "lost with its rotation")) " " }
                            b { (one.person) } " has " (one.team) "/" (one.rotation) " " (stretch(&one.during, visit.now))
                        }
                        div.muted { (one.id) @if !one.reason.is_empty() { " · " (one.reason) } }
                    }
                    @let may = visit.may_say(&Command::GiveBack { taken: one.id });
                    (may::offer(may, "Give back", || form(&format!("/oncall/taken/{}/give-back", one.id), "/oncall", "", html! { button { "Give back" } })))
                }
            }
            @for offer in offers {
                li data-row {
                    div.what {
                        div { (chips::chip(Tone::Warn, "offered")) " " b { (offer.to) } " is asked by " b { (offer.by) } " to take "
                            (offer.team) "/" (offer.rotation) " " (stretch(&offer.gives, visit.now))
                            @if let Some(takes) = &offer.takes { ", for " (stretch(takes, visit.now)) } }
                        div.muted { (offer.id) @if !offer.reason.is_empty() { " · " (offer.reason) } }
                    }
                    @if offer.by == visit.me {
                        (may::offer(may_decline(visit, offer), "Take back", || form(&format!("/oncall/swaps/{}/decline", offer.id), "/oncall", "", html! { button { "Take back" } })))
                    }
                }
            }
        }
    }
}

fn stretch(during: &Stretch, now: Timestamp) -> Markup {
    html! { "from " (exact(during.from, now)) " to " (exact(during.until, now)) }
}
