//! What people decide, and what happens when they do not.

use andon_vocabulary::{Command, WatchKind};
use expect_test::expect;
use serde_json::json;

use super::{World, asked, check, rollback, scale};

#[test]
fn rejected() {
    let mut world = asked();
    let (run, step, _) = world.asked();
    let no = |reason: &str| Command::Reject { run, step: step.clone(), reason: reason.into() };
    world.tell("ana", no(" ")).unwrap_err();
    world.tell("ana", no("it is the campaign")).unwrap();
    check(
        world,
        expect![[r#"
            0s gate rejected by ana: it is the campaign
            0s rollback skipped: the run ends: rejected
            0s tell begins
            0s tell incident: rejected: http://127.0.0.1:7070/runs/RUN-1
            0s tell done: told
            0s RUN-1 rejected: ana: it is the campaign
        "#]],
    );
}

#[test]
fn nobody_decides() {
    let mut world = asked();
    world.wait(3 * 3600);
    check(
        world,
        expect![[r#"
            900s gate expired: Escalate
            900s gate asks ana, ben for: run checkout v41 instead of v42
            1800s gate expired: Escalate
            1800s gate asks ana, ben for: run checkout v41 instead of v42
            2700s gate expired: Escalate
            2700s gate asks ana, ben for: run checkout v41 instead of v42
            3600s gate expired: Abort
            3600s rollback skipped: the run ends: expired
            3600s tell begins
            3600s tell incident: expired: http://127.0.0.1:7070/runs/RUN-1
            3600s tell done: told
            3600s RUN-1 expired: nobody decided in time
        "#]],
    );
}

#[test]
fn the_incident_resolves_while_a_person_is_asked() {
    let mut world = asked();
    world.resolve_alert();
    world.resolve_incident();
    check(
        world,
        expect![[r#"
            0s RUN-1 aborted: the incident was resolved before anything was changed
        "#]],
    );
}

#[test]
fn both_runs_of_an_incident_end_with_it() {
    let mut other = scale();
    other["guardrails"] = json!({ "lock": { "key": "service/checkout" } });
    let mut world = World::new(&[rollback(), other]);
    world.fire();
    world.says(WatchKind::Measure, 97.0);
    world.story();
    world.resolve_alert();
    world.resolve_incident();
    check(
        world,
        expect![[r#"
        0s RUN-2 aborted: the incident was resolved before anything was changed
        0s RUN-1 aborted: the incident was resolved before anything was changed
    "#]],
    );
}

#[test]
fn the_alert_resolves_before_the_change() {
    let mut world = asked();
    world.resolve_alert();
    world.approve("ana", None).unwrap();
    check(
        world,
        expect![[r#"
            0s gate approved by ana
            0s gate done: approved by ana
            0s rollback begins
            0s RUN-1 done: the alert resolved by itself before anything was changed
        "#]],
    );
}

#[test]
fn what_was_approved_is_what_is_done() {
    let mut world = asked();
    let (run, step, _) = world.asked();
    let other = Command::Approve { run, step, preview: "0".repeat(64), reason: None };
    let refusal = world.tell("ana", other).unwrap_err();
    assert_eq!(refusal.what, "what RUN-1 would do has changed since you looked");
    // Somebody deploys while Ana reads: her yes does not cover the next version.
    world.story();
    world.platform("v43", Some("v42"), 3);
    world.approve("ana", None).unwrap();
    check(
        world,
        expect![[r#"
            0s gate approved by ana
            0s gate done: approved by ana
            0s rollback begins
            0s rollback asks ana, ben for: run checkout v42 instead of v43
        "#]],
    );
}

#[test]
fn only_those_who_may_approve_do() {
    let mut world = asked();
    let refusal = world.approve("eve", None).unwrap_err();
    assert_eq!(refusal.what, "eve is neither asked for RUN-1 nor in team:payments");

    let mut runbook = rollback();
    runbook["steps"][1]["approve"]["alone"] = json!({ "reason": "required" });
    let mut world = World::new(&[runbook]);
    world.start("ana", &[("service", "checkout")]).unwrap();
    world.says(WatchKind::Measure, 97.0);
    let refusal = world.approve("ana", Some("it burns")).unwrap_err();
    assert_eq!(refusal.what, "ana asked for RUN-1 and may not approve it");
    world.catalog.teams.get_mut("payments").unwrap().people.remove("ben");
    let refusal = world.approve("ana", None).unwrap_err();
    assert_eq!(refusal.what, "nobody else looks at this approval, so it needs a reason");
    world.story();
    world.approve("ana", Some("it burns")).unwrap();
    check(
        world,
        expect![[r#"
            0s gate approved by ana, alone: it burns
            0s gate done: approved by ana
            0s rollback begins
            0s rollback intends: run checkout v41 instead of v42 (attempt 1, key RUN-1/rollback, before instances=3 previous=v41 version=v42)
        "#]],
    );
}

#[test]
fn alone_without_a_reason_is_still_alone() {
    let mut runbook = rollback();
    runbook["steps"][1]["approve"]["alone"] = json!({ "reason": "optional" });
    let mut world = World::new(&[runbook]);
    world.start("ana", &[("service", "checkout")]).unwrap();
    world.says(WatchKind::Measure, 97.0);
    world.catalog.teams.get_mut("payments").unwrap().people.remove("ben");
    world.story();
    world.approve("ana", None).unwrap();
    let story = world.story();
    assert!(story.starts_with("0s gate approved by ana, alone: no reason was given\n"), "{story}");
}

#[test]
fn a_change_that_no_step_asks_for_is_asked_for() {
    let mut runbook = scale();
    runbook["trust"] = json!({ "start": "approve" });
    let mut world = World::new(&[runbook]);
    world.fire();
    world.approve("ben", None).unwrap();
    check(
        world,
        expect![[r#"
            0s RUN-1 started add=2 service=checkout
            0s scale begins
            0s scale asks ana, ben for: scale checkout from 3 to 5
            0s scale approved by ben
            0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
        "#]],
    );
}

#[test]
fn only_auto_acts_without_a_person() {
    let mut runbook = rollback();
    runbook["steps"][1]["if"] = json!("!(service.tier == 1)");
    let mut world = World::new(&[runbook]);
    world.fire();
    world.says(WatchKind::Measure, 97.0);
    check(
        world,
        expect![[r#"
            0s RUN-1 started service=checkout
            0s RUN-1 locks service/checkout
            0s diagnose begins
            0s diagnose measured Holds { value: 97 }
            0s diagnose done: 97
            0s gate skipped: its condition is false: !(service.tier == 1)
            0s rollback begins
            0s rollback asks ana, ben for: run checkout v41 instead of v42
        "#]],
    );
}
