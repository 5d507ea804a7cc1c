//! Steps of which nobody knows whether they happened.

use std::time::Duration;

use andon_vocabulary::{Answer, Effect, HttpLookUp, IntentId, OrderResult, Outcome, PersonAnswer, WatchKind};
use expect_test::expect;
use serde_json::json;

use super::{World, rollback, scale};

/// The roll-back was approved, is on its way, and Andon dies.
fn crashed() -> World {
    let mut world = World::new(&[rollback()]);
    world.fire();
    world.says(WatchKind::Measure, 97.0);
    world.approve("ana", None).unwrap();
    world.story();
    world.wait(2);
    world.restart();
    world
}

fn looked_up(world: &mut World, answer: Answer) {
    let owed = world.runs.owed();
    let [owed] = owed.as_slice() else { panic!("one lookup should be owed: {owed:?}") };
    assert!(matches!(owed.effect, Effect::LookUp(_)), "{owed:?}");
    world.outcome(owed.intent, Outcome::LookedUp(answer));
}

#[test]
fn it_happened_and_is_not_repeated() {
    let mut world = crashed();
    assert!(world.runs.owed().is_empty(), "nothing is sent again by itself");
    world.wait(72);
    assert!(world.runs.owed().is_empty(), "nobody looks before the order has died");
    world.wait(1);
    looked_up(&mut world, Answer::Happened { evidence: "v41 3/3".into() });
    world.says(WatchKind::Verify, 20.0);
    world.wait(10);
    expect![[r#"
        2s rollback unknown: Andon stopped before it heard the answer
        75s rollback is looked up
        75s rollback looked up: Happened { evidence: "v41 3/3" }
        75s rollback is being verified
        75s rollback reads Holds { value: 20 }
        85s rollback verified at 20
        85s tell begins
        85s tell incident: verified: http://127.0.0.1:7070/runs/RUN-1
        85s tell done: told
        85s RUN-1 verified: every step was carried out
    "#]]
    .assert_eq(&world.story());
}

#[test]
fn it_did_not_happen_and_is_repeated_with_the_same_key() {
    let mut world = crashed();
    world.wait(73);
    looked_up(&mut world, Answer::DidNotHappen { evidence: "v42 3/3".into() });
    expect![[r#"
        2s rollback unknown: Andon stopped before it heard the answer
        75s rollback is looked up
        75s rollback looked up: DidNotHappen { evidence: "v42 3/3" }
        75s rollback intends: run checkout v41 instead of v42 (attempt 2, key RUN-1/rollback, before instances=3 previous=v41 version=v42)
    "#]].assert_eq(&world.story());
    assert_eq!(world.runs.owed()[0].attempt, 2);
}

#[test]
fn it_did_not_happen_and_is_no_longer_needed() {
    let mut world = crashed();
    world.resolve_alert();
    world.wait(73);
    looked_up(&mut world, Answer::DidNotHappen { evidence: "v42 3/3".into() });
    expect![[r#"
        2s rollback unknown: Andon stopped before it heard the answer
        75s rollback is looked up
        75s rollback looked up: DidNotHappen { evidence: "v42 3/3" }
        75s RUN-1 done: the alert resolved by itself before anything was changed
    "#]]
    .assert_eq(&world.story());
}

#[test]
fn nobody_can_tell_so_a_person_is_asked() {
    let mut world = crashed();
    let early = world.answer(PersonAnswer::Done).unwrap_err();
    assert_eq!(early.what, "rollback may still be under way until 2026-11-20T21:01:15Z");
    world.wait(73);
    looked_up(&mut world, Answer::CannotTell { why: "the platform does not answer".into() });
    world.answer(PersonAnswer::Done).unwrap();
    expect![[r#"
        2s rollback unknown: Andon stopped before it heard the answer
        75s rollback is looked up
        75s rollback looked up: CannotTell { why: "the platform does not answer" }
        75s rollback asks: did "run checkout v41 instead of v42" happen? the platform does not answer; mark it done, have it repeated, or abort the run
        75s rollback answered by ana: Done
        75s rollback is being verified
    "#]].assert_eq(&world.story());
}

#[test]
fn a_person_has_it_repeated_or_aborts() {
    for (answer, expected) in [
        (
            PersonAnswer::Repeat,
            expect![[r#"
                135s rollback answered by ana: Repeat
                135s rollback intends: run checkout v41 instead of v42 (attempt 2, key RUN-1/rollback, before instances=3 previous=v41 version=v42)
            "#]],
        ),
        (
            PersonAnswer::Abort,
            expect![[r#"
                135s rollback answered by ana: Abort
                135s tell begins
                135s tell incident: aborted: http://127.0.0.1:7070/runs/RUN-1
                135s tell done: told
                135s RUN-1 aborted: ana: I looked
            "#]],
        ),
    ] {
        let mut world = crashed();
        world.wait(73);
        world.wait(60);
        world.story();
        world.answer(answer).unwrap();
        expected.assert_eq(&world.story());
    }
}

#[test]
fn a_late_answer_settles_it() {
    let mut world = crashed();
    world.wait(73);
    world.outcome(IntentId(1), Outcome::Carried(OrderResult::Done { detail: "late".into() }));
    assert!(world.runs.owed().is_empty(), "what was to be looked up is known");
    // What comes after that changes nothing.
    world.outcome(IntentId(1), Outcome::Carried(OrderResult::Failed { error: "later".into() }));
    world.outcome(IntentId(2), Outcome::LookedUp(Answer::DidNotHappen { evidence: "too late".into() }));
    expect![[r#"
        2s rollback unknown: Andon stopped before it heard the answer
        75s rollback is looked up
        75s rollback carried: Done { detail: "late" }
        75s rollback is being verified
    "#]]
    .assert_eq(&world.story());
}

#[test]
fn no_answer_is_not_a_failure() {
    let mut world = World::new(&[scale()]);
    world.fire();
    world.wait(70);
    world.story.push_str("-- reported\n");
    let mut other = World::new(&[scale()]);
    other.fire();
    other.carried(OrderResult::Unknown { why: "the connection broke".into() });
    expect![[r#"
        0s RUN-1 started add=2 service=checkout
        0s scale begins
        0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
        70s scale unknown: no answer came in time
        -- reported
        0s RUN-1 started add=2 service=checkout
        0s scale begins
        0s scale intends: scale checkout from 3 to 5 (attempt 1, key RUN-1/scale, before instances=3 previous=v41 version=v42)
        0s scale unknown: the connection broke
    "#]].assert_eq(&(world.story() + &other.story()));
}

/// A POST that says what may follow when its outcome is unknown.
fn post(repeat: &str, lookup: Option<serde_json::Value>) -> World {
    let mut runbook = scale();
    runbook["steps"] = json!([{
        "id": "purge",
        "uses": "http",
        "with": { "method": "POST", "url": "http://cache.example/purge", "timeout": "5s" },
        "repeat": repeat,
        "lookup": lookup,
        "irreversible": "what was cached is gone",
    }]);
    let mut world = World::new(&[runbook]);
    world.fire();
    world.restart();
    world
}

#[test]
fn what_may_be_repeated_is() {
    let mut world = post("with_key", None);
    world.wait(20);
    expect![[r#"
        0s RUN-1 started add=2 service=checkout
        0s purge begins
        0s purge intends: POST http://cache.example/purge (attempt 1, key RUN-1/purge, before )
        0s purge unknown: Andon stopped before it heard the answer
        20s purge intends: POST http://cache.example/purge (attempt 2, key RUN-1/purge, before )
    "#]]
    .assert_eq(&world.story());
    world.wait(3600);
    let story = world.story();
    assert!(story.ends_with("abort the run\n"), "after five attempts a person is asked: {story}");
}

#[test]
fn ask_person_is_never_repeated_by_itself() {
    let mut world = post("ask_person", None);
    world.wait(3600);
    expect![[r#"
        0s RUN-1 started add=2 service=checkout
        0s purge begins
        0s purge intends: POST http://cache.example/purge (attempt 1, key RUN-1/purge, before )
        0s purge unknown: Andon stopped before it heard the answer
        20s purge asks: did "POST http://cache.example/purge" happen? nothing can look it up; mark it done, have it repeated, or abort the run
    "#]].assert_eq(&world.story());
    assert!(world.runs.owed().is_empty());
}

#[test]
fn a_url_is_asked_as_the_step_says() {
    let http = json!({ "url": "https://cache/${{ run.id }}", "status": 410, "timeout": "3s" });
    let mut world = post("after_lookup", Some(json!({ "http": http })));
    world.wait(20);
    let owed = world.runs.owed();
    let [Effect::LookUp(asked)] = [&owed[0].effect] else { panic!("a lookup should be owed: {owed:?}") };
    let (url, timeout) = ("https://cache/RUN-1".to_owned(), Duration::from_secs(3));
    assert_eq!(asked.http, Some(HttpLookUp { url, status: 410, timeout }));
}

#[test]
fn a_query_can_say_whether_it_happened() {
    let lookup = json!({ "promql": { "query": "cache_generation", "above": 7.0 } });
    let mut world = post("after_lookup", Some(lookup));
    world.wait(20);
    assert!(world.runs.owed().is_empty(), "the hands are not asked");
    world.says(WatchKind::Measure, 8.0);
    expect![[r#"
        0s RUN-1 started add=2 service=checkout
        0s purge begins
        0s purge intends: POST http://cache.example/purge (attempt 1, key RUN-1/purge, before )
        0s purge unknown: Andon stopped before it heard the answer
        20s purge is looked up
        20s purge looked up: Happened { evidence: "`cache_generation` is 8, above 7" }
        20s purge done: `cache_generation` is 8, above 7
        20s RUN-1 done: every step was carried out
    "#]]
    .assert_eq(&world.story());
}

#[test]
fn halted_looks_but_does_not_repeat() {
    let mut world = crashed();
    world.halt();
    world.wait(73);
    looked_up(&mut world, Answer::DidNotHappen { evidence: "v42 3/3".into() });
    assert!(world.runs.owed().is_empty());
    world.wait(60);
    world.story.push_str("-- released\n");
    world.release();
    expect![[r#"
        2s rollback unknown: Andon stopped before it heard the answer
        75s rollback is looked up
        75s rollback looked up: DidNotHappen { evidence: "v42 3/3" }
        -- released
        135s rollback intends: run checkout v41 instead of v42 (attempt 2, key RUN-1/rollback, before instances=3 previous=v41 version=v42)
    "#]].assert_eq(&world.story());
}
