use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn find(name: &str) -> Option<TimeZone> {
    jiff::tz::TimeZoneDatabase::bundled().get(name).ok()
}

fn said(events: &str, from: &str, until: &str) -> Result<Vec<String>, String> {
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.replace('\n', "\r\n"));
    let zones = Zones { find: &find, floating: find("Europe/Madrid").expect("it is known") };
    let found = read(&text, Stretch { from: at(from), until: at(until) }, &zones)?;
    let words = |one: &Occurrence| {
        format!("{} {} {}", one.summary, one.during.from.second(), one.during.until.second())
    };
    Ok(found.iter().map(words).collect())
}

#[test]
fn an_event_in_each_way_of_writing_a_time() {
    let events = "BEGIN:VEVENT\nUID:1\nDTSTART:20261116T080000Z\nDTEND:20261117T080000Z\nSUMMARY:ana\nEND:VEVENT
BEGIN:VEVENT\nUID:2\nDTSTART;TZID=America/New_York:20261117T090000\nDURATION:P1D\nSUMMARY:ben\nEND:VEVENT
BEGIN:VEVENT\nUID:3\nDTSTART;VALUE=DATE:20261119\nSUMMARY:cid\nBEGIN:VALARM\nSUMMARY:not this\nEND:VALARM\nEND:VEVENT
BEGIN:VEVENT\nUID:4\nDTSTART:20261120T090000\nDTEND:20261120T170000\nSUMMARY:dee\nEND:VEVENT
BEGIN:VEVENT\nUID:5\nDTSTART:20261121T080000Z\nDTEND:20261122T080000Z\nSTATUS:CANCELLED\nSUMMARY:eve\nEND:VEVENT
";
    assert_eq!(
        said(events, "2026-11-16T12:00:00Z", "2026-11-30T00:00:00Z").expect("it can be read"),
        [
            "ana 2026-11-16T08:00:00Z 2026-11-17T08:00:00Z",
            "ben 2026-11-17T14:00:00Z 2026-11-18T14:00:00Z",
            "cid 2026-11-18T23:00:00Z 2026-11-19T23:00:00Z",
            "dee 2026-11-20T08:00:00Z 2026-11-20T16:00:00Z",
        ]
    );
}

