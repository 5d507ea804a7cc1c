use jiff::tz::TimeZoneDatabase;

use super::*;
use crate::instance::{Calendar, Day};
use crate::scalar::Period;
use crate::team::{Handover, Turns};

fn weekly(zone: &str) -> Rotation {
    Rotation {
        turns: Turns {
            people: vec!["ana".to_owned(), "ben".to_owned()],
            every: Period::minutes(7 * 24 * 60),
            handover: Some(Handover { day: Some(Day::Mon), at: "09:00".into(), timezone: zone.into() }),
            starts: None,
            hours: Vec::new(),
        },
        layers: Vec::new(),
        overrides: Vec::new(),
        rest_after_night_page: None,
    }
}

fn nightly(zone: &str) -> Calendar {
    use Day::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    Calendar {
        days: vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun],
        from: "22:00".into(),
        to: "02:30".into(),
        timezone: zone.into(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn shift(rotation: &Rotation, when: &str) -> String {
    match rotation.shift(at(when)) {
        Some(shift) => format!("{} {} {}", shift.person, shift.from, shift.until),
        None => "nobody".to_owned(),
    }
}

#[test]
fn turns_pass_at_the_local_time_of_the_handover() {
    let madrid = weekly("Europe/Madrid");
    let ana = "ana 2026-11-16T08:00:00.000Z 2026-11-23T08:00:00.000Z";
    assert_eq!(shift(&madrid, "2026-11-16T08:00:00Z"), ana);
    assert_eq!(shift(&madrid, "2026-11-20T22:00:00+01:00"), ana);
    assert_eq!(shift(&madrid, "2026-11-23T07:59:59.999Z"), ana);
    let ben = "ben 2026-11-23T08:00:00.000Z 2026-11-30T08:00:00.000Z";
    assert_eq!(shift(&madrid, "2026-11-23T08:00:00Z"), ben);
}

#[test]
fn a_turn_over_the_end_of_summer_time_is_an_hour_longer() {
    let shift = weekly("Europe/Madrid").shift(at("2026-10-24T12:00:00Z")).unwrap();
    assert_eq!(shift.until.since(shift.from).as_secs(), (7 * 24 + 1) * 3600);
}

#[test]
fn an_anchor_names_the_first_turn() {
    let mut daily = weekly("UTC");
    daily.turns.every = Period::minutes(24 * 60);
    daily.turns.handover = None;
    daily.turns.starts = Some("2026-11-20".into());
    let ana = "ana 2026-11-20T00:00:00.000Z 2026-11-21T00:00:00.000Z";
    assert_eq!(shift(&daily, "2026-11-20T12:00:00Z"), ana);
    let ben = "ben 2026-11-19T00:00:00.000Z 2026-11-20T00:00:00.000Z";
    assert_eq!(shift(&daily, "2026-11-19T12:00:00Z"), ben);
}

#[test]
fn a_layer_takes_over_during_its_hours_and_an_override_from_everybody() {
    let mut rotation = weekly("UTC");
    let cid = Turns {
        people: vec!["cid".to_owned()],
        every: Period::minutes(24 * 60),
        handover: None,
        starts: None,
        hours: vec![nightly("UTC")],
    };
    rotation.layers.push(cid);
    let cids = "cid 2026-11-18T22:00:00.000Z 2026-11-19T00:00:00.000Z";
    assert_eq!(shift(&rotation, "2026-11-18T23:00:00Z"), cids);
    let between = "ana 2026-11-19T02:30:00.000Z 2026-11-19T22:00:00.000Z";
    assert_eq!(shift(&rotation, "2026-11-19T12:00:00Z"), between);

    rotation.overrides.push(Override {
        person: "ben".to_owned(),
        from: "2026-11-19T20:00:00Z".into(),
        until: "2026-11-20T01:00:00+01:00".into(),
        reason: None,
    });
    let bens = "ben 2026-11-19T20:00:00.000Z 2026-11-20T00:00:00.000Z";
    assert_eq!(shift(&rotation, "2026-11-19T23:00:00Z"), bens);
    assert_eq!(
        shift(&rotation, "2026-11-19T12:00:00Z"),
        "ana 2026-11-19T02:30:00.000Z 2026-11-19T20:00:00.000Z"
    );
    assert_eq!(rotation.gaps(at("2026-11-16T00:00:00Z"), at("2027-11-16T00:00:00Z")), []);
}

#[test]
fn outside_of_all_hours_nobody_is_on_call() {
    let mut rotation = weekly("Europe/Madrid");
    rotation.turns.hours = vec![nightly("Europe/Madrid")];
    assert_eq!(shift(&rotation, "2026-11-20T12:00:00Z"), "nobody");
    let night = "ana 2026-11-20T21:00:00.000Z 2026-11-21T01:30:00.000Z";
    assert_eq!(shift(&rotation, "2026-11-20T23:00:00Z"), night);
    let gaps = rotation.gaps(at("2026-11-20T00:00:00Z"), at("2026-11-21T12:00:00Z"));
    let wanted =
        [("2026-11-20T01:30:00Z", "2026-11-20T21:00:00Z"), ("2026-11-21T01:30:00Z", "2026-11-21T12:00:00Z")];
    assert_eq!(gaps, wanted.map(|(from, until)| (at(from), at(until))));
}

#[test]
fn a_calendar_may_run_over_midnight_and_over_a_change_of_the_clocks() {
    let mut nights = nightly("Europe/Madrid");
    nights.days = vec![Day::Fri];
    for (when, wanted) in [
        ("2026-11-20T22:00:00+01:00", true),
        ("2026-11-21T02:29:00+01:00", true),
        ("2026-11-21T02:30:00+01:00", false),
        ("2026-11-21T23:00:00+01:00", false),
    ] {
        assert_eq!(nights.contains(at(when)), wanted, "{when}");
    }
    // 02:30 comes twice on 25 October 2026, and not at all on 29 March.
    let nights = nightly("Europe/Madrid");
    for (when, wanted) in [
        ("2026-10-25T02:29:00+02:00", true),
        ("2026-10-25T02:30:00+02:00", false),
        ("2026-10-25T02:15:00+01:00", false),
        ("2026-03-29T03:29:00+02:00", true),
        ("2026-03-29T03:30:00+02:00", false),
    ] {
        assert_eq!(nights.contains(at(when)), wanted, "{when}");
    }
}

/// What a person would do with a list of handovers: find the last that has come, and count.
fn naive(handovers: &[(Timestamp, &'static str)], at: Timestamp) -> &'static str {
    handovers.iter().take_while(|(from, _)| *from <= at).last().expect("one before").1
}

#[test]
fn in_every_zone_a_year_has_one_person_at_every_instant() {
    let (begin, end) = (at("2026-06-01T00:00:00Z"), at("2027-06-08T00:00:00Z"));
    let mut zones = 0;
    for name in TimeZoneDatabase::bundled().available() {
        let name = name.to_string();
        let rotation = {
            let mut rotation = weekly(&name);
            // In the hour in which most clocks change.
            rotation.turns.handover.as_mut().unwrap().at = "02:30".into();
            rotation.turns.handover.as_mut().unwrap().day = Some(Day::Sun);
            rotation
        };
        let zone = zone(&name).unwrap();
        let sundays =
            (0..60).map(|week| jiff::civil::date(2026, 5, 24).checked_add(jiff::Span::new().weeks(week)));
        let handovers: Vec<(Timestamp, &str)> = sundays
            .enumerate()
            .map(|(week, sunday)| {
                let from = zone.to_timestamp(sunday.unwrap().at(2, 30, 0, 0)).unwrap();
                (Timestamp::from_jiff(from), if week % 2 == 0 { "ana" } else { "ben" })
            })
            .collect();
        let first = rotation.shift(handovers[0].0).unwrap().person;
        let swapped = first == "ben";
        let mut now = begin;
        while now < end {
            let shift = rotation.shift(now).unwrap_or_else(|| panic!("nobody in {name} at {now}"));
            assert!(shift.from <= now && now < shift.until, "{name}: {shift:?} at {now}");
            for probe in [shift.from, now, shift.until - TICK] {
                let wanted = match (naive(&handovers, probe), swapped) {
                    ("ana", false) | ("ben", true) => "ana",
                    _ => "ben",
                };
                assert_eq!(shift.person, wanted, "{name} at {probe}");
            }
            assert_ne!(rotation.shift(shift.until).unwrap().person, shift.person, "{name}");
            now = shift.until;
        }
        zones += 1;
    }
    assert!(zones > 400, "{zones} zones");
}

#[test]
fn shifts_lie_end_to_end_whatever_they_are_made_of() {
    arbtest::arbtest(|u| {
        let zones = ["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
        let mut rotation = weekly(u.choose(&zones)?);
        let hours = |u: &mut arbtest::arbitrary::Unstructured<'_>| -> arbtest::arbitrary::Result<Calendar> {
            let time = |u: &mut arbtest::arbitrary::Unstructured<'_>| -> arbtest::arbitrary::Result<String> {
                Ok(format!("{:02}:{:02}", u.int_in_range(0..=23)?, u.int_in_range(0..=59)?))
            };
            let mut hours = nightly(u.choose(&zones)?);
            hours.days.truncate(u.int_in_range(1..=7)?);
            (hours.from, hours.to) = (time(u)?.as_str().into(), time(u)?.as_str().into());
            Ok(hours)
        };
        if u.arbitrary()? {
            rotation.turns.hours.push(hours(u)?);
        }
        let mut layer = rotation.turns.clone();
        (layer.people, layer.every) = (vec!["cid".to_owned()], Period::minutes(24 * 60));
        layer.handover.as_mut().unwrap().day = None;
        layer.hours = vec![hours(u)?];
        rotation.layers.push(layer);
        // The days around the end and the beginning of summer time.
        let begin =
            at(u.choose(&["2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z", "2026-10-30T12:00:00Z"])?);
        let minute = |minute: u64| begin + Duration::from_secs(60 * minute);
        let gaps = rotation.gaps(begin, minute(5 * 1440));
        for now in (0..5 * 1440).step_by(7).map(minute) {
            let in_gap = gaps.iter().any(|(from, until)| *from <= now && now < *until);
            match rotation.shift(now) {
                None => assert!(in_gap, "{now}"),
                Some(shift) => {
                    assert!(!in_gap && shift.from <= now && now < shift.until, "{now}: {shift:?}");
                    assert_eq!(rotation.shift(shift.from).as_ref(), Some(&shift));
                    assert_eq!(rotation.shift(shift.until - TICK).as_ref(), Some(&shift));
                }
            }
        }
        Ok(())
    });
}
