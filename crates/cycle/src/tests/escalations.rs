//! Who is paged for what comes on top of an incident that goes on: the team's policy has one step.

use andon_vocabulary::{Command, IncidentId, Timestamp};
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
