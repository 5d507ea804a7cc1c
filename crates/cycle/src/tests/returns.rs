//! What comes back, what a silence gives back and what is over while its page waits: who is told of it, and how often.

use andon_vocabulary::{Command, Event, RespondEvent};
use expect_test::expect;

use super::escalations::{INCIDENT, night, night_of_two, team};
use super::silences::Night;

/// Why notices were dropped, in order.
fn dropped(night: &Night) -> Vec<&str> {
    let events = night.records.iter().flat_map(|record| &record.events);
    let dropped = events.filter_map(|event| match event {
        Event::Respond(RespondEvent::NoticeDropped { why, .. }) => Some(&**why),
        _ => None,
    });
    dropped.collect()
}

#[test]
fn what_nobody_heard_of_pages_once_when_it_comes_back() {
    let mut night = night();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:02:00Z");
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:02:00Z Down fires, as test says
        2026-11-20T21:02:00Z paging ana through web: the incident reopened
    "#]]);
}

#[test]
fn what_flaps_and_nobody_heard_of_pages_each_time_until_somebody_has() {
    let mut night = night();
    for minute in (0..20).step_by(2) {
        night.until(&format!("2026-11-20T21:{minute:02}:00Z"));
        night.fires("Down", "critical");
        if minute >= 8 {
            night.takes();
        }
        night.until(&format!("2026-11-20T21:{:02}:00Z", minute + 1));
        night.ends("Down", "critical");
    }
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:02:00Z Down fires, as test says
        2026-11-20T21:02:00Z paging ana through web: the incident reopened
        2026-11-20T21:03:00Z Down is resolved: its sender says so
        2026-11-20T21:04:00Z Down fires, as test says
        2026-11-20T21:04:00Z paging ana through web: the incident reopened
        2026-11-20T21:05:00Z Down is resolved: its sender says so
        2026-11-20T21:06:00Z Down fires, as test says
        2026-11-20T21:06:00Z paging ana through web: the incident reopened
        2026-11-20T21:07:00Z Down is resolved: its sender says so
        2026-11-20T21:08:00Z Down fires, as test says
        2026-11-20T21:08:00Z paging ana through web: the incident reopened
        2026-11-20T21:09:00Z Down is resolved: its sender says so
        2026-11-20T21:10:00Z Down fires, as test says
        2026-11-20T21:11:00Z Down is resolved: its sender says so
        2026-11-20T21:12:00Z Down fires, as test says
        2026-11-20T21:13:00Z Down is resolved: its sender says so
        2026-11-20T21:14:00Z Down fires, as test says
        2026-11-20T21:15:00Z Down is resolved: its sender says so
        2026-11-20T21:16:00Z Down fires, as test says
        2026-11-20T21:17:00Z Down is resolved: its sender says so
        2026-11-20T21:18:00Z Down fires, as test says
        2026-11-20T21:19:00Z Down is resolved: its sender says so
    "#]]);
}