#[test]
fn a_rule_keeps_its_local_time_and_its_exceptions() {
    // Every second week from nine to five; one is left out, one was moved, and summer time ends in between.
    let events = "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Madrid:20261005T090000\nDTEND;TZID=Europe/Madrid:20261005T170000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20261201T080000Z\nEXDATE;TZID=Europe/Madrid:20261019T090000\nSUMMARY:ana\nEND:VEVENT
BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=Europe/Madrid:20261116T090000\nDTSTART;TZID=Europe/Madrid:20261117T100000\nDTEND;TZID=Europe/Madrid:20261117T170000\nSUMMARY:ben\nEND:VEVENT
";
    assert_eq!(
        said(events, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z").expect("it can be read"),
        [
            "ana 2026-10-05T07:00:00Z 2026-10-05T15:00:00Z",
            "ana 2026-11-02T08:00:00Z 2026-11-02T16:00:00Z",
            "ben 2026-11-17T09:00:00Z 2026-11-17T16:00:00Z",
            "ana 2026-11-30T08:00:00Z 2026-11-30T16:00:00Z",
        ]
    );
}

#[test]
fn what_lasts_days_ends_at_the_same_time_of_day_and_what_has_an_end_is_as_long_each_time() {
    // Every week; summer time ends on 25 October.
    for (start, lasts, wanted) in [
        (";TZID=Europe/Madrid:20261012T090000", "DURATION:P7D", [("12T07", "19T07"), ("19T07", "26T08")]),
        (";TZID=Europe/Madrid:20261012T090000", "DURATION:PT168H", [("12T07", "19T07"), ("19T07", "26T07")]),
        (
            ";TZID=Europe/Madrid:20261012T090000",
            "DTEND;TZID=Europe/Madrid:20261019T090000",
            [("12T07", "19T07"), ("19T07", "26T07")],
        ),
        (";VALUE=DATE:20261012", "DTEND;VALUE=DATE:20261019", [("11T22", "18T22"), ("18T22", "25T23")]),
        (";VALUE=DATE:20261018", "X-NONE:1", [("17T22", "18T22"), ("24T22", "25T23")]),
    ] {
        let event = format!("DTSTART{start}\n{lasts}\nRRULE:FREQ=WEEKLY;COUNT=2\nSUMMARY:ana\n");
        let events = format!("BEGIN:VEVENT\nUID:1\n{event}END:VEVENT\n");
        assert_eq!(
            said(&events, "2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z").expect("it can be read"),
            wanted.map(|(from, until)| format!("ana 2026-10-{from}:00:00Z 2026-10-{until}:00:00Z")),
            "{event}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let (from, until) = ("2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z");
    for (event, words) in [
        ("SUMMARY:x\n", "no DTSTART"),
        ("DTSTART:soon\n", "is no time"),
        ("DTSTART;TZID=Mars/Base:20261005T090000\n", "no time zone"),
        ("DTSTART:20261005T090000Z\nDTEND:20261004T090000Z\n", "ends before it begins"),
        ("DTSTART:20261005T090000Z\nRRULE:FREQ=SECONDLY\n", "no shift does"),
        ("DTSTART:20261005T090000Z\nRRULE:FREQ=NEVER\n", "cannot be read"),
        ("DTSTART:19000105T090000Z\nRRULE:FREQ=HOURLY\n", "before 1990"),
    ] {
        let refused = said(&format!("BEGIN:VEVENT\n{event}END:VEVENT\n"), from, until).expect_err(event);
        assert!(refused.contains(words), "{event}: {refused}");
    }
    let zones = Zones { find: &find, floating: TimeZone::UTC };
    let within = Stretch { from: at(from), until: at(until) };
    for text in ["", "<html>", "END:VEVENT", "BEGIN:VEVENT\nEND:VEVENT"] {
        assert!(read(text, within, &zones).expect_err(text).contains("no calendar"), "{text}");
    }
    let many = "BEGIN:VEVENT\nDTSTART:20261005T090000Z\nEND:VEVENT\n".repeat(EVENTS_MAX + 1);
    assert!(said(&many, from, until).expect_err("too many").contains("more than"));
    let often = "BEGIN:VEVENT\nDTSTART:20200105T090000Z\nRRULE:FREQ=HOURLY\nEND:VEVENT\n";
    assert!(
        said(often, "2021-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
            .expect_err("too often")
            .contains("recurs more")
    );
}

#[test]
fn what_is_written_is_read_back() {
    let during = Stretch { from: at("2026-11-16T08:00:00Z"), until: at("2026-11-23T08:00:00Z") };
    let summary =
        "ana; \\n, \"née\" 🦀 and a line that is so long that it has to be folded somewhere in its middle"
            .to_owned();
    let entry =
        crate::Entry { uid: "1".to_owned(), during, summary: summary.clone(), description: String::new() };
    let text = crate::write("x", &[entry], during.from);
    let zones = Zones { find: &find, floating: TimeZone::UTC };
    assert_eq!(read(&text, during, &zones).expect("it is ours"), [Occurrence { summary, during }]);
}

#[test]
fn no_bytes_stop_the_reader() {
    arbtest::arbtest(|u| {
        let words = [
            "BEGIN:VCALENDAR\n",
            "BEGIN:VEVENT\n",
            "END:VEVENT\n",
            "DTSTART",
            ";TZID=",
            "Europe/Madrid",
            ":",
            "20261005",
            "T090000",
            "Z",
            "\n",
            "RRULE:",
            "FREQ=",
            "DAILY",
            "WEEKLY",
            "YEARLY",
            ";",
            "UNTIL=",
            "COUNT=",
            "9",
            "INTERVAL=",
            "0",
            "BYDAY=MO",
            "-",
            "DURATION:P",
            "1D",
            "DTEND",
            "EXDATE",
            "RDATE",
            ",",
            "\"",
            "RECURRENCE-ID",
            "UID:1\n",
            " ",
            "99999999",
            "é",
        ];
        let mut text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\n".to_owned();
        for _ in 0..u.int_in_range(0..=40)? {
            text.push_str(u.choose(&words)?);
        }
        text.push_str("\nEND:VEVENT\nEND:VCALENDAR\n");
        let within = Stretch { from: at("2026-10-01T00:00:00Z"), until: at("2026-12-01T00:00:00Z") };
        let _ = read(&text, within, &Zones { find: &find, floating: TimeZone::UTC });
        Ok(())
    })
    .budget_ms(1000);
}
