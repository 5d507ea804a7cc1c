//! A naive model of a rotation: every hand-over and every span of hours of two years written down as an instant, and
//! looked up in the list. Both it and the schedule are constant between their own bounds, so that two
//! that agree at the bounds of both agree at every instant.

use std::collections::BTreeSet;

use andon_vocabulary::{OverrideId, ShiftOverride};
use arbtest::arbitrary::{Result, Unstructured};
use jiff::civil::date;
use jiff::{Span, ToSpan};

use super::*;

struct Model {
    /// From the weakest to the strongest.
    layers: Vec<Layer>,
    overrides: Vec<(String, Stretch)>,
}

struct Layer {
    /// From when on somebody has it.
    handovers: Vec<(Timestamp, String)>,
    hours: Option<Vec<Stretch>>,
}

impl Model {
    fn of(rotation: &Rotation, taken: &[ShiftOverride]) -> Model {
        let layers = [&rotation.turns].into_iter().chain(&rotation.layers);
        let written = rotation.overrides.iter().map(|one| {
            let (from, until) = (one.from.timestamp().unwrap(), one.until.timestamp().unwrap());
            (one.person.clone(), Stretch { from, until })
        });
        let taken = taken.iter().map(|one| (one.person.to_string(), one.during));
        Model {
            layers: layers.map(|turns| Layer { handovers: handovers(turns), hours: hours(turns) }).collect(),
            overrides: written.chain(taken).collect(),
        }
    }

    fn person(&self, at: Timestamp) -> Option<&str> {
        let mut last = None;
        for Layer { handovers, hours } in &self.layers {
            // No span lasts longer than a day, and there are at most two a day: the last few that have begun tell.
            let open = hours.as_ref().is_none_or(|spans| {
                let begun = spans.partition_point(|span| span.from <= at);
                spans[begun.saturating_sub(8)..begun].iter().any(|span| span.contains(at))
            });
            if open {
                let begun = handovers.partition_point(|(from, _)| *from <= at);
                last = begun.checked_sub(1).map(|last| &*handovers[last].1);
            }
        }
        for (person, during) in &self.overrides {
            if during.contains(at) {
                last = Some(person);
            }
        }
        last
    }

    fn bounds(&self, within: Stretch) -> BTreeSet<Timestamp> {
        let handovers = self.layers.iter().flat_map(|layer| layer.handovers.iter().map(|(from, _)| *from));
        let hours = self.layers.iter().flat_map(|layer| layer.hours.iter().flatten());
        let spans = hours.chain(self.overrides.iter().map(|(_, during)| during));
        let bounds = handovers.chain(spans.flat_map(|span| [span.from, span.until]));
        bounds.filter(|bound| within.contains(*bound)).chain([within.from]).collect()
    }
}

fn handovers(turns: &Turns) -> Vec<(Timestamp, String)> {
    let (name, time) = turns.handover.as_ref().map_or(("UTC", "00:00"), |it| (&it.timezone, &it.at));
    let zone = zone(name).unwrap();
    let time: Time = format!("{time}:00").parse().unwrap();
    let mut day = turns.starts.as_ref().map_or(date(2024, 1, 1), |starts| starts.parse().unwrap());
    while turns
        .handover
        .as_ref()
        .and_then(|it| it.day)
        .is_some_and(|it| calendar::weekday(it) != day.weekday())
    {
        day = day.tomorrow().unwrap();
    }
    let every = (turns.every.as_secs() / 86_400) as i64;
    let people = turns.people.len() as i64;
    // As many turns back that the people come round and the first of them begins before anything that is asked.
    let back = people * (1000 / (every * people) + 1);
    let first = day.checked_sub(Span::new().days(back * every)).unwrap();
    let last = date(2027, 8, 1);
    let starts = (0..).map(|turn| (turn, first.checked_add((turn * every).days()).unwrap()));
    starts
        .take_while(|(_, day)| *day < last)
        .map(|(turn, day)| {
            let from = zone.to_timestamp(day.to_datetime(time)).unwrap();
            (Timestamp::from_jiff(from), turns.people[(turn % people) as usize].clone())
        })
        .filter(|(from, _)| *from > at("2026-03-01T00:00:00Z"))
        .collect()
}

