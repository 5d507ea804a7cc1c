//! Who is paged for what comes on top of an incident that goes on: the team's policy has one step.

use andon_vocabulary::{Command, Event, IncidentId, Input, RespondEvent, Started, Timestamp};
use expect_test::expect;

use super::silences::Night;

pub(super) const INCIDENT: IncidentId = IncidentId(1);

pub(super) fn night() -> Night {
    Night::new("2026-11-20T21:00:00Z", "{ default_team: shop }")
}

/// A team whose policy has these steps.
pub(super) fn team(name: &str, steps: &str) -> String {
    format!(
        "
---
apiVersion: andon/v1
kind: Team
metadata: {{ name: {name} }}
spec:
  people:
    ana: {{ timezone: UTC, contact: [ {{ channel: web }} ] }}
    ben: {{ timezone: UTC, contact: [ {{ channel: web }} ] }}
  escalation: [ {steps} ]
---
apiVersion: andon/v1
kind: Service
metadata: {{ name: ledger }}
spec: {{ owner: {name} }}
"
    )
}

/// Ana at once, and ben ten minutes later.
pub(super) fn night_of_two() -> Night {
    let mut night = night();
    night.defines("{ default_team: shop }", &team("shop", "{ page: [ana] }, { after: 10m, page: [ben] }"));
    night
}

