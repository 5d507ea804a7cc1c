//! Runs that go their way: measured, verified, taken back, retried, previewed.

use andon_vocabulary::{AlertId, Command, InstanceEvent, OrderResult, Says, WatchKind};
use expect_test::expect;
use serde_json::json;

use super::{INCIDENT, World, asked, check, rollback, scale};

#[test]
fn approved_then_verified() {
    let mut world = asked();
    world.wait(90);
    world.approve("ana", None).unwrap();
    world.wait(3);
    world.done();
    world.says(WatchKind::Verify, 95.0);
    world.wait(20);
    world.says(WatchKind::Verify, 20.0);
    world.wait(5);
    world.says(WatchKind::Verify, 21.0);
    world.wait(5);
    check(
        world,
        expect![[r#"
            90s gate approved by ana
            90s gate done: approved by ana
            90s rollback begins
            90s rollback intends: run checkout v41 instead of v42 (attempt 1, key RUN-1/rollback, before instances=3 previous=v41 version=v42)
            93s rollback carried: Done { detail: "3 of 3 run it" }
            93s rollback is being verified
            93s rollback reads Fails { value: 95 }
            113s rollback reads Holds { value: 20 }
            123s rollback verified at 20
            123s tell begins
            123s tell incident: verified: http://127.0.0.1:7070/runs/RUN-1
            123s tell done: told
            123s RUN-1 verified: every step was carried out
        "#]],
    );
}

#[test]
fn the_query_carries_inputs_and_scope() {
    let world = asked();
    assert!(world.runs.watches().is_empty());
    let mut world = World::new(&[scale()]);
    world.fire();
    world.done();
    let watch = world.watch(WatchKind::Verify);
    expect![[r#"max(db_pool_in_use{service="checkout"})"#]].assert_eq(&watch.query);
    assert_eq!(watch.since, Some(world.now));
}

#[test]
fn it_does_not_help_and_is_taken_back() {
    let mut world = World::new(&[scale()]);
    world.fire();
    world.done();
    world.platform("v42", Some("v41"), 5);
    world.says(WatchKind::Verify, 95.0);
    world.wait(130);
    world.done();
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s scale carried: Done { detail: "3 of 3 run it" }
            0s scale is being verified
            0s scale reads Fails { value: 95 }
            120s scale not verified: `max(db_pool_in_use{service=$service})` is 95, not below 80, after 2m
            120s scale takes back: scale checkout from 5 to 3 (attempt 1, key RUN-1/scale/rollback, before instances=3 previous=v41 version=v42)
            130s scale carried: Done { detail: "3 of 3 run it" }
            130s scale done: taken back: 3 of 3 run it
            130s RUN-1 rolled back: step scale did not help and was taken back
        "#]],
    );
}

#[test]
fn data_that_vanishes_verifies_nothing() {
    let mut world = World::new(&[scale()]);
    world.fire();
    world.done();
    world.read(WatchKind::Verify, Says::NoData);
    world.wait(5);
    world.says(WatchKind::Verify, 95.0);
    world.wait(5);
    world.read(WatchKind::Verify, Says::NoData);
    // Andon starts again, and its samples are back with the next scrape.
    world.wait(20);
    world.says(WatchKind::Verify, 96.0);
    world.wait(5);
    world.read(WatchKind::Verify, Says::NoData);
    world.wait(70);
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s scale carried: Done { detail: "3 of 3 run it" }
            0s scale is being verified
            0s scale reads NoData
            5s scale reads Fails { value: 95 }
            10s scale reads NoData
            30s scale reads Fails { value: 96 }
            35s scale reads NoData
            95s scale not verified: `max(db_pool_in_use{service=$service})` has no data
            95s scale takes back: scale checkout from 5 to 3 (attempt 1, key RUN-1/scale/rollback, before instances=3 previous=v41 version=v42)
        "#]],
    );
}

#[test]
fn known_failures_are_retried_then_given_up() {
    let mut runbook = scale();
    let tell = json!({ "id": "tell", "if": "always()", "uses": "notify",
                       "with": { "to": "incident", "text": "${{ steps.scale.outcome }}, ${{ run.outcome }}" } });
    let more = json!({ "id": "more", "uses": "notify", "with": { "to": "incident", "text": "more" } });
    runbook["steps"].as_array_mut().unwrap().extend([more, tell]);
    let mut world = World::new(&[runbook]);
    world.fire();
    world.carried(OrderResult::Failed { error: "no room".into() });
    world.wait(10);
    world.carried(OrderResult::Failed { error: "still no room".into() });
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s scale carried: Failed { error: "no room" }
            0s scale will be tried again (2): no room
            10s scale intends: scale checkout from 3 to 5 (attempt 2, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            10s scale carried: Failed { error: "still no room" }
            10s scale failed: still no room
            10s more skipped: an earlier step ended the run
            10s tell begins
            10s tell incident: failure, failed
            10s tell done: told
            10s RUN-1 failed: step scale: still no room
        "#]],
    );
}

#[test]
fn a_suggested_runbook_is_proposed() {
    let mut runbook = scale();
    runbook["trust"] = json!({ "start": "suggest" });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.start("ana", &[("add", "9")]).unwrap_err();
    world.start("ana", &[("add", "1")]).unwrap();
    check(
        world,
        expect![[r#"
            0s proposed scale-out: DbPoolExhausted fires
            0s RUN-1 started add=1 service=checkout
            0s scale begins
            0s scale asks ana, ben for: scale checkout from 3 to 4
        "#]],
    );
}

#[test]
fn conditions_see_calendars_and_services() {
    let mut runbook = scale();
    runbook["steps"][0]["if"] = json!("service.tier == 2 || within('office-hours')");
    let broken = json!({ "id": "broken", "if": "steps.nothing.value > 1.0", "uses": "notify",
                         "with": { "to": "incident", "text": "x" } });
    runbook["steps"].as_array_mut().unwrap().push(broken);
    let mut world = World::new(&[runbook]);
    let hours = json!({ "days": ["mon"], "from": "09:00", "to": "18:00", "timezone": "Europe/Madrid" });
    world.catalog.instance.calendars.insert("office-hours".into(), serde_json::from_value(hours).unwrap());
    world.fire();
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale skipped: its condition is false: service.tier == 2 || within('office-hours')
            0s broken failed: `steps.nothing.value > 1.0`: No such key: nothing
            0s RUN-1 failed: step broken: `steps.nothing.value > 1.0`: No such key: nothing
        "#]],
    );
}

#[test]
fn a_preview_touches_nothing() {
    let world = World::new(&[rollback()]);
    let inputs = [("service".to_owned(), "checkout".to_owned())].into();
    let preview = world.runs.preview(&world.incidents, "db-pool", &inputs, None, &world.cx()).unwrap();
    let step = &preview.steps[0];
    expect!["run checkout v41 instead of v42; verified by max(db_pool_in_use) below 80 for 10s, within 2m; if not: no way back (the version before last worked); a person is paged"]
    .assert_eq(&format!("{}; verified by {}; if not: {}", step.action, step.verify.as_deref().unwrap(), step.if_not));
    let refusal = world.runs.preview(&world.incidents, "no-such", &inputs, None, &world.cx()).unwrap_err();
    assert_eq!(refusal.hint.as_deref(), Some("known: db-pool"));
}

#[test]
fn a_later_outage_of_the_same_incident_says_once_why_nothing_runs() {
    let mut world = World::new(&[scale()]);
    world.fire();
    // While the run is at work it answers this one too.
    world.fire_with(AlertId(2), INCIDENT, "checkout", "DbPoolExhausted");
    world.done();
    world.says(WatchKind::Verify, 20.0);
    let mut world = check(
        world,
        expect![[r#"
        0s RUN-1 started add=2 service=checkout
        0s scale begins
        0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
        0s scale carried: Done { detail: "3 of 3 run it" }
        0s scale is being verified
        0s scale reads Holds { value: 20 }
        0s scale verified at 20
        0s RUN-1 verified: every step was carried out
    "#]],
    );
    for _ in 0..2 {
        world.wait(30);
        world.resolve_alert();
        world.resolve_incident();
        world.wait(30);
        world.reopen();
        world.fire_with(AlertId(3), INCIDENT, "checkout", "DbPoolExhausted");
    }
    check(
        world,
        expect![[r#"
            60s refused scale-out: RUN-1 already ran for this
            120s refused scale-out: RUN-1 already ran for this
        "#]],
    );
}

#[test]
fn a_run_is_found_where_andon_listens() {
    let mut world = World::new(&[rollback()]);
    let address = Some("127.0.0.1:8080".to_owned());
    world.happened(InstanceEvent::Started { term: 1, version: "test".into(), address });
    world.fire();
    world.says(WatchKind::Measure, 97.0);
    let (run, step, _) = world.asked();
    world.tell("ana", Command::Reject { run, step, reason: "not today".into() }).unwrap();
    assert!(world.story().contains("tell incident: rejected: http://127.0.0.1:8080/runs/RUN-1\n"));
}
