//! Alerts come and go, receivers answer or do not: who is told what, and when.

mod world;

use andon_vocabulary::{SilenceId, SuppressedBy};
use expect_test::expect;
use world::World;

const FILE: &str = "
route:
  receiver: all
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 1h
receivers: [ { name: all, webhook_configs: [ { url: 'http://127.0.0.1:1/' } ] } ]
";

#[test]
fn a_group_is_told_of_in_its_rhythm_and_vanishes() {
    let mut world = World::new(FILE);
    world.fires("Slow", "a");
    world.until(10);
    world.fires("Slow", "b");
    world.until(100);
    world.fires("Slow", "c");
    world.until(400);
    world.resolves("Slow", "a");
    world.until(700);
    world.resolves("Slow", "b");
    world.resolves("Slow", "c");
    world.until(4000);
    world.check(expect![[r#"
        30s all: its first alerts, firing a b
        330s all: new alerts, firing a b c
        630s all: some alerts are resolved, firing b c, resolved a
        930s all: all alerts are resolved, resolved b c
    "#]]);
    assert_eq!(world.dispatch.groups().count(), 0);
    assert!(world.dispatch == Default::default() || world.dispatch.next_deadline(world.now).is_none());
}

#[test]
fn what_goes_on_is_repeated_and_between_nothing_happens() {
    let mut world = World::new(FILE);
    world.fires("Slow", "a");
    world.until(3 * 3600);
    world.check(expect![[r#"
        30s all: its first alerts, firing a
        3930s all: it still fires, firing a
        7830s all: it still fires, firing a
    "#]]);
    assert_eq!(world.flushes, 3, "a group without news has no timer");
}

#[test]
fn what_began_long_ago_does_not_wait_and_what_ended_unheard_of_is_not_told() {
    let mut world = World::new(FILE);
    world.until(1000);
    world.fires_since("Old", "a", 100);
    world.fires("Short", "b");
    world.until(1010);
    world.resolves("Short", "b");
    world.until(2000);
    world.check(expect![[r#"
        1000s all: its first alerts, firing a
    "#]]);
    assert_eq!(world.dispatch.groups().count(), 1);
}

#[test]
fn nobody_is_told_of_what_is_silenced_until_it_no_longer_is() {
    let mut world = World::new(FILE);
    let silence = SuppressedBy::Silence(SilenceId(7));
    world.fires_suppressed("Slow", "a", silence);
    world.fires("Slow", "b");
    world.until(400);
    world.suppresses("Slow", "b", silence);
    world.resolves("Slow", "b");
    world.until(1000);
    world.releases("Slow", "a", silence);
    world.until(1300);
    world.check(expect![[r#"
        30s all: its first alerts, firing b
        1230s all: new alerts, firing a
    "#]]);
}

#[test]
fn a_receiver_that_is_down_is_tried_again_and_hears_the_newest() {
    let mut world = World::new(FILE);
    world.answers("the receiver answers 503", false);
    world.fires("Slow", "a");
    world.until(200);
    world.fires("Slow", "b");
    world.until(400);
    world.is_well();
    world.until(500);
    world.check(expect![[r#"
        30s all: its first alerts, firing a
        30s failed, attempt 2 after 2s
        32s failed, attempt 3 after 4s
        36s failed, attempt 4 after 8s
        44s failed, attempt 5 after 16s
        60s failed, attempt 6 after 32s
        92s failed, attempt 7 after 60s
        152s failed, attempt 8 after 60s
        212s failed, attempt 9 after 60s
        272s failed, attempt 10 after 60s
        330s dropped: a newer one takes its place
        330s all: its first alerts, firing a b
        330s failed, attempt 2 after 2s
        332s failed, attempt 3 after 4s
        336s failed, attempt 4 after 8s
        344s failed, attempt 5 after 16s
        360s failed, attempt 6 after 32s
        392s failed, attempt 7 after 60s
    "#]]);
    let told = world.dispatch.groups().next().unwrap().lines[0].told.clone().unwrap();
    assert_eq!((told.firing.len(), told.at), (2, World::at(452)));
}

#[test]
fn what_a_receiver_refuses_for_good_is_tried_anew_at_the_groups_next_time() {
    let mut world = World::new(FILE);
    world.answers("the receiver answers 404", true);
    world.fires("Slow", "a");
    world.until(50);
    world.resolves("Slow", "a");
    world.until(200);
    world.fires("Slow", "b");
    world.until(400);
    world.is_well();
    world.until(1000);
    world.check(expect![[r#"
        30s all: its first alerts, firing a
        30s failed for good: the receiver answers 404
        330s all: its first alerts, firing b, resolved a
        330s failed for good: the receiver answers 404
        630s all: its first alerts, firing b, resolved a
    "#]]);
    let group = world.dispatch.groups().next().unwrap().clone();
    assert_eq!((group.lines[0].error.as_deref(), world.dispatch.members(&group).count()), (None, 1));
}

#[test]
fn hours_without_notifications_hold_everything() {
    let mut world = World::new(
        r#"
route:
  receiver: all
  group_wait: 30s
  routes: [ { matchers: [ 'alertname=~".+"' ], mute_time_intervals: [night] } ]
receivers: [ { name: all, webhook_configs: [ { url: 'http://127.0.0.1:1/' } ] } ]
time_intervals: [ { name: night, time_intervals: [ { times: [ { start_time: '00:00', end_time: '01:00' } ] } ] } ]
"#,
    );
    world.fires("Slow", "a");
    world.fires("Slow", "b");
    world.until(100);
    world.resolves("Slow", "b");
    world.until(4000);
    world.check(expect![[r#"
        30s held until 3600s: muted in night
        3600s all: its first alerts, firing a, resolved b
    "#]]);
}

#[test]
fn other_definitions_tell_nobody_again_what_they_know() {
    let mut world = World::new(FILE);
    world.fires("Slow", "a");
    world.fires("Down", "b");
    world.until(100);
    world.reads(
        "
route:
  receiver: all
  group_by: [alertname]
  group_wait: 10s
  routes:
    - { matchers: [ alertname=Down ], receiver: pager }
    - { matchers: [ alertname=Slow ] }
receivers:
  - { name: all, webhook_configs: [ { url: 'http://127.0.0.1:1/' } ] }
  - { name: pager, webhook_configs: [ { url: 'http://127.0.0.1:2/' } ] }
",
    );
    world.until(400);
    world.resolves("Slow", "a");
    world.until(700);
    world.check(expect![[r#"
        30s all: its first alerts, firing a
        30s all: its first alerts, firing b
        100s pager: its first alerts, firing b
        630s all: all alerts are resolved, resolved a
    "#]]);
}

#[test]
fn without_routes_nobody_is_told_and_nothing_is_kept() {
    let mut world = World::new("");
    world.fires("Slow", "a");
    world.until(1000);
    world.resolves("Slow", "a");
    world.until(2000);
    world.check(expect![[""]]);
    assert_eq!(world.dispatch, Default::default());
}

/// An editor, or what syncs the files, takes it away for a while.
#[test]
fn a_file_that_was_away_tells_nobody_again() {
    let mut world = World::new(FILE);
    world.fires("Slow", "a");
    world.fires("Down", "b");
    world.until(100);
    world.reads("");
    world.fires("Slow", "b");
    world.resolves("Down", "b");
    world.until(200);
    world.reads(FILE);
    world.until(900);
    world.reads("");
    world.until(900 + 5 * 3600);
    world.reads(FILE);
    world.until(19_000);
    world.check(expect![[r#"
        30s all: its first alerts, firing a
        30s all: its first alerts, firing b
        330s all: new alerts, firing a b
        18900s all: its first alerts, firing a b
    "#]]);
}
