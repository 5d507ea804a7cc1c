//! What keeps runs from beginning, and what stops them.

use andon_vocabulary::{AlertId, Command, IncidentId, RunId, Says, WatchKind};
use expect_test::expect;
use serde_json::json;

use super::{ALERT, INCIDENT, World, asked, check, rollback, scale};

#[test]
fn a_hostile_label_starts_nothing() {
    let mut world = World::new(&[rollback()]);
    world.fire_with(ALERT, INCIDENT, "search", "DbPoolExhausted");
    world.fire_with(AlertId(2), IncidentId(2), "\"; rm -rf / #", "DbPoolExhausted");
    // The same again says nothing new.
    world.fire_with(AlertId(3), IncidentId(2), "\"; rm -rf / #", "DbPoolExhausted");
    check(
        world,
        expect![[r#"
            0s refused db-pool: input service: search belongs to team:search, the runbook to team:payments
            0s refused db-pool: input service: "\"; rm -rf / #" is no service of the catalogue
        "#]],
    );
}

#[test]
fn the_second_run_waits_for_the_lock() {
    let mut world = asked();
    world.fire_with(AlertId(2), IncidentId(2), "checkout", "DbPoolExhausted");
    let (run, step, _) = world.asked();
    world.tell("ana", Command::Reject { run, step, reason: "no".into() }).unwrap();
    check(
        world,
        expect![[r#"
            0s RUN-2 started service=checkout
            0s RUN-2 waits for service/checkout, held by RUN-1
            0s gate rejected by ana: no
            0s rollback skipped: the run ends: rejected
            0s tell begins
            0s tell incident: rejected: http://127.0.0.1:7070/runs/RUN-1
            0s tell done: told
            0s RUN-1 rejected: ana: no
            0s RUN-2 locks service/checkout
            0s diagnose begins
        "#]],
    );
}

#[test]
fn a_lock_outlives_a_run_whose_change_is_under_way() {
    let mut runbook = scale();
    runbook["guardrails"] = json!({ "lock": { "key": "service/checkout" } });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.fire_with(AlertId(2), IncidentId(2), "checkout", "DbPoolExhausted");
    world.tell("ana", Command::Abort { run: RunId(1), reason: "enough".into() }).unwrap();
    world.wait(100);
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s RUN-1 locks service/checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s RUN-2 started add=2 service=checkout
            0s RUN-2 waits for service/checkout, held by RUN-1
            0s RUN-1 aborted: ana: enough; whether "scale checkout from 3 to 5" happened is not known
            75s RUN-2 locks service/checkout
            75s scale begins
            75s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-2/scale, before instances=3 previous=v41 version=v42)
        "#]],
    );
}

#[test]
fn cooldown_and_rate() {
    let mut runbook = scale();
    runbook["guardrails"] = json!({ "cooldown": "30m", "rate": { "max": 2, "per": "24h" } });
    let mut world = World::new(&[runbook]);
    let abort = |run: u64| Command::Abort { run: RunId(run), reason: "enough".into() };
    world.fire();
    world.tell("ana", abort(1)).unwrap();
    world.wait(60);
    world.fire_with(AlertId(2), IncidentId(2), "checkout", "DbPoolExhausted");
    world.wait(1800);
    world.fire_with(AlertId(3), IncidentId(3), "checkout", "DbPoolExhausted");
    world.tell("ana", abort(2)).unwrap();
    world.wait(1800);
    world.fire_with(AlertId(4), IncidentId(4), "checkout", "DbPoolExhausted");
    world.wait(86_400);
    world.fire_with(AlertId(5), IncidentId(5), "checkout", "DbPoolExhausted");
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s RUN-1 aborted: ana: enough; whether "scale checkout from 3 to 5" happened is not known
            60s refused scale-out: it ran not long ago; cooling down until 2026-11-20T21:30:00Z
            1860s RUN-2 started add=2 service=checkout
            1860s scale begins
            1860s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-2/scale, before instances=3 previous=v41 version=v42)
            1860s RUN-2 aborted: ana: enough; whether "scale checkout from 3 to 5" happened is not known
            3660s refused scale-out: it ran 2 times already, which is its limit
            90060s RUN-3 started add=2 service=checkout
            90060s scale begins
            90060s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-3/scale, before instances=3 previous=v41 version=v42)
        "#]],
    );
}