fn hours(turns: &Turns) -> Option<Vec<Stretch>> {
    let mut spans = Vec::new();
    for hours in &turns.hours {
        let zone = zone(&hours.timezone).unwrap();
        let instant = |day: jiff::civil::Date, time: &str| {
            let time: Time = format!("{time}:00").parse().unwrap();
            Timestamp::from_jiff(zone.to_timestamp(day.to_datetime(time)).unwrap())
        };
        let mut day = date(2026, 3, 1);
        while day < date(2027, 8, 1) {
            if hours.days.iter().any(|one| calendar::weekday(*one) == day.weekday()) {
                let over_midnight = *hours.from > *hours.to;
                let end = if over_midnight { day.tomorrow().unwrap() } else { day };
                spans.push(Stretch { from: instant(day, &hours.from), until: instant(end, &hours.to) });
            }
            day = day.tomorrow().unwrap();
        }
    }
    spans.sort();
    (!turns.hours.is_empty()).then_some(spans)
}

/// The schedule and the model say the same at every instant of `within`. Gives back for how long somebody has it.
#[track_caller]
fn agree(rotation: &Rotation, taken: &[ShiftOverride], within: Stretch, what: &str) -> Duration {
    let schedule = Schedule::new(rotation, None, taken);
    let model = Model::of(rotation, taken);
    let shifts = schedule.shifts(within.from, within.until);
    assert!(shifts.windows(2).all(|pair| pair[0].until <= pair[1].from), "{what}: one at a time");
    let mut bounds = model.bounds(within);
    bounds
        .extend(shifts.iter().flat_map(|shift| [shift.from, shift.until]).filter(|at| within.contains(*at)));
    let held = shifts.iter().map(|shift| shift.until.since(shift.from)).sum();
    let mut shifts = shifts.iter().peekable();
    for now in bounds {
        while shifts.peek().is_some_and(|shift| shift.until <= now) {
            shifts.next();
        }
        let said = shifts.peek().filter(|shift| shift.from <= now).map(|shift| shift.person.as_str());
        assert_eq!(said, model.person(now), "{what} at {now}");
    }
    held
}

/// The same, asked of each of many instants around one: whoever is paged has a shift that has begun.
#[track_caller]
fn agrees_whenever_asked(rotation: &Rotation, around: Timestamp, what: &str) {
    let (schedule, model) = (Schedule::of_files(rotation), Model::of(rotation, &[]));
    for minutes in (0..240).step_by(5) {
        let now = around - Duration::from_secs(2 * 3600) + Duration::from_secs(60 * minutes);
        let shift = schedule.shift(now).unwrap();
        assert_eq!(Some(&*shift.person), model.person(now), "{what} at {now}");
        assert!(shift.from <= now && now < shift.until, "{what} at {now}: {shift:?}");
    }
}

fn year() -> Stretch {
    Stretch { from: at("2026-06-01T00:00:00Z"), until: at("2027-06-08T00:00:00Z") }
}

/// When the clocks of a zone jump within the year: the time of day in the middle of each gap or fold, and the date.
fn jumps(zone: &TimeZone) -> Vec<jiff::civil::DateTime> {
    let until = year().until.to_jiff();
    let transitions = zone.following(year().from.to_jiff()).take_while(|it| it.timestamp() < until);
    transitions
        .map(|it| {
            let before = zone.to_datetime(it.timestamp() - 1.millisecond());
            let after = zone.to_datetime(it.timestamp());
            let (low, high) = if before < after { (before, after) } else { (after, before) };
            low.checked_add((high.duration_since(low).as_secs() / 2).seconds()).unwrap()
        })
        .collect()
}

