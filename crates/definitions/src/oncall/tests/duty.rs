//! What lies over the files: what was agreed on, calendars, and rest after a page at night.

use andon_vocabulary::{CalendarShift, IncidentId, Name, OverrideId, ShiftOverride};

use super::*;
use crate::catalog::Catalog;
use crate::diagnostic::SourceFile;

const TEAM: &str = "apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
    ben: { timezone: America/New_York, contact: [ { channel: web } ] }
    cid: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
  oncall:
    primary:
      people: [ana, ben, cid]
      every: 1w
      handover: { day: mon, at: '09:00', timezone: Europe/Madrid }
      rest_after_night_page: 8h
      ical: { url: 'https://calendar.example/feed.ics' }
  escalation: [ { page: 'oncall:primary' } ]
---
apiVersion: andon/v1
kind: Instance
metadata: { name: a }
spec: { channels: { web: { web: {} } } }
";

fn catalog() -> Catalog {
    let (catalog, found) = crate::load(&[SourceFile { path: "ops.yaml".into(), text: TEAM.into() }]);
    assert_eq!(found, []);
    catalog
}

fn taken(id: u64, person: &str, from: &str, until: &str) -> ShiftOverride {
    let during = Stretch { from: at(from), until: at(until) };
    let (team, rotation) = ("shop".into(), "primary".into());
    ShiftOverride { id: OverrideId(id), team, rotation, person: person.into(), during, reason: String::new() }
}

fn page(person: &str, when: &str) -> Paged {
    Paged { person: person.into(), at: at(when), incident: Some(IncidentId(1)), withheld: false }
}

#[test]
fn the_newest_agreement_decides_and_who_left_the_team_has_no_part_in_it() {
    let catalog = catalog();
    let team = &catalog.teams["shop"];
    let mut duty = Duty::default();
    for one in [
        taken(1, "ben", "2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z"),
        taken(2, "ana", "2026-11-19T00:00:00Z", "2026-11-19T12:00:00Z"),
        taken(3, "zoe", "2026-11-17T00:00:00Z", "2026-11-21T00:00:00Z"),
    ] {
        duty.overrides.insert(one.id, one);
    }
    let schedule = duty.schedule(team, "primary").unwrap();
    let whose = schedule.without_overrides().person(at("2026-11-18T12:00:00Z")).unwrap().to_owned();
    let said = |when: &str| schedule.person(at(when)).unwrap().to_owned();
    assert_eq!(said("2026-11-18T12:00:00Z"), "ben");
    assert_eq!(said("2026-11-19T06:00:00Z"), "ana");
    assert_eq!(said("2026-11-19T12:00:00Z"), "ben");
    assert_eq!(said("2026-11-20T00:00:00Z"), whose, "zoe is nobody here");
    assert_eq!(schedule.shift(at("2026-11-19T06:00:00Z")).unwrap().by, By::Taken(OverrideId(2)));
}

#[test]
fn a_calendar_lies_over_the_turns_and_a_hole_in_it_is_theirs() {
    let catalog = catalog();
    let team = &catalog.teams["shop"];
    let mut duty = Duty::default();
    let during = |from: &str, until: &str| Stretch { from: at(from), until: at(until) };
    let shift = |person: &str, from: &str, until: &str| CalendarShift {
        person: person.into(),
        during: during(from, until),
    };
    let kept = CalendarKept {
        read_at: at("2026-11-16T00:00:00Z"),
        known: during("2026-11-16T00:00:00Z", "2026-12-16T00:00:00Z"),
        shifts: [
            shift("cid", "2026-11-16T08:00:00Z", "2026-11-18T08:00:00Z"),
            shift("ben", "2026-11-17T08:00:00Z", "2026-11-17T20:00:00Z"),
        ]
        .into_iter()
        .collect(),
        failing: None,
    };
    duty.calendars.insert((Name::from("shop"), Name::from("primary")), kept);
    let schedule = duty.schedule(team, "primary").unwrap();
    let shifts = schedule.shifts(at("2026-11-16T08:00:00Z"), at("2026-11-18T12:00:00Z"));
    let said: Vec<String> =
        shifts.iter().map(|one| format!("{} {}", one.person, one.from.second())).collect();
    let turn = Schedule::of_files(&team.oncall["primary"]).person(at("2026-11-18T09:00:00Z")).unwrap();
    assert_eq!(
        said,
        [
            "cid 2026-11-16T08:00:00Z".to_owned(),
            "ben 2026-11-17T08:00:00Z".to_owned(),
            "cid 2026-11-17T20:00:00Z".to_owned(),
            format!("{turn} 2026-11-18T08:00:00Z"),
        ]
    );
}

