//! The forms: somebody takes over, gives back, offers a swap, answers one.

use std::collections::BTreeMap;

use andon_api::Problem;
use andon_definitions::Team;
use andon_vocabulary::{Command, Name, Stretch, Timestamp};
use axum::extract::{Form, Path};
use axum::response::Response;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::{Window, viewer};
use crate::forms::{self, form};
use crate::may::{offer, those};
use crate::visit::Visit;

type Fields = BTreeMap<String, String>;

pub fn take_form(visit: &Visit, window: &Window, teams: &[&Team]) -> Markup {
    let (places, may) = places(visit, teams);
    let fields = html! {
            (rotation_field(&places))
            label { "Who has it" (people_field("person", visit, teams, Some(&visit.me))) }
            (time_field("from", &format!("From ({})", window.zone_name), true))
            (time_field("until", "Until", true))
            label.grow { "Why" input name="reason" maxlength="500" autocomplete="off"; }
            button.primary { "Take over" }
    };
    offer(may, "Take over", || form("/oncall/taken", "/oncall", "inline", fields))
}

pub fn swap_form(visit: &Visit, window: &Window, teams: &[&Team]) -> Markup {
    let (places, may) = places(visit, teams);
    let fields = html! {
            (rotation_field(&places))
            label { "You ask" (people_field("to", visit, teams, None)) }
            (time_field("from", &format!("They have it from ({})", window.zone_name), true))
            (time_field("until", "Until", true))
            (time_field("takes_from", "You have it in return from", false))
            (time_field("takes_until", "Until", false))
            label.grow { "Why" input name="reason" maxlength="500" autocomplete="off"; }
            button { "Offer the swap" }
    };
    offer(may, "Offer the swap", || form("/oncall/swaps", "/oncall", "inline", fields))
}

/// The rotations that they may change, as team and name.
fn places(visit: &Visit, teams: &[&Team]) -> (Vec<(Name, Name)>, Result<(), Problem>) {
    let all = teams.iter().flat_map(|team| {
        team.oncall.keys().map(|rotation| (team.name.as_str().into(), rotation.as_str().into()))
    });
    let found = those(all.collect(), |(team, rotation): &(Name, Name)| {
        let (team, rotation) = (team.clone(), rotation.clone());
        let during = Stretch { from: visit.now, until: visit.now };
        let (person, reason) = (visit.me.clone(), String::new());
        visit.may_say(&Command::TakeOver { team, rotation, person, during, reason })
    });
    match found {
        Ok(places) => (places, Ok(())),
        Err(problem) => (Vec::new(), Err(problem)),
    }
}

fn rotation_field(places: &[(Name, Name)]) -> Markup {
    html! {
        label { "Rotation" select name="rotation" {
            @for (team, rotation) in places {
                @let place = format!("{team}/{rotation}");
                option value=(place) { (place) }
            }
        } }
    }
}

fn people_field(name: &str, visit: &Visit, teams: &[&Team], chosen: Option<&str>) -> Markup {
    let mut people: Vec<&str> =
        teams.iter().flat_map(|team| team.people.keys().map(String::as_str)).collect();
    people.sort_unstable();
    people.dedup();
    // One does not ask oneself.
    let others = people.into_iter().filter(|one| chosen.is_some() || **one != *visit.me);
    html! {
        select name=(name) {
            @for one in others { option value=(one) selected[chosen == Some(one)] { (one) } }
        }
    }
}

fn time_field(name: &str, label: &str, required: bool) -> Markup {
    html! { label { (label) input type="datetime-local" name=(name) required[required]; } }
}

pub async fn take(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let zone = viewer(&visit).1;
    let command = place(&fields).and_then(|(team, rotation)| {
        let during = between(&fields, "from", "until", &zone)?;
        let during = during.ok_or("say from when and until when")?;
        let (person, reason) = (text(&fields, "person").into(), text(&fields, "reason"));
        Ok(Command::TakeOver { team: team.into(), rotation: rotation.into(), person, during, reason })
    });
    say(visit, &fields, command).await
}

pub async fn swap(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let zone = viewer(&visit).1;
    let command = place(&fields).and_then(|(team, rotation)| {
        let gives = between(&fields, "from", "until", &zone)?.ok_or("say what you give")?;
        let takes = between(&fields, "takes_from", "takes_until", &zone)?;
        let (to, reason) = (text(&fields, "to").into(), text(&fields, "reason"));
        Ok(Command::OfferSwap { team: team.into(), rotation: rotation.into(), to, gives, takes, reason })
    });
    say(visit, &fields, command).await
}

pub async fn give_back(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    say(visit, &fields, id.parse().map(|taken| Command::GiveBack { taken })).await
}

pub async fn accept(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    say(visit, &fields, id.parse().map(|swap| Command::AcceptSwap { swap })).await
}

pub async fn decline(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    let reason = text(&fields, "reason");
    say(visit, &fields, id.parse().map(|swap| Command::DeclineSwap { swap, reason })).await
}

async fn say(visit: Visit, fields: &Fields, command: Result<Command, String>) -> Response {
    match command {
        Ok(command) => forms::tell(visit, fields, command).await,
        Err(why) => forms::refused(fields, why),
    }
}

fn place(fields: &Fields) -> Result<(String, String), String> {
    let place = text(fields, "rotation");
    let (team, rotation) = place.split_once('/').ok_or("say which rotation is meant")?;
    Ok((team.to_owned(), rotation.to_owned()))
}

fn text(fields: &Fields, name: &str) -> String {
    fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// `None` where neither end is given.
fn between(fields: &Fields, from: &str, until: &str, zone: &TimeZone) -> Result<Option<Stretch>, String> {
    match (text(fields, from), text(fields, until)) {
        (from, until) if from.is_empty() && until.is_empty() => Ok(None),
        (from, until) => Ok(Some(Stretch { from: moment(&from, zone)?, until: moment(&until, zone)? })),
    }
}

/// What a field of a date and a time holds, on the viewer's clock; or milliseconds, as a button of ours sends.
fn moment(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(ms) = text.parse::<i64>() {
        return Ok(Timestamp::from_ms(ms));
    }
    let wrong = |_| format!("{text:?} is not a time such as 2026-12-24T09:00");
    let local: jiff::civil::DateTime = text.parse().map_err(wrong)?;
    zone.to_timestamp(local).map(Timestamp::from_jiff).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_viewers_own() {
        let madrid = andon_definitions::oncall::zone("Europe/Madrid").unwrap();
        assert_eq!(moment("2026-12-24T09:00", &madrid).unwrap().to_string(), "2026-12-24T08:00:00.000Z");
        assert_eq!(moment("1795208400000", &madrid).unwrap(), Timestamp::from_ms(1_795_208_400_000));
        assert!(moment("tomorrow", &madrid).is_err());
    }
}
