use super::*;
use crate::instance::{Calendar, Day};
use crate::scalar::Period;
use crate::team::{Handover, Override, Turns};

mod duty;
mod model;

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
        ical: None,
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
    match Schedule::of_files(rotation).shift(at(when)) {
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
    let shift = Schedule::of_files(&weekly("Europe/Madrid")).shift(at("2026-10-24T12:00:00Z")).unwrap();
    assert_eq!(shift.until.since(shift.from).as_secs(), (7 * 24 + 1) * 3600);
}

#[test]
fn nobody_has_a_turn_before_it_begins_where_the_date_changes_with_the_clocks() {
    for (zone, handover, when, wanted) in [
        // From 23:00 to midnight: 23:30 is half past midnight.
        (
            "America/Nuuk",
            "23:30",
            "2027-03-28T01:15:00Z",
            "2027-03-27T01:30:00.000Z 2027-03-28T01:30:00.000Z",
        ),
        (
            "America/Nuuk",
            "23:30",
            "2027-03-28T01:30:00Z",
            "2027-03-28T01:30:00.000Z 2027-03-29T00:30:00.000Z",
        ),
        // From the 29th to the 31st: the turn of the 30th is none.
        (
            "Pacific/Apia",
            "12:00",
            "2011-12-30T12:00:00Z",
            "2011-12-29T22:00:00.000Z 2011-12-30T22:00:00.000Z",
        ),
        (
            "Pacific/Apia",
            "12:00",
            "2011-12-30T22:00:00Z",
            "2011-12-30T22:00:00.000Z 2011-12-31T22:00:00.000Z",
        ),
        // From a minute past midnight back to 23:01 of the day before.
        (
            "America/St_Johns",
            "00:00",
            "2010-11-07T02:45:00Z",
            "2010-11-07T02:30:00.000Z 2010-11-08T03:30:00.000Z",
        ),
    ] {
        let mut daily = weekly(zone);
        daily.turns.every = Period::minutes(24 * 60);
        daily.turns.handover = Some(Handover { day: None, at: handover.into(), timezone: zone.into() });
        let shift = Schedule::of_files(&daily).shift(at(when)).unwrap();
        assert_eq!(format!("{} {}", shift.from, shift.until), wanted, "{zone}, {when}");
    }
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
    assert_eq!(
        Schedule::of_files(&rotation).gaps(at("2026-11-16T00:00:00Z"), at("2027-11-16T00:00:00Z")),
        []
    );
}

#[test]
fn outside_of_all_hours_nobody_is_on_call() {
    let mut rotation = weekly("Europe/Madrid");
    rotation.turns.hours = vec![nightly("Europe/Madrid")];
    assert_eq!(shift(&rotation, "2026-11-20T12:00:00Z"), "nobody");
    let night = "ana 2026-11-20T21:00:00.000Z 2026-11-21T01:30:00.000Z";
    assert_eq!(shift(&rotation, "2026-11-20T23:00:00Z"), night);
    let gaps = Schedule::of_files(&rotation).gaps(at("2026-11-20T00:00:00Z"), at("2026-11-21T12:00:00Z"));
    let wanted =
        [("2026-11-20T01:30:00Z", "2026-11-20T21:00:00Z"), ("2026-11-21T01:30:00Z", "2026-11-21T12:00:00Z")];
    assert_eq!(gaps, wanted.map(|(from, until)| Stretch { from: at(from), until: at(until) }));
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