#[test]
fn a_year_in_every_zone_that_changes_its_clocks_has_exactly_whom_the_files_say() {
    // Many names are of one zone, or of zones whose clocks have not differed within this year.
    let mut alike = BTreeSet::new();
    let (mut zones, mut names, mut in_jumps) = (0, 0, 0);
    for name in TimeZoneDatabase::bundled().available() {
        let name = name.to_string();
        let zone = zone(&name).unwrap();
        let jumps = jumps(&zone);
        if jumps.is_empty() {
            continue;
        }
        names += 1;
        let until = year().until.to_jiff();
        let changes = zone.following(year().from.to_jiff()).take_while(|it| it.timestamp() < until);
        let changes: Vec<_> = changes.map(|it| (it.timestamp(), it.offset())).collect();
        if !alike.insert((zone.to_offset(year().from.to_jiff()), changes)) {
            continue;
        }
        // Hand-overs every day, at a time of day that the clocks skip or show twice.
        for jump in jumps.iter().take(2) {
            let mut rotation = weekly(&name);
            rotation.turns.every = Period::minutes(24 * 60);
            let handover = rotation.turns.handover.as_mut().unwrap();
            handover.day = None;
            handover.at = jump.strftime("%H:%M").to_string().as_str().into();
            agree(&rotation, &[], around(&zone, jump), &format!("{name}, daily at {}", jump.time()));
            in_jumps += 1;
            // And around midnight, where a jump may change the date.
            for time in ["23:15", "23:30", "23:45", "00:00", "00:15"] {
                rotation.turns.handover.as_mut().unwrap().at = time.into();
                let what = format!("{name}, daily at {time}");
                agree(&rotation, &[], around(&zone, jump), &what);
                agrees_whenever_asked(
                    &rotation,
                    Timestamp::from_jiff(zone.to_timestamp(*jump).unwrap()),
                    &what,
                );
            }
        }
        // Every week on that day of the week, with nights of another and somebody who stands in across the jump.
        let jump = jumps[0];
        let mut rotation = weekly(&name);
        let handover = rotation.turns.handover.as_mut().unwrap();
        handover.day = Some(Day::Sun);
        handover.at = jump.strftime("%H:%M").to_string().as_str().into();
        let mut nights = nightly(&name);
        nights.to = jump.strftime("%H:%M").to_string().as_str().into();
        rotation.layers.push(Turns {
            people: vec!["cid".to_owned(), "dee".to_owned()],
            every: Period::minutes(24 * 60),
            handover: None,
            starts: None,
            hours: vec![nights],
        });
        let jumps_at = Timestamp::from_jiff(zone.to_timestamp(jump).unwrap());
        let taken = taken(1, "eve", jumps_at - Duration::from_secs(5400), Duration::from_secs(9000));
        let held = agree(&rotation, &[taken], year(), &format!("{name}, weekly"));
        assert_eq!(held, year().until.since(year().from), "{name}: somebody at every instant");
        zones += 1;
    }
    assert!(names > 150 && zones > 25 && in_jumps > 50, "{names} names, {zones} zones, {in_jumps} jumps");
}

/// The week around a jump.
fn around(zone: &TimeZone, jump: &jiff::civil::DateTime) -> Stretch {
    let at = Timestamp::from_jiff(zone.to_timestamp(*jump).unwrap());
    Stretch { from: at - Duration::from_secs(4 * 86_400), until: at + Duration::from_secs(4 * 86_400) }
}

fn taken(id: u64, person: &str, from: Timestamp, lasts: Duration) -> ShiftOverride {
    let during = Stretch { from, until: from + lasts };
    let (team, rotation) = ("shop".into(), "primary".into());
    ShiftOverride { id: OverrideId(id), team, rotation, person: person.into(), during, reason: String::new() }
}

/// Where clocks jump by an hour, by half of one, at midnight, across the date line's other side, and not at all.
const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Havana",
    "Africa/Cairo",
    "Pacific/Chatham",
    "America/Santiago",
];