#[test]
fn one_more_alert_after_the_last_step_pages_again_but_not_at_once() {
    let mut night = night();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:00:03Z");
    night.fires("Slow", "critical");
    night.fires("Late", "critical");
    night.until("2026-11-20T21:20:00Z");
    night.fires("Lost", "critical");
    night.until("2026-11-20T22:00:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:03Z Slow fires, as test says
        2026-11-20T21:00:03Z Late fires, as test says
        2026-11-20T21:05:00Z paging ana through web: one more alert joined it
        2026-11-20T21:20:00Z Lost fires, as test says
        2026-11-20T21:20:00Z paging ana through web: one more alert joined it
    "#]]);
}

#[test]
fn what_was_acknowledged_as_a_ticket_pages_when_it_is_worth_it() {
    let mut night = night();
    night.fires("Slow", "warning");
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.fires("Down", "critical");
    night.until("2026-11-20T21:10:00Z");
    night.fires("Late", "critical");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: what was a ticket is worth a page
        2026-11-20T21:10:00Z Late fires, as test says
        2026-11-20T21:10:00Z paging ana through web: one more alert joined it
    "#]]);
}

#[test]
fn what_comes_back_soon_pages_if_it_is_news_or_if_it_stays() {
    let mut night = night();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:02:00Z");
    night.fires("Slow", "critical");
    night.takes();
    night.until("2026-11-20T21:03:00Z");
    night.ends("Slow", "critical");
    night.until("2026-11-20T21:04:00Z");
    night.fires("Slow", "critical");
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:02:00Z Slow fires, as test says
        2026-11-20T21:02:00Z paging ana through web: the incident reopened
        2026-11-20T21:03:00Z Slow is resolved: its sender says so
        2026-11-20T21:04:00Z Slow fires, as test says
        2026-11-20T21:09:00Z paging ana through web: the incident reopened
    "#]]);
}

#[test]
fn what_no_service_claims_belongs_together_by_its_name() {
    let mut night = night();
    let later: Timestamp = "2026-11-21T21:00:00Z".parse().unwrap();
    for (name, host) in [("Full", "a"), ("Full", "b"), ("Down", "a")] {
        night.raised([("alertname", name), ("host", host), ("severity", "critical")], later);
    }
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.raised([("alertname", "Late"), ("host", "a"), ("severity", "critical")], later);
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Full fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z Full fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z Late fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
    "#]]);
}

#[test]
fn whoever_makes_up_names_makes_no_more_incidents_than_can_be_looked_at() {
    let mut night = night();
    let later: Timestamp = "2026-11-21T21:00:00Z".parse().unwrap();
    for n in 0..100 {
        night.raised([("alertname", &*format!("Made{n}")), ("severity", "critical")], later);
    }
    let open = &night.state.respond.incidents.open;
    assert_eq!(open.len(), 64);
    assert_eq!(open.values().map(|incident| incident.alerts.len()).sum::<usize>(), 100, "none is lost");
}

#[test]
fn what_no_team_had_goes_to_the_one_that_other_definitions_bring_and_pages_it_once() {
    let mut night = Night::new("2026-11-20T21:00:00Z", "{}");
    let later: Timestamp = "2026-11-21T21:00:00Z".parse().unwrap();
    night.raised([("alertname", "Down"), ("severity", "critical")], later);
    night.raised([("alertname", "Slow"), ("severity", "warning")], later);
    night.raised([("alertname", "Known"), ("severity", "critical")], later);
    night.tell(Command::Acknowledge { incident: IncidentId(3) });
    night.raised([("alertname", "Mended"), ("severity", "critical"), ("kind", "till")], later);
    night.silence("alertname=Mended", "2026-11-20T21:10:00Z", |_| {});
    night.until("2026-11-20T21:05:00Z");
    night.files("{ default_team: shop }", "");
    assert!(night.state.respond.incidents.open.values().all(|incident| incident.team.is_some()));
    night.files("{ default_team: shop, mode: act }", "");
    night.until("2026-11-20T21:20:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Known fires, as test says
        2026-11-20T21:00:00Z Mended fires, as test says
        2026-11-20T21:00:00Z ana silences {alertname="Mended"} from 2026-11-20T21:00:00Z to 2026-11-20T21:10:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000007 begins
        2026-11-20T21:00:00Z nobody is told of ALR-15390053953523645744: silence 00000000-0000-0000-0000-000000000007
        2026-11-20T21:05:00Z paging ana through web: other definitions gave it to this team
        2026-11-20T21:10:00Z silence 00000000-0000-0000-0000-000000000007 ends: its time is over
        2026-11-20T21:10:00Z ALR-15390053953523645744 no longer suppressed (silence 00000000-0000-0000-0000-000000000007)
        2026-11-20T21:10:00Z paging ana through web: its alerts are no longer suppressed
    "#]]);
}

#[test]
fn a_service_that_other_definitions_bring_claims_what_nobody_had() {
    let mut night = Night::new("2026-11-20T21:00:00Z", "{}");
    let later: Timestamp = "2026-11-21T21:00:00Z".parse().unwrap();
    night.raised([("alertname", "Down"), ("service", "till"), ("severity", "critical")], later);
    let till = "---\napiVersion: andon/v1\nkind: Service\nmetadata: { name: till }\nspec: { owner: shop }\n";
    night.files("{}", till);
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: other definitions gave it to this team
    "#]]);
}

#[test]
fn a_page_is_headed_by_what_disturbs_now() {
    let mut night = night();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:02:00Z");
    night.fires("Slow", "critical");
    let events = night.records.iter().flat_map(|record| &record.events);
    let subjects = events.filter_map(|event| match event {
        Event::Respond(RespondEvent::NoticeOwed { delivery, .. }) => Some(&*delivery.subject),
        _ => None,
    });
    let subjects: Vec<&str> = subjects.map(|it| it.split_once(' ').expect("severity and title").1).collect();
    assert_eq!(subjects, ["Down on ledger", "Slow on ledger"], "of one incident");
}

#[test]
fn what_was_on_its_way_when_andon_was_started_anew_may_have_arrived() {
    let mut night = night();
    night.fires("Down", "critical");
    let notices = |night: &Night| night.state.respond.notices.clone();
    let page = *notices(&night).owed.keys().next().expect("a page");
    assert!(!notices(&night).may_have_left(page));
    night.turn(Input::Started(Started { term: 2, version: String::new(), moved: false, address: None }));
    assert!(notices(&night).may_have_left(page));
}

#[test]
fn what_a_silence_hid_beside_a_ticket_pages_when_it_is_over() {
    let mut night = night_of_two();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:20:00Z");
    night.silence("alertname=Down", "2026-11-20T21:40:00Z", |_| {});
    night.fires("Down", "critical");
    night.until("2026-11-20T22:00:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:20:00Z ana silences {alertname="Down"} from 2026-11-20T21:20:00Z to 2026-11-20T21:40:00Z: mended
        2026-11-20T21:20:00Z silence 00000000-0000-0000-0000-000000000006 begins
        2026-11-20T21:20:00Z Down fires, as test says
        2026-11-20T21:40:00Z silence 00000000-0000-0000-0000-000000000006 ends: its time is over
        2026-11-20T21:40:00Z ALR-2057485633999746708 no longer suppressed (silence 00000000-0000-0000-0000-000000000006)
        2026-11-20T21:40:00Z paging ana through web: its alerts are no longer suppressed
        2026-11-20T21:50:00Z paging ben through web: nobody acknowledged within 10m
    "#]]);
}

#[test]
fn a_ticket_that_was_acknowledged_and_is_worth_a_page_escalates() {
    let mut night = night_of_two();
    night.fires("Slow", "warning");
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.fires("Down", "critical");
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: what was a ticket is worth a page
        2026-11-20T21:10:00Z paging ben through web: nobody acknowledged within 10m
    "#]]);
}

#[test]
fn what_a_person_declared_is_not_silenced_by_a_ticket() {
    let mut night = night_of_two();
    let title = "nobody can pay".to_owned();
    night.tell(Command::Declare { service: "ledger".into(), title });
    night.fires("Slow", "warning");
    night.silence("alertname=Slow", "2026-11-20T23:00:00Z", |_| {});
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z ana silences {alertname="Slow"} from 2026-11-20T21:00:00Z to 2026-11-20T23:00:00Z: mended
        2026-11-20T21:00:00Z silence 00000000-0000-0000-0000-000000000005 begins
        2026-11-20T21:00:00Z nobody is told of ALR-16750236602402663864: silence 00000000-0000-0000-0000-000000000005
        2026-11-20T21:10:00Z paging ben through web: nobody acknowledged within 10m
    "#]]);
}

#[test]
fn what_joins_after_the_steps_to_come_were_taken_away_pages() {
    let mut night = night_of_two();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:06:00Z");
    night.defines("{ default_team: shop }", &team("shop", "{ page: [ana] }"));
    night.fires("Late", "critical");
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:06:00Z Late fires, as test says
        2026-11-20T21:06:00Z paging ana through web: one more alert joined it
    "#]]);
}

#[test]
fn what_joined_and_is_over_before_its_turn_pages_nobody() {
    let mut night = night();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.fires("Slow", "critical");
    night.until("2026-11-20T21:02:00Z");
    night.ends("Slow", "critical");
    night.until("2026-11-20T21:10:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Slow fires, as test says
        2026-11-20T21:02:00Z Slow is resolved: its sender says so
    "#]]);
}

#[test]
fn a_silence_lifted_soon_pages_whoever_was_not_reached_at_once() {
    let mut night = night_of_two();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.silence("alertname=Down", "2026-11-20T21:02:00Z", |_| {});
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z ana silences {alertname="Down"} from 2026-11-20T21:01:00Z to 2026-11-20T21:02:00Z: mended
        2026-11-20T21:01:00Z silence 00000000-0000-0000-0000-000000000004 begins
        2026-11-20T21:01:00Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000004
        2026-11-20T21:02:00Z silence 00000000-0000-0000-0000-000000000004 ends: its time is over
        2026-11-20T21:02:00Z ALR-2057485633999746708 no longer suppressed (silence 00000000-0000-0000-0000-000000000004)
        2026-11-20T21:02:00Z paging ana through web: its alerts are no longer suppressed
        2026-11-20T21:12:00Z paging ben through web: nobody acknowledged within 10m
    "#]]);
}

#[test]
fn what_belongs_to_a_team_that_has_another_name_now_goes_to_that() {
    let mut night = night_of_two();
    night.fires("Down", "critical");
    night.until("2026-11-20T21:05:00Z");
    night.defines("{}", &team("store", "{ page: [ben] }, { after: 10m, page: [ana] }"));
    night.until("2026-11-20T21:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:05:00Z paging ben through web: other definitions gave it to this team
        2026-11-20T21:15:00Z paging ana through web: nobody acknowledged within 10m
    "#]]);
}

#[test]
fn a_page_that_a_silence_gives_back_begins_anew_whatever_tickets_are_beside_it() {
    let mut night = night_of_two();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.silence("alertname=Down", "2026-11-20T22:00:00Z", |_| {});
    night.until("2026-11-20T22:30:00Z");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z ana silences {alertname="Down"} from 2026-11-20T21:01:00Z to 2026-11-20T22:00:00Z: mended
        2026-11-20T21:01:00Z silence 00000000-0000-0000-0000-000000000005 begins
        2026-11-20T21:01:00Z nobody is told of ALR-2057485633999746708: silence 00000000-0000-0000-0000-000000000005
        2026-11-20T21:45:00Z ana is to know that the silence of {alertname="Down"} ends at 2026-11-20T22:00:00Z
        2026-11-20T21:45:00Z telling ana through web: a silence of theirs ends soon
        2026-11-20T22:00:00Z silence 00000000-0000-0000-0000-000000000005 ends: its time is over
        2026-11-20T22:00:00Z ALR-2057485633999746708 no longer suppressed (silence 00000000-0000-0000-0000-000000000005)
        2026-11-20T22:00:00Z paging ana through web: its alerts are no longer suppressed
        2026-11-20T22:10:00Z paging ben through web: nobody acknowledged within 10m
    "#]]);
}

#[test]
fn a_ticket_that_was_acknowledged_after_its_page_was_over_is_a_ticket() {
    let mut night = night_of_two();
    night.fires("Slow", "warning");
    night.fires("Down", "critical");
    night.until("2026-11-20T21:01:00Z");
    night.ends("Down", "critical");
    night.until("2026-11-20T21:10:00Z");
    night.tell(Command::Acknowledge { incident: INCIDENT });
    night.until("2026-11-20T21:20:00Z");
    night.fires("Fire", "critical");
    night.says(expect![[r#"
        2026-11-20T21:00:00Z Slow fires, as test says
        2026-11-20T21:00:00Z Down fires, as test says
        2026-11-20T21:00:00Z paging ana through web: an incident opened
        2026-11-20T21:01:00Z Down is resolved: its sender says so
        2026-11-20T21:20:00Z Fire fires, as test says
        2026-11-20T21:20:00Z paging ana through web: what was a ticket is worth a page
    "#]]);
}