/// As long as an acknowledgement lasts is half an hour.
#[test]
fn what_flaps_for_hours_pages_once_in_as_long_as_an_acknowledgement_lasts() {
    let mut night = night();
    for minute in (0..100).step_by(2) {
        let at = |minute: u32| format!("2026-11-20T{}:{:02}:00Z", 21 + minute / 60, minute % 60);
        night.until(&at(minute));
        night.fires("Down", "critical");
        night.takes();
        if minute == 40 {
            night.tell(Command::Acknowledge { incident: INCIDENT });
        }
        night.until(&at(minute + 1));
        night.ends("Down", "critical");
    }
    let pages =
        night.records.iter().flat_map(|record| record.events.iter().map(move |event| (record.at, event)));
    let pages = pages.filter_map(|(at, event)| match event {
        Event::Respond(RespondEvent::NoticeOwed { why, .. }) => Some(format!("{at} {why}")),
        _ => None,
    });
    expect![[r#"
        2026-11-20T21:00:00.000Z an incident opened
        2026-11-20T21:30:00.000Z the incident reopened
        2026-11-20T22:10:00.000Z the incident reopened"#]]
    .assert_eq(&pages.collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_one_silence_gives_back_is_told_once_whether_it_had_joined_or_not() {
    let mut night = night();
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:10:00Z");
    night.silence("alertname=~\"Down|Slow\"", "2026-11-20T22:00:00Z", |_| {});
    night.fires("Slow", "critical");
    night.until("2026-11-20T22:10:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:10:00Z ana silences {alertname=~"Down|Slow"} from 2026-11-20T21:10:00Z to 2026-11-20T22:00:00Z: mended
        2026-11-20T21:10:00Z silence 00000000-0000-0000-0000-000000000004 begins
        2026-11-20T21:10:00Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000004
        2026-11-20T21:10:00Z Slow fires, as test says
        2026-11-20T21:45:00Z ana is to know that the silence of {alertname=~"Down|Slow"} ends at 2026-11-20T22:00:00Z
        2026-11-20T21:45:00Z telling ana through web: a silence of theirs ends soon
        2026-11-20T22:00:00Z silence 00000000-0000-0000-0000-000000000004 ends: its time is over
        2026-11-20T22:00:00Z 2 alerts no longer suppressed (silence 00000000-0000-0000-0000-000000000004)
        2026-11-20T22:00:00Z paging ana through web: one more alert joined it
    "#]]);
}

#[test]
fn a_page_of_a_later_time_that_a_silence_dropped_is_told_when_that_ends() {
    let mut night = night_of_two();
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:02:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:10:00Z");
    night.fires("Down", "critical");
    night.fails();
    night.until("2026-11-20T21:10:01Z");
    night.silence("alertname=Down", "2026-11-20T21:11:00Z", |_| {});
    night.until("2026-11-20T21:11:00Z");
    night.takes();
    night.until("2026-11-20T21:15:00Z");
    assert_eq!(dropped(&night), ["its alerts were suppressed first"]);
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:02:00Z Down is resolved: its sender says so
        2026-11-20T21:10:00Z Down fires, as test says
        2026-11-20T21:10:00Z paging ana through web: the incident reopened
        2026-11-20T21:10:01Z ana silences {alertname="Down"} from 2026-11-20T21:10:01Z to 2026-11-20T21:11:00Z: mended
        2026-11-20T21:10:01Z silence 00000000-0000-0000-0000-000000000008 begins
        2026-11-20T21:10:01Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000008
        2026-11-20T21:11:00Z silence 00000000-0000-0000-0000-000000000008 ends: its time is over
        2026-11-20T21:11:00Z ALR-2057485633999746708 no longer suppressed (silence 00000000-0000-0000-0000-000000000008)
        2026-11-20T21:11:00Z paging ana through web: its alerts are no longer suppressed
    "#]]);
}

#[test]
fn a_page_that_waits_is_dropped_when_only_tickets_are_left() {
    let mut night = night_of_two();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.fails();
    night.until("2026-11-20T21:00:01Z");
    night.ends("Down", "critical");
    assert_eq!(dropped(&night), ["what was worth a page was over first"]);
    night.until("2026-11-20T21:01:00Z");
    night.fires("Down", "critical");
    night.until("2026-11-20T21:02:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:01Z Down is resolved: its sender says so
        2026-11-20T21:01:00Z Down fires, as test says
        2026-11-20T21:01:00Z paging ana through web: one more alert joined it
    "#]]);
}

#[test]
fn a_page_that_waits_is_dropped_when_only_what_is_silenced_is_left() {
    let mut night = night_of_two();
    night.fires("Slow", "critical");
    night.takes();
    night.until("2026-11-20T21:06:00Z");
    night.silence("alertname=Slow", "2026-11-20T22:00:00Z", |_| {});
    night.fires("Down", "critical");
    night.fails();
    night.until("2026-11-20T21:06:01Z");
    night.ends("Down", "critical");
    assert_eq!(dropped(&night), ["its alerts were suppressed first"]);
    night.until("2026-11-20T21:20:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:06:00Z ana silences {alertname="Slow"} from 2026-11-20T21:06:00Z to 2026-11-20T22:00:00Z: mended
        2026-11-20T21:06:00Z silence 00000000-0000-0000-0000-000000000005 begins
        2026-11-20T21:06:00Z nobody is told of ALR-7024449205339480589: silence 00000000-0000-0000-0000-000000000005
        2026-11-20T21:06:00Z Down fires, as test says
        2026-11-20T21:06:00Z paging ana through web: one more alert joined it
        2026-11-20T21:06:01Z Down is resolved: its sender says so
    "#]]);
}

/// Ben is twenty minutes after ana, and an acknowledgement lasts half an hour.
fn night_with_a_late_step() -> Night {
    let mut night = night();
    night.defines("{ default_team: shop }", &team("shop", "{ page: [ana] }, { after: 20m, page: [ben] }"));
    night
}

#[test]
fn an_acknowledgement_from_before_is_none_of_what_was_paged_anew() {
    let mut night = night_with_a_late_step();
    night.fires("Down", "critical");
    night.takes();
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:08:00Z");
    night.fires("Slow", "critical");
    night.takes();
    night.until("2026-11-20T21:09:00Z");
    night.ends("Slow", "critical");
    night.until("2026-11-20T21:10:00Z");
    night.fires("Slow", "critical");
    night.until("2026-11-20T22:00:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:08:00Z Slow fires, as test says
        2026-11-20T21:08:00Z paging ana through web: the incident reopened
        2026-11-20T21:09:00Z Slow is resolved: its sender says so
        2026-11-20T21:10:00Z Slow fires, as test says
        2026-11-20T21:15:00Z paging ana through web: the incident reopened
        2026-11-20T21:35:00Z paging ben through web: nobody acknowledged within 20m
    "#]]);
}

#[test]
fn an_acknowledgement_of_tickets_is_none_of_a_page_that_comes_back() {
    let mut night = night_with_a_late_step();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:03:00Z");
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.until("2026-11-20T21:05:00Z");
    night.ends("Slow", "warning");
    night.until("2026-11-20T21:07:00Z");
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:08:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:09:00Z");
    night.fires("Down", "critical");
    night.until("2026-11-20T21:40:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:05:00Z Slow is resolved: its sender says so
        2026-11-20T21:07:00Z Down fires, as test says
        2026-11-20T21:07:00Z paging ana through web: an incident opened
        2026-11-20T21:08:00Z Down is resolved: its sender says so
        2026-11-20T21:09:00Z Down fires, as test says
        2026-11-20T21:14:00Z paging ana through web: the incident reopened
        2026-11-20T21:34:00Z paging ben through web: nobody acknowledged within 20m
    "#]]);
}

#[test]
fn a_page_that_was_silenced_before_anybody_heard_of_it_is_none_of_an_acknowledgement_meanwhile() {
    let mut night = night_with_a_late_step();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.fails();
    night.silence("alertname=Down", "2026-11-20T21:16:00Z", |_| {});
    night.until("2026-11-20T21:10:00Z");
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z ana silences {alertname="Down"} from 2026-11-20T21:00:00Z to 2026-11-20T21:16:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000006 begins
        2026-11-20T21:00:00Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000006
        2026-11-20T21:16:00Z silence 00000000-0000-0000-0000-000000000006 ends: its time is over
        2026-11-20T21:16:00Z ALR-2057485633999746708 no longer suppressed (silence 00000000-0000-0000-0000-000000000006)
        2026-11-20T21:16:00Z paging ana through web: what was a ticket is worth a page
    "#]]);
}

#[test]
fn a_step_is_in_vain_when_nobody_of_it_can_be_reached() {
    let mut night = night();
    let steps = "{ page: [ana, ben] }, { after: 10m, page: [cleo] }, { after: 30m, page: [dan] }";
    let more = "    cleo: { timezone: UTC, contact: [ { channel: web } ] }
    dan: { timezone: UTC, contact: [ { channel: web } ] }
  escalation";
    night.defines("{ default_team: shop }", &team("shop", steps).replacen("  escalation", more, 1));
    night.fires("Down", "critical");
    night.until("2026-11-20T21:00:01Z");
    night.refuses("ana");
    night.until("2026-11-20T21:00:02Z");
    night.refuses("ben");
    night.takes();
    night.until("2026-11-20T21:20:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z paging ben through web: an incident opened
        2026-11-20T21:00:02Z paging cleo through web: nobody before could be reached
    "#]]);
}

#[test]
fn a_step_of_which_one_is_reached_waits_for_the_next() {
    let mut night = night();
    night.defines(
        "{ default_team: shop }",
        &team("shop", "{ page: [ana, ben] }, { after: 10m, page: [ben] }"),
    );
    night.fires("Down", "critical");
    night.refuses("ben");
    night.takes();
    night.until("2026-11-20T21:05:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z paging ben through web: an incident opened
    "#]]);
}

#[test]
fn what_is_not_to_be_damped_pages_as_often_as_it_comes_back() {
    let mut night = night_with_a_late_step();
    let later = "2026-11-21T21:00:00Z".parse().unwrap();
    let labels =
        [("alertname", "Down"), ("service", "ledger"), ("severity", "critical"), ("flapping", "off")];
    for minute in [0, 2, 4, 7] {
        night.until(&format!("2026-11-20T21:{minute:02}:00Z"));
        night.raised(labels, later);
        night.takes();
        let end = format!("2026-11-20T21:{minute:02}:30Z");
        night.until(&end);
        night.raised(labels, end.parse().unwrap());
    }
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:30Z Down is resolved: its sender says so
        2026-11-20T21:02:00Z Down fires, as test says
        2026-11-20T21:02:00Z paging ana through web: the incident reopened
        2026-11-20T21:02:30Z Down is resolved: its sender says so
        2026-11-20T21:04:00Z Down fires, as test says
        2026-11-20T21:04:00Z paging ana through web: the incident reopened
        2026-11-20T21:04:30Z Down is resolved: its sender says so
        2026-11-20T21:07:00Z Down fires, as test says
        2026-11-20T21:07:00Z paging ana through web: the incident reopened
        2026-11-20T21:07:30Z Down is resolved: its sender says so
    "#]]);
}

#[test]
fn what_comes_back_soon_is_told_from_the_first_step_however_far_off_the_next_is() {
    let mut night = night_with_a_late_step();
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:03:00Z");
    night.fires("Down", "critical");
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:03:00Z Down fires, as test says
        2026-11-20T21:05:00Z paging ana through web: the incident reopened
        2026-11-20T21:25:00Z paging ben through web: nobody acknowledged within 20m
    "#]]);
}

#[test]
fn what_ends_with_its_silence_is_not_given_back() {
    let mut night = night();
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:10:00Z");
    night.silence("alertname=Down", "2026-11-20T21:30:00Z", |_| {});
    let labels = [("alertname", "Down"), ("service", "ledger"), ("severity", "critical")];
    night.raised(labels, "2026-11-20T21:30:00Z".parse().unwrap());
    night.until("2026-11-20T21:40:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:10:00Z ana silences {alertname="Down"} from 2026-11-20T21:10:00Z to 2026-11-20T21:30:00Z: mended
        2026-11-20T21:10:00Z silence 00000000-0000-0000-0000-000000000004 begins
        2026-11-20T21:10:00Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000004
        2026-11-20T21:10:00Z ALR-2057485633999746708 repeated by their senders, until 2026-11-20T21:30:00Z
        2026-11-20T21:30:00Z Down is resolved: its sender has not repeated it
        2026-11-20T21:30:00Z silence 00000000-0000-0000-0000-000000000004 ends: its time is over
    "#]]);
}

#[test]
fn a_page_that_ends_while_it_is_silenced_leaves_nobody_to_page_for_the_tickets_beside_it() {
    let mut night = night_of_two();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.takes();
    night.until("2026-11-20T21:01:00Z");
    night.silence("alertname=Down", "2026-11-20T21:30:00Z", |_| {});
    night.until("2026-11-20T21:02:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:50:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z ana silences {alertname="Down"} from 2026-11-20T21:01:00Z to 2026-11-20T21:30:00Z: mended
        2026-11-20T21:01:00Z silence 00000000-0000-0000-0000-000000000006 begins
        2026-11-20T21:01:00Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000006
        2026-11-20T21:02:00Z Down is resolved: its sender says so
        2026-11-20T21:30:00Z silence 00000000-0000-0000-0000-000000000006 ends: its time is over
    "#]]);
}

/// One step, of the person named.
fn of_one(person: &str) -> String {
    team("shop", &format!("{{ page: [{person}] }}"))
}

#[test]
fn who_is_in_no_team_any_more_leaves_the_page_to_whoever_is_there_now() {
    let mut night = night();
    night.defines("{ default_team: shop }", &of_one("ben"));
    night.fires("Down", "critical");
    night.fails();
    night.until("2026-11-20T21:00:01Z");
    let without_ben = of_one("ana").replace("    ben:", "    cleo:");
    night.defines("{ default_team: shop }", &without_ben);
    night.takes();
    // Nothing more for anybody who knows of it.
    night.until("2026-11-20T21:00:02Z");
    night.defines("{ default_team: shop }", &format!("{without_ben}\n# the same"));
    night.until("2026-11-20T22:00:00Z");
    assert_eq!(dropped(&night), ["no team has them any more"]);
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ben through web: an incident opened
        2026-11-20T21:00:01Z paging ana through web: nobody before could be reached
    "#]]);
}

#[test]
fn tickets_are_no_reason_to_page_anew_for_what_a_person_declared_and_ended() {
    let mut night = night_of_two();
    let title = "nobody can pay".to_owned();
    night.tell(Command::Declare { service: "ledger".into(), title });
    night.takes();
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.until("2026-11-20T21:04:00Z");
    night.tell(Command::Resolve { incident: INCIDENT, reason: "paper was out".to_owned() });
    night.until("2026-11-20T21:12:00Z");
    night.fires("PaperLow", "warning");
    night.until("2026-11-20T21:40:00Z");
    // It ends by itself.
    night.ends("PaperLow", "warning");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:12:00Z PaperLow fires, as test says
        2026-11-20T21:40:00Z PaperLow is resolved: its sender says so
    "#]]);
}

#[test]
fn what_fails_of_an_earlier_step_says_nothing_of_those_whom_the_newest_one_pages() {
    let mut night = night();
    let steps = "{ page: [ana] }, { after: 10m, page: [ben] }, { after: 50m, page: [ben] }";
    night.defines("{ default_team: shop }", &team("shop", steps));
    night.fires("Down", "critical");
    night.until("2026-11-20T21:10:01Z");
    night.refuses("ana");
    night.until("2026-11-20T21:10:02Z");
    night.defines("{ default_team: shop }", &of_one("cleo").replace("    ben:", "    cleo:"));
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:10:00Z paging ben through web: nobody acknowledged within 10m
        2026-11-20T21:10:02Z paging cleo through web: nobody before could be reached
    "#]]);
}