#[test]
fn random_rotations_agree_with_the_model() {
    arbtest::arbtest(|u| {
        let rotation = Rotation {
            turns: turns(u, true)?,
            layers: (0..u.int_in_range(0..=2)?).map(|_| turns(u, false)).collect::<Result<_>>()?,
            overrides: Vec::new(),
            rest_after_night_page: None,
            ical: None,
        };
        // The days around the end and the beginning of summer time somewhere.
        let begins = [
            "2026-10-02T00:00:00Z",
            "2026-10-22T00:00:00Z",
            "2026-10-30T12:00:00Z",
            "2027-03-12T00:00:00Z",
            "2027-03-26T00:00:00Z",
            "2027-04-02T00:00:00Z",
        ];
        let from = at(u.choose(&begins)?);
        let within = Stretch { from, until: from + Duration::from_secs(6 * 86_400) };
        let mut rotation = rotation;
        let mut stands_in: Vec<ShiftOverride> = Vec::new();
        for id in 0..u.int_in_range(0..=3)? {
            let begins = from + Duration::from_secs(60 * u.int_in_range(0..=8640)?);
            let lasts = Duration::from_secs(60 * u.int_in_range(1..=3000)?);
            stands_in.push(taken(id, u.choose(&["ana", "flo"])?, begins, lasts));
        }
        if let (true, Some(one)) = (u.arbitrary()?, stands_in.first()) {
            let (from, until) = (one.during.from.to_string(), one.during.until.to_string());
            let (from, until) = (from.as_str().into(), until.as_str().into());
            rotation.overrides.push(Override { person: "gus".to_owned(), from, until, reason: None });
        }
        agree(&rotation, &stands_in, within, "a rotation");
        // Each shift, asked for at its own ends, is the same shift.
        let schedule = Schedule::new(&rotation, None, &stands_in);
        for minute in (0..6 * 1440).step_by(97) {
            let now = from + Duration::from_secs(60 * minute);
            let Some(shift) = schedule.shift(now) else {
                assert_eq!(schedule.person(now), None);
                continue;
            };
            assert_eq!(schedule.person(now), Some(&*shift.person));
            assert!(shift.from <= now && now < shift.until, "{now}: {shift:?}");
            assert_eq!(schedule.shift(shift.from).as_ref(), Some(&shift));
            assert_eq!(schedule.shift(shift.until - TICK).as_ref(), Some(&shift));
        }
        Ok(())
    })
    .budget_ms(1500);
}

fn turns(u: &mut Unstructured<'_>, is_base: bool) -> Result<Turns> {
    let people: &[&str] = if is_base { &["ana", "ben", "cid"] } else { &["dee", "eve"] };
    let people = people[..u.int_in_range(1..=people.len())?].iter().map(ToString::to_string).collect();
    let weekly: bool = u.arbitrary()?;
    let days = if weekly { 7 * u.int_in_range(1..=2)? } else { u.int_in_range(1..=4)? };
    let time = |u: &mut Unstructured<'_>| -> Result<String> {
        Ok(format!("{:02}:{:02}", u.int_in_range(0..=23)?, u.int_in_range(0..=59)?))
    };
    let handover = Handover {
        day: if weekly { Some(*u.choose(&nightly("UTC").days)?) } else { None },
        at: time(u)?.as_str().into(),
        timezone: (*u.choose(&ZONES)?).into(),
    };
    let mut spans = Vec::new();
    if !is_base || u.int_in_range(0..=3)? == 0 {
        for _ in 0..u.int_in_range(1..=2)? {
            let mut hours = nightly(u.choose(&ZONES)?);
            hours.days.truncate(u.int_in_range(1..=7)?);
            (hours.from, hours.to) = (time(u)?.as_str().into(), time(u)?.as_str().into());
            spans.push(hours);
        }
    }
    let handover = if u.arbitrary()? { Some(handover) } else { None };
    // Turns that begin on a day of the week need no other beginning.
    let starts = if handover.is_none() { Some("2026-09-03".into()) } else { None };
    Ok(Turns { people, every: Period::minutes(days * 24 * 60), handover, starts, hours: spans })
}
