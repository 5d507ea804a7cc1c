//! The hands against real processes: instances that crash, roll, survive and are adopted.
//!
//! This very test binary is the workload: started again with `ANDON_FAKE` it serves instead of testing.

mod fake;
mod harness;

use std::time::Duration;

use andon_vocabulary::{Action, Answer, OrderResult, Outcome, PlatformStatus};
use harness::{Hands, Home, order, pids, ready, urls};

fn run(from: &str, version: &str) -> Action {
    Action::Run { service: "shop".into(), from: from.into(), version: version.into() }
}

fn scale(from: u32, to: u32) -> Action {
    Action::Scale { service: "shop".into(), from, to }
}

fn done(detail: &str) -> Outcome {
    Outcome::Carried(OrderResult::Done { detail: detail.to_owned() })
}

fn versions(status: &PlatformStatus) -> Vec<&str> {
    status.instances.iter().map(|instance| &*instance.version).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_dies_is_started_again_where_it_was() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 2).await;
    let before = hands.status(ready(2)).await;
    assert_eq!(versions(&before), ["v1", "v1"]);
    home.kill(before.instances[0].pid);
    let after = hands.status(|status| status.ready == 2 && status.instances[0].restarts == 1).await;
    assert_eq!(after.instances[0].address, before.instances[0].address);
    assert_ne!(after.instances[0].pid, before.instances[0].pid);
    assert_eq!(after.instances[1].pid, before.instances[1].pid);
    hands.stop_all().await;
    assert_eq!(home.running(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_rolls_out_and_back_one_by_one_and_is_remembered_by_its_key() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 2).await;
    let before = hands.status(ready(2)).await;
    let deploy = order("deploy-1", run("v1", "v2"));
    assert!(matches!(
        hands.look_up(&deploy).await,
        Outcome::LookedUp(Answer::DidNotHappen { evidence }) if evidence == "v1 2/2"
    ));
    hands.send(&deploy).await;
    let outcome = hands
        .outcome_while(|status| assert!(status.ready + 1 >= status.wanted || status.version == "v2".into()))
        .await;
    assert_eq!(outcome, done("v2 2/2"));
    let after = hands.status(ready(2)).await;
    assert_eq!((&*after.version, after.previous.as_deref()), ("v2", Some("v1")));
    assert!(pids(&after).iter().all(|pid| !pids(&before).contains(pid)));
    assert!(matches!(
        hands.look_up(&deploy).await,
        Outcome::LookedUp(Answer::Happened { evidence }) if evidence == "v2 2/2"
    ));

    // The same key again: nothing moves.
    assert_eq!(hands.carry(&deploy).await, done("v2 2/2"));
    assert_eq!(pids(&hands.status(ready(2)).await), pids(&after));
    assert_eq!(hands.carry(&order("back-1", run("v2", "v1"))).await, done("v1 2/2"));
    // What was approved against another world is left alone.
    let stale = hands.carry(&order("deploy-2", run("v7", "v8"))).await;
    assert!(
        matches!(stale, Outcome::Carried(OrderResult::Failed { error }) if error.contains("v1 is what runs"))
    );
    hands.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_crashes_costs_one_instance_and_is_said_to_have_failed() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 2).await;
    let before = hands.status(ready(2)).await;
    let outcome = hands.carry(&order("deploy-1", run("v1", fake::CRASHES))).await;
    let Outcome::Carried(OrderResult::Failed { error }) = outcome else {
        panic!("it cannot have worked: {outcome:?}");
    };
    assert!(error.contains("shop-1 ends again and again (exit status: 3)"), "{error}");
    let after = hands.status(|status| status.instances.len() == 2).await;
    assert_eq!(after.instances[1].pid, before.instances[1].pid);
    assert!(after.instances[1].ready);
    assert_eq!(hands.carry(&order("back-1", run(fake::CRASHES, "v1"))).await, done("v1 2/2"));
    assert_eq!(hands.status(ready(2)).await.instances[1].pid, before.instances[1].pid);
    hands.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_outlive_the_hands_and_are_adopted_by_the_next() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 2).await;
    let before = hands.status(ready(2)).await;
    hands.vanish().await;
    assert_eq!(home.running(), 2);

    let mut hands = Hands::greet(&home, 2).await;
    let after = hands.status(ready(2)).await;
    assert_eq!(pids(&after), pids(&before));
    // One that is not our child is watched as well as one that is.
    home.kill(after.instances[1].pid);
    hands.status(|status| status.ready == 2 && status.instances[1].restarts == 1).await;
    hands.vanish().await;

    // Another instance id is another Andon: it neither adopts nor kills these.
    let other = Home::new();
    let mut neighbour = Hands::greet(&other, 1).await;
    neighbour.status(ready(1)).await;
    assert_eq!((home.running(), other.running()), (2, 1));
    neighbour.stop_all().await;

    // Fewer are wanted now, and the surplus one goes.
    let mut hands = Hands::greet(&home, 1).await;
    hands.status(|status| status.ready == 1 && status.instances.len() == 1).await;
    assert_eq!(home.running(), 1);
    hands.stop_all().await;
    assert_eq!(home.running(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_done_orders_are_finished_by_the_next_hands() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 3).await;
    hands.status(ready(3)).await;
    let deploy = order("deploy-1", run("v1", "v2"));
    hands.send(&deploy).await;
    hands.status(|status| status.version == "v2".into()).await;
    hands.vanish().await;

    let mut hands = Hands::greet(&home, 3).await;
    let looked = hands.look_up(&deploy).await;
    assert!(matches!(looked, Outcome::LookedUp(Answer::Happened { evidence }) if evidence == "v2 3/3"));
    assert_eq!(home.running(), 3);
    hands.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scale_restart_and_faults_reach_whom_they_name() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 1).await;
    let one = hands.status(ready(1)).await;
    assert_eq!(home.addresses(), urls(&one));
    assert_eq!(hands.carry(&order("out", scale(1, 3))).await, done("v1 3/3"));
    let three = hands.status(ready(3)).await;
    assert_eq!(home.addresses(), urls(&three));
    let restart = Action::Restart { service: "shop".into(), instances: vec!["shop-2".into()] };
    assert_eq!(hands.carry(&order("again", restart)).await, done("v1 3/3"));
    let restarted = hands.status(ready(3)).await;
    let same: Vec<bool> = pids(&three).iter().zip(pids(&restarted)).map(|(a, b)| *a == b).collect();
    assert_eq!(same, [true, false, true]);

    let fault = |path: &str| Action::Fault {
        service: "shop".into(),
        fault: "leak".into(),
        path: path.to_owned(),
        body: r#"{"on":true}"#.to_owned(),
        on: true,
    };
    assert_eq!(hands.carry(&order("f1", fault("/faults/leak"))).await, done("3 of 3 instances took it"));
    let refused = hands.carry(&order("f2", fault("/nowhere"))).await;
    assert!(
        matches!(refused, Outcome::Carried(OrderResult::Failed { error }) if error.contains("shop-1 answered 404"))
    );
    assert_eq!(hands.carry(&order("in", scale(3, 1))).await, done("v1 1/1"));
    assert_eq!(home.addresses(), urls(&one));
    assert_eq!(home.running(), 1);
    hands.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_refused_through_the_whole_way() {
    let home = Home::new();
    let mut hands = Hands::greet(&home, 0).await;
    let mut late = order("late", scale(0, 1));
    late.not_after = late.not_after - Duration::from_secs(60);
    let outcome = hands.carry(&late).await;
    assert!(matches!(outcome, Outcome::Carried(OrderResult::Refused { why }) if why.starts_with("too late")));
    let unknown = order("x", Action::Restart { service: "moon".into(), instances: Vec::new() });
    let outcome = hands.carry(&unknown).await;
    assert!(
        matches!(outcome, Outcome::Carried(OrderResult::Failed { error }) if error.starts_with("moon does not run"))
    );
    assert_eq!(home.running(), 0);
    hands.stop_all().await;
}

/// Not a test by itself: what the hands run.
#[test]
fn fake_workload() {
    if std::env::var_os(fake::SWITCH).is_some() {
        fake::serve();
    }
}
