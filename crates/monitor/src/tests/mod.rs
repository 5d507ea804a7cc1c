//! One script for each way an alert can go.

mod schedule;
mod watch;
mod world;

use expect_test::expect;
use serde_json::json;

use world::check;

#[test]
fn it_is_pending_fires_after_its_for_and_resolves_when_the_condition_is_false() {
    let rule = json!([{
        "alert": "PoolExhausted", "expr": "pool / size > 0.9", "for": "20s",
        "labels": { "severity": "critical", "team": "{{ $labels.service }}s" },
        "annotations": { "summary": "{{ $value | humanizePercentage }} of {{ $labels.service }} in use" },
    }]);
    check(
        &[rule],
        r#"
        0 size{service="checkout"} 20
        0 pool{service="checkout"} 10
        0 eval
        10 pool{service="checkout"} 19
        10 eval
        20 eval
        30 eval
        40 eval
        50 pool{service="checkout"} 5
        50 eval
        60 eval
        "#,
        expect![[r#"
            10 pending {alertname="PoolExhausted", service="checkout", severity="critical", team="checkouts"} 0.95 (due 30)
            30 fired {alertname="PoolExhausted", service="checkout", severity="critical", team="checkouts"} 0.95: the condition held for 20s since 10, Page of checkout {summary="95% of checkout in use"}
            50 resolved {alertname="PoolExhausted", service="checkout", severity="critical", team="checkouts"}: the condition is false on fresh samples (value 0.25)
        "#]],
    );
}

#[test]
fn it_is_dropped_if_it_never_fired() {
    let rule = json!([{ "alert": "Slow", "expr": "slow > 1", "for": "20s" }]);
    check(
        &[rule],
        r#"
        0 slow{service="checkout"} 2
        0 eval
        10 slow{service="checkout"} 1
        10 eval
        20 slow{service="checkout"} 2
        20 eval
        30 slow{service="checkout"} stale
        30 eval
        40 eval
        "#,
        expect![[r#"
            0 pending {alertname="Slow", service="checkout"} 2 (due 20)
            10 dropped {alertname="Slow", service="checkout"}
            20 pending {alertname="Slow", service="checkout"} 2 (due 40)
            30 dropped {alertname="Slow", service="checkout"}
        "#]],
    );
}

#[test]
fn keep_firing_for_holds_it_and_a_condition_that_comes_back_lets_it_fire_on() {
    let rule = json!([{ "alert": "Slow", "expr": "slow > 1", "keep_firing_for": "30s" }]);
    check(
        &[rule],
        r#"
        0 slow{service="checkout"} 2
        0 eval
        10 slow{service="checkout"} 1
        10 eval
        20 eval
        25 slow{service="checkout"} 3
        25 eval
        30 slow{service="checkout"} 1
        30 eval
        59 eval
        60 eval
        "#,
        expect![[r#"
            0 fired {alertname="Slow", service="checkout"} 2: the condition holds since 0, Ticket of checkout {}
            10 held {alertname="Slow", service="checkout"} (due 40)
            25 found {alertname="Slow", service="checkout"} 3
            30 held {alertname="Slow", service="checkout"} (due 60)
            60 resolved {alertname="Slow", service="checkout"}: the condition is false on fresh samples (value 1)
        "#]],
    );
}

#[test]
fn a_series_that_goes_away_is_lost_until_it_is_seen_again() {
    let rule = json!([{ "alert": "Slow", "expr": "slow > 1", "labels": { "severity": "info" } }]);
    check(
        &[rule],
        r#"
        0 slow{service="checkout"} 2
        0 eval
        10 slow{service="checkout"} stale
        10 eval
        20 eval
        30 slow{service="checkout"} 2
        30 eval
        40 slow{service="checkout"} stale
        40 eval
        50 slow{service="checkout"} 1
        50 eval
        "#,
        expect![[r#"
            0 fired {alertname="Slow", service="checkout", severity="info"} 2: the condition holds since 0, Log of checkout {}
            10 lost {alertname="Slow", service="checkout", severity="info"}: its series is no longer exposed
            30 found {alertname="Slow", service="checkout", severity="info"} 2
            40 lost {alertname="Slow", service="checkout", severity="info"}: its series is no longer exposed
            50 resolved {alertname="Slow", service="checkout", severity="info"}: the condition is false on fresh samples (value 1)
        "#]],
    );
}

#[test]
fn one_that_was_lost_until_its_incident_was_over_fires_anew() {
    let rules = [json!([{ "alert": "Slow", "expr": "slow > 1", "for": "5s" }])];
    check(
        &rules,
        r#"
        0 slow{service="checkout"} 2
        0 eval
        5 eval
        5 joined
        10 slow{service="checkout"} stale
        10 eval
        20 slow{service="checkout"} 2
        20 eval
        30 slow{service="checkout"} stale
        30 eval
        40 closed
        50 eval
        60 slow{service="checkout"} 2
        60 eval
        65 eval
        "#,
        expect![[r#"
            0 pending {alertname="Slow", service="checkout"} 2 (due 5)
            5 fired {alertname="Slow", service="checkout"} 2: the condition held for 5s since 0, Ticket of checkout {}
            10 lost {alertname="Slow", service="checkout"}: its series is no longer exposed
            20 found {alertname="Slow", service="checkout"} 2
            30 lost {alertname="Slow", service="checkout"}: its series is no longer exposed
            60 pending {alertname="Slow", service="checkout"} 2 (due 65)
            65 fired {alertname="Slow", service="checkout"} 2: the condition held for 5s since 60, Ticket of checkout {}
        "#]],
    );
    check(
        &rules,
        r#"
        0 slow{service="checkout"} 2
        0 eval
        5 eval
        5 joined
        10 closed
        20 slow{service="checkout"} stale
        20 eval
        30 slow{service="checkout"} 2
        30 eval
        35 eval
        "#,
        expect![[r#"
            0 pending {alertname="Slow", service="checkout"} 2 (due 5)
            5 fired {alertname="Slow", service="checkout"} 2: the condition held for 5s since 0, Ticket of checkout {}
            20 lost {alertname="Slow", service="checkout"}: its series is no longer exposed
            30 pending {alertname="Slow", service="checkout"} 2 (due 35)
            35 fired {alertname="Slow", service="checkout"} 2: the condition held for 5s since 30, Ticket of checkout {}
        "#]],
    );
}

#[test]
fn a_sum_over_what_is_left_resolves_nothing() {
    let rule = json!([{ "alert": "Errors", "expr": "sum by (service) (errors) > 5" }]);
    check(
        &[rule],
        r#"
        0 errors{service="checkout",instance="checkout/1"} 3
        0 errors{service="checkout",instance="checkout/2"} 3
        0 errors{service="catalog",instance="catalog/1"} 9
        0 eval
        10 silent checkout/2
        11 errors{service="checkout",instance="checkout/2"} stale
        11 eval
        20 errors{service="catalog",instance="catalog/1"} 0
        20 eval
        30 answers checkout/2
        30 errors{service="checkout",instance="checkout/2"} 1
        30 eval
        "#,
        expect![[r#"
            0 fired {alertname="Errors", service="catalog"} 9: the condition holds since 0, Ticket of nobody {}
            0 fired {alertname="Errors", service="checkout"} 6: the condition holds since 0, Ticket of checkout {}
            10 checkout/2 silent: connection refused
            11 lost {alertname="Errors", service="checkout"}: checkout/2 does not answer
            20 resolved {alertname="Errors", service="catalog"}: the condition is false on fresh samples (value 0)
            30 checkout/2 back
            30 resolved {alertname="Errors", service="checkout"}: the condition is false on fresh samples (value 4)
        "#]],
    );
}

#[test]
fn a_target_that_is_no_longer_expected_holds_nothing_up() {
    let rule = json!([{ "alert": "Errors", "expr": "sum by (service) (errors) > 5" }]);
    check(
        &[rule],
        r#"
        0 errors{service="checkout",instance="checkout/1"} 3
        0 errors{service="checkout",instance="checkout/2"} 3
        0 eval
        10 silent checkout/2
        11 errors{service="checkout",instance="checkout/2"} stale
        11 eval
        20 removed checkout/2
        20 eval
        "#,
        expect![[r#"
            0 fired {alertname="Errors", service="checkout"} 6: the condition holds since 0, Ticket of checkout {}
            10 checkout/2 silent: connection refused
            11 lost {alertname="Errors", service="checkout"}: checkout/2 does not answer
            20 resolved {alertname="Errors", service="checkout"}: the condition is false on fresh samples (value 3)
        "#]],
    );
}

#[test]
fn what_is_measured_from_outside_resolves_while_a_target_is_silent() {
    let rule = json!([{ "alert": "FewAnswer", "expr": "sum by (service) (up) < 2" }]);
    check(
        &[rule],
        r#"
        5 silent checkout/1
        6 silent checkout/2
        7 up{service="checkout",instance="checkout/1"} 0
        7 up{service="checkout",instance="checkout/2"} 0
        7 up{service="checkout",instance="checkout/3"} 1
        7 eval
        8 answers checkout/1
        9 up{service="checkout",instance="checkout/1"} 1
        9 up{service="checkout",instance="checkout/2"} 0
        9 eval
        "#,
        expect![[r#"
            5 checkout/1 silent: connection refused
            6 checkout/2 silent: connection refused
            7 fired {alertname="FewAnswer", service="checkout"} 1: the condition holds since 7, Ticket of checkout {}
            8 checkout/1 back
            9 resolved {alertname="FewAnswer", service="checkout"}: the condition is false on fresh samples (value 2)
        "#]],
    );
}

#[test]
fn after_a_restart_nothing_resolves_before_the_samples_are_there() {
    let rule = json!([{ "alert": "Errors", "expr": "sum by (service) (errors) > 5" }]);
    check(
        &[rule],
        r#"
        0 errors{service="checkout",instance="checkout/1"} 9
        0 eval
        400 restart
        401 eval
        402 silent checkout/2
        403 errors{service="checkout",instance="checkout/1"} 1
        403 eval
        404 warm
        404 eval
        405 answers checkout/2
        405 errors{service="checkout",instance="checkout/2"} 1
        405 eval
        "#,
        expect![[r#"
            0 fired {alertname="Errors", service="checkout"} 9: the condition holds since 0, Ticket of checkout {}
            402 checkout/2 silent: connection refused
            404 lost {alertname="Errors", service="checkout"}: checkout/2 does not answer
            405 checkout/2 back
            405 resolved {alertname="Errors", service="checkout"}: the condition is false on fresh samples (value 2)
        "#]],
    );
}

#[test]
fn what_was_looked_for_and_is_absent_fires_and_resolves_when_it_is_there() {
    let rule = json!([{ "alert": "Gone", "expr": "absent(up{service=\"checkout\"})" }]);
    check(
        &[rule],
        r#"
        0 restart
        0 eval
        1 warm
        1 eval
        5 restart
        5 eval
        10 up{service="checkout",instance="checkout/1"} 1
        10 eval
        11 warm
        11 eval
        "#,
        expect![[r#"
            1 fired {alertname="Gone", service="checkout"} 1: the condition holds since 1, Ticket of checkout {}
            11 resolved {alertname="Gone", service="checkout"}: the condition is false on fresh samples
        "#]],
    );
}

#[test]
fn a_rule_that_fails_says_so_once_and_its_alerts_stay() {
    let rule = json!([{ "alert": "Ratio", "expr": "a / on(service) b > 1" }]);
    check(
        &[rule],
        r#"
        0 a{service="checkout"} 4
        0 b{service="checkout",instance="1"} 2
        0 eval
        10 b{service="checkout",instance="2"} 2
        10 eval
        20 eval
        30 b{service="checkout",instance="2"} stale
        30 a{service="checkout"} 1
        30 eval
        "#,
        expect![[r#"
            0 fired {alertname="Ratio", service="checkout"} 2: the condition holds since 0, Ticket of checkout {}
            10 g/Ratio failed: found duplicate series for the match group {service="checkout"} on the right hand-side of the operation: [{__name__="b", instance="2", service="checkout"}, {__name__="b", instance="1", service="checkout"}];many-to-many matching not allowed: matching labels must be unique on one side
            30 g/Ratio recovered
            30 resolved {alertname="Ratio", service="checkout"}: the condition is false on fresh samples (value 0.5)
        "#]],
    );
}

#[test]
fn labels_that_make_two_series_one_are_an_error() {
    let rule = json!([{ "alert": "Slow", "expr": "slow > 1", "labels": { "instance": "" } }]);
    check(
        &[rule],
        r#"
        0 slow{service="checkout",instance="1"} 2
        0 slow{service="checkout",instance="2"} 2
        0 eval
        "#,
        expect![[r#"
            0 g/Slow failed: two series get the same labels {alertname="Slow", service="checkout"}; let the rule's labels leave them apart
        "#]],
    );
}

#[test]
fn an_alert_without_its_rule_is_resolved() {
    let both = json!([
        { "alert": "Slow", "expr": "slow > 1" },
        { "alert": "Slower", "expr": "slow > 1", "for": "1m" },
        { "alert": "Kept", "expr": "slow > 1" },
    ]);
    let kept = json!([{ "alert": "Kept", "expr": "slow > 1" }]);
    check(
        &[both, kept],
        r#"
        0 slow{service="checkout"} 2
        0 eval
        10 reload
        "#,
        expect![[r#"
            0 fired {alertname="Slow", service="checkout"} 2: the condition holds since 0, Ticket of checkout {}
            0 pending {alertname="Slower", service="checkout"} 2 (due 60)
            0 fired {alertname="Kept", service="checkout"} 2: the condition holds since 0, Ticket of checkout {} (due 60)
            10 resolved {alertname="Slow", service="checkout"}: its rule was removed (due 60)
            10 dropped {alertname="Slower", service="checkout"}
        "#]],
    );
}