#[test]
fn who_was_paged_at_night_rests_and_the_next_person_is_paged() {
    let catalog = catalog();
    let team = &catalog.teams["shop"];
    let mut duty = Duty::default();
    let (night, later) = (at("2026-11-18T02:00:00Z"), at("2026-11-18T05:00:00Z"));
    let first = duty.on_duty(team, "primary", night, Some(IncidentId(1))).unwrap();
    assert_eq!(first.rests, None);
    let people = ["ana", "ben", "cid"];
    let next = people[(people.iter().position(|one| **one == *first.person).unwrap() + 1) % 3];
    duty.pages.push_back(page(&first.person, "2026-11-18T02:00:00Z"));

    let same = duty.on_duty(team, "primary", later, Some(IncidentId(1))).unwrap();
    assert_eq!((same.person, same.rests), (first.person.clone(), None), "their own incident stays theirs");
    // In New York it is evening: nobody there was woken.
    let is_night = is_night(&team.people[&*first.person].timezone, night);
    let other = duty.on_duty(team, "primary", later, Some(IncidentId(2))).unwrap();
    if is_night {
        assert_eq!(&*other.person, next);
        assert_eq!(other.rests.unwrap().until, night + Duration::from_secs(8 * 3600));
    } else {
        assert_eq!(other.person, first.person);
    }
    let rested = duty.on_duty(team, "primary", night + Duration::from_secs(8 * 3600), Some(IncidentId(2)));
    assert_eq!(rested.unwrap().person, first.person);

    for person in people {
        duty.pages.push_back(page(person, "2026-11-18T02:00:00Z"));
    }
    duty.pages.push_back(page("ben", "2026-11-18T05:00:00Z"));
    let all = duty.on_duty(team, "primary", at("2026-11-18T05:30:00Z"), Some(IncidentId(3))).unwrap();
    assert_eq!((all.person, all.rests), (first.person, None), "where all rest, nobody does");
}

#[test]
fn nobody_is_paged_in_the_place_of_whoever_stands_in_for_them() {
    let catalog = catalog();
    let team = &catalog.teams["shop"];
    let night = "2026-11-18T02:00:00Z";
    let whose = Schedule::of_files(&team.oncall["primary"]).person(at(night)).unwrap();
    let turns = ["ana", "ben", "cid"];
    let turn = turns.iter().position(|one| *one == whose).unwrap();
    let (next, last) = (turns[(turn + 1) % 3], turns[(turn + 2) % 3]);
    let on_duty = |duty: &Duty| {
        let one = duty.on_duty(team, "primary", at("2026-11-18T02:30:00Z"), None).unwrap();
        (one.person.to_string(), one.rests.map(|rest| rest.person.to_string()))
    };
    // Whoever comes last in the turns stands in for whoever has it, and is woken.
    let mut duty = Duty::default();
    let stands_in = |id, person| taken(id, person, "2026-11-17T12:00:00Z", "2026-11-19T12:00:00Z");
    duty.overrides.insert(OverrideId(1), stands_in(1, last));
    duty.pages.push_back(page(last, night));
    // It is evening in New York.
    let rests = last != "ben";
    assert_eq!(on_duty(&duty).0, if rests { next } else { last });
    // Another took it over from them: neither of the two that it was taken from is asked.
    duty.overrides.insert(OverrideId(2), stands_in(2, next));
    duty.pages = [page(next, night)].into_iter().collect();
    assert_eq!(on_duty(&duty), (next.to_owned(), None), "better tired than nobody");
}
