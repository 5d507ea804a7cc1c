//! Who is paged for what comes on top of an incident that goes on: the team's policy has one step.

use andon_vocabulary::{Command, Event, IncidentId, Input, RespondEvent, Started, Timestamp};
use expect_test::expect;

use super::silences::Night;

const INCIDENT: IncidentId = IncidentId(1);

fn night() -> Night {
    Night::new("2026-11-20T21:00:00Z", "{ default_team: shop }")
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
        2026-11-20T21:05:00Z paging ana through web: a team has it now, and nobody was told before
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
        2026-11-20T21:00:00Z paging ana through web: a team has it now, and nobody was told before
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