#[test]
fn nothing_new_starts_while_halted() {
    let mut world = asked();
    world.halt();
    world.approve("ana", None).unwrap();
    world.fire_with(AlertId(2), IncidentId(2), "checkout", "DbPoolExhausted");
    assert!(world.runs.owed().is_empty());
    world.wait(60);
    world.story.push_str("-- released\n");
    world.release();
    check(
        world,
        expect![[r#"
            0s gate approved by ana
            0s gate done: approved by ana
            0s rollback begins
            0s refused db-pool: all automation is halted
            -- released
            60s rollback intends: run checkout v41 instead of v42 (attempt 1, key RUN-1/rollback, before instances=3 previous=v41 version=v42)
            60s RUN-2 started service=checkout
            60s RUN-2 waits for service/checkout, held by RUN-1
        "#]],
    );
}

#[test]
fn twice_as_bad_stops_it() {
    let mut runbook = scale();
    runbook["guardrails"] = json!({ "stop_if": { "query": "burn", "above": 2.0, "times": "start" } });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.says(WatchKind::StopIf, 3.0);
    world.done();
    world.says(WatchKind::StopIf, 5.9);
    world.says(WatchKind::StopIf, 6.1);
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s stop_if begins at 3
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s scale carried: Done { detail: "3 of 3 run it" }
            0s scale is being verified
            0s RUN-1 stopped: stop_if: `burn` is 6.1, above 6
        "#]],
    );
}

#[test]
fn no_data_stops_it_too() {
    let mut runbook = scale();
    runbook["guardrails"] = json!({ "stop_if": { "query": "burn", "above": 2.0 } });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.done();
    world.read(WatchKind::StopIf, Says::NoData);
    world.wait(50);
    world.says(WatchKind::StopIf, 1.0);
    world.wait(50);
    world.read(WatchKind::StopIf, Says::NoData);
    world.wait(60);
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            0s scale carried: Done { detail: "3 of 3 run it" }
            0s scale is being verified
            0s guardrails.stop_if reads NoData
            50s guardrails.stop_if reads Fails { value: 1 }
            100s guardrails.stop_if reads NoData
            120s scale not verified: `max(db_pool_in_use{service=$service})` has no data, after 2m
            120s scale takes back: scale checkout from 5 to 3 (attempt 1, key RUN-1/scale/rollback, before instances=3 previous=v41 version=v42)
            160s RUN-1 stopped: stop_if: `burn` has no data; whether "scale checkout from 5 to 3" happened is not known
        "#]],
    );
}

#[test]
fn nothing_is_changed_blindly() {
    let mut runbook = scale();
    runbook["trust"] = json!({ "start": "approve" });
    runbook["guardrails"] = json!({ "stop_if": { "query": "burn", "above": 2.0 } });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.read(WatchKind::StopIf, Says::NoData);
    world.approve("ana", None).unwrap();
    world.wait(30);
    world.says(WatchKind::StopIf, 1.0);
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale asks ana, ben for: scale checkout from 3 to 5
            0s guardrails.stop_if reads NoData
            0s scale approved by ana
            30s guardrails.stop_if reads Fails { value: 1 }
            30s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
        "#]],
    );
}

#[test]
fn a_run_does_not_take_for_ever() {
    let mut runbook = scale();
    runbook["guardrails"] = json!({ "max_duration": "30s" });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.wait(60);
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
            30s RUN-1 stopped: it took longer than 30s; whether "scale checkout from 3 to 5" happened is not known
        "#]],
    );
}

#[test]
fn a_blast_radius_holds_a_change_back() {
    let mut runbook = scale();
    runbook["guardrails"] = json!({ "blast_radius": { "targets": 1, "percent_of_instances": 50.0 } });
    runbook["steps"][0]["with"] = json!({ "service": "checkout", "to": 1 });
    let mut world = World::new(&[runbook]);
    world.fire();
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale failed: it would touch 2 targets; 1 are allowed
            0s RUN-1 failed: step scale: it would touch 2 targets; 1 are allowed
        "#]],
    );
}
