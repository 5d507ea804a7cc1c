//! One table for each decision about changes.

mod world;

use std::time::Duration;

use andon_vocabulary::*;
use expect_test::expect;

use crate::State;
use world::*;

#[test]
fn a_deploy_is_intended_carried_and_forgotten_by_nobody() {
    check(
        vec![runs(0, "v41", None), deploy(1, "checkout", "v42"), done(4, 1), done(5, 1)],
        expect![[r#"
            0s checkout runs v41
            1s CHG-1 deploy:checkout@v42 by ana: run checkout v42 instead of v41 as INT-1
                carry INT-1, due 71s
            4s CHG-1 carried: Done { detail: "3/3" }
        "#]],
    );
}

#[test]
fn a_command_that_cannot_be_is_refused_with_a_hint() {
    check(
        vec![
            deploy(0, "checkout", "v42"),
            runs(1, "v41", None),
            deploy(2, "checkout", "v41"),
            deploy(3, "shop", "v1"),
            deploy(4, "db", "v1"),
            deploy(5, "checkout", "v 1"),
            roll_back(6),
            fault(7, "flood", true),
            fault(8, "burn", false),
            deploy(9, "checkout", "v42"),
            deploy(10, "checkout", "v43"),
        ],
        expect![[r#"
            0s Conflict: the platform has not said yet what checkout runs; try again in a moment
            1s checkout runs v41
            2s Conflict: checkout already runs v41; to start it again, restart it; to run another version, name that
            3s NotFound: there is no service "shop"; the services are: catalog, checkout, db, mail
            4s Conflict: db has no platform, so Andon does not run it; give the service a `platform`, or record a change that something else made
            5s Invalid: "v 1" is not a version; write 1 to 128 visible ASCII characters, without spaces
            6s Conflict: checkout has run no version before v41; deploy the version that you want by its name
            7s NotFound: checkout declares no fault flood; it has: burn, leak
            8s Conflict: fault burn of checkout has a body of its own, which says only how it is switched on; leave `body` out: then {"on":true} and {"on":false} are sent
            9s CHG-1 deploy:checkout@v42 by ana: run checkout v42 instead of v41 as INT-1
                carry INT-1, due 79s
            10s Conflict: CHG-1 (deploy:checkout@v42) is still under way; wait until it is known how it ended
        "#]],
    );
}

#[test]
fn a_fault_is_switched_as_declared() {
    check(
        vec![fault(0, "leak", true), done(1, 1), fault(2, "leak", false), done(3, 2), fault(4, "burn", true)],
        expect![[r#"
            0s CHG-1 fault:checkout/leak=on by ana: switch fault leak of checkout on as INT-1
                carry INT-1, due 70s
            1s CHG-1 carried: Done { detail: "3/3" }
            2s CHG-2 fault:checkout/leak=off by ana: switch fault leak of checkout off as INT-2
                carry INT-2, due 72s
            3s CHG-2 carried: Done { detail: "3/3" }
            4s CHG-3 fault:checkout/burn=on by ana: switch fault burn of checkout on as INT-3
                carry INT-3, due 74s
        "#]],
    );
}

#[test]
fn what_happened_before_a_restart_is_looked_up_and_not_repeated() {
    let happened = Outcome::LookedUp(Answer::Happened { evidence: "v41 3/3".to_owned() });
    check(
        vec![
            runs(0, "v42", Some("v41")),
            roll_back(1),
            started(3),
            tick(70),
            tick(71),
            started(200),
            outcome(201, 2, happened.clone()),
            tick(202),
            outcome(203, 3, happened.clone()),
            outcome(204, 3, happened),
        ],
        expect![[r#"
            0s checkout runs v42
            1s CHG-1 rollback:checkout@v41 by ana: run checkout v41 instead of v42 as INT-1
                carry INT-1, due 71s
            3s CHG-1 unknown: Andon stopped before it heard the answer
                due 71s
                due 71s
            71s CHG-1 looked up as INT-2
                look up INT-2, due 131s
            200s CHG-1 unknown: Andon stopped before it heard the answer
                due 200s
                due 200s
            202s CHG-1 looked up as INT-3
                look up INT-3, due 262s
            203s CHG-1 looked up: Happened { evidence: "v41 3/3" }
        "#]],
    );
}

#[test]
fn a_late_answer_is_evidence() {
    check(
        vec![runs(0, "v41", None), deploy(1, "checkout", "v42"), tick(71), tick(72), done(73, 1)],
        expect![[r#"
            0s checkout runs v41
            1s CHG-1 deploy:checkout@v42 by ana: run checkout v42 instead of v41 as INT-1
                carry INT-1, due 71s
            71s CHG-1 unknown: no answer came in time
                due 71s
            72s CHG-1 looked up as INT-2
                look up INT-2, due 132s
            73s CHG-1 carried: Done { detail: "3/3" }
        "#]],
    );
}

#[test]
fn a_look_up_that_nobody_answers_leaves_it_to_a_person() {
    let why = || "the connection broke".to_owned();
    check(
        vec![
            runs(0, "v41", None),
            deploy(1, "checkout", "v42"),
            carried(2, 1, OrderResult::Unknown { why: why() }),
            tick(71),
            tick(131),
            deploy(132, "checkout", "v42"),
        ],
        expect![[r#"
            0s checkout runs v41
            1s CHG-1 deploy:checkout@v42 by ana: run checkout v42 instead of v41 as INT-1
                carry INT-1, due 71s
            2s CHG-1 unknown: the connection broke
                due 71s
            71s CHG-1 looked up as INT-2
                look up INT-2, due 131s
            131s CHG-1 looked up: CannotTell { why: "no answer came in time" }
            132s CHG-2 deploy:checkout@v42 by ana: run checkout v42 instead of v41 as INT-3
                carry INT-3, due 202s
        "#]],
    );
}

#[test]
fn a_halt_stops_looking_up_but_no_person() {
    check(
        vec![
            runs(0, "v42", Some("v41")),
            fault(1, "leak", true),
            started(2),
            halt(3),
            tick(80),
            release(90),
            tick(91),
            outcome(92, 2, Outcome::LookedUp(Answer::DidNotHappen { evidence: "off".to_owned() })),
            halt(93),
            roll_back(94),
        ],
        expect![[r#"
            0s checkout runs v42
            1s CHG-1 fault:checkout/leak=on by ana: switch fault leak of checkout on as INT-1
                carry INT-1, due 71s
            2s CHG-1 unknown: Andon stopped before it heard the answer
                due 71s
                due 71s
            91s CHG-1 looked up as INT-2
                look up INT-2, due 151s
            92s CHG-1 looked up: DidNotHappen { evidence: "off" }
            94s CHG-2 rollback:checkout@v41 by ana: run checkout v41 instead of v42 as INT-3
                carry INT-3, due 164s
        "#]],
    );
}

#[test]
fn an_incident_suspects_what_changed_before_its_condition_held() {
    check(
        vec![
            record(0, "checkout"),
            record(1000, "db"),
            record(2000, "mail"),
            record(3000, "catalog"),
            runs(3500, "v2", None),
            deploy(3600, "checkout", "v3"),
            done(3601, 1),
            record(3700, "checkout"),
            fired(3800, 3650),
            opened(3800, false),
            joined(3800),
            joined(3801),
        ],
        expect![[r#"
            0s CHG-1 deploy:checkout@v2 recorded by ana
            1000s CHG-2 deploy:db@v2 recorded by ana
            2000s CHG-3 deploy:mail@v2 recorded by ana
            3000s CHG-4 deploy:catalog@v2 recorded by ana
            3500s checkout runs v2
            3600s CHG-5 deploy:checkout@v3 by ana: run checkout v3 instead of v2 as INT-1
                carry INT-1, due 3670s
            3601s CHG-5 carried: Done { detail: "3/3" }
            3700s CHG-6 deploy:checkout@v2 recorded by ana
            3800s INC-1 suspects CHG-5: changed 50s before
            3800s INC-1 suspects CHG-4: catalog, a dependency, changed 10m50s before
            3800s INC-1 suspects CHG-2: db, a dependency, changed 44m10s before
        "#]],
    );
}

#[test]
fn the_roll_back_that_answered_an_incident_is_no_suspect_when_it_reopens() {
    check(
        vec![
            runs(0, "v42", Some("v41")),
            record(1, "checkout"),
            opened(10, true),
            roll_back(20),
            done(21, 1),
            record(30, "db"),
            fired(40, 40),
            reopened(40),
        ],
        expect![[r#"
            0s checkout runs v42
            1s CHG-1 deploy:checkout@v2 recorded by ana
            10s INC-1 suspects CHG-1: changed 9s before
            20s CHG-2 rollback:checkout@v41 by ana: run checkout v41 instead of v42 as INT-1
                carry INT-1, due 90s
            21s CHG-2 carried: Done { detail: "3/3" }
            30s CHG-3 deploy:db@v2 recorded by ana
            40s INC-1 suspects CHG-3: db, a dependency, changed 10s before
        "#]],
    );
}

#[test]
fn settled_changes_leave_the_state() {
    let mut state = State::default();
    let catalog = catalog();
    for number in 1..=300 {
        let event = ChangeEvent::ChangeRecorded {
            change: ChangeId(number),
            what: What::Fault { service: "checkout".into(), fault: "leak".into(), on: true },
            who: who(),
        };
        state.apply(&event.into(), Timestamp::EPOCH, &catalog);
    }
    assert_eq!(state.changes.len(), 200);
    let after_a_day = Timestamp::EPOCH + Duration::from_secs(24 * 60 * 60 + 1);
    let event = ChangeEvent::ChangeRecorded {
        change: ChangeId(301),
        what: What::Deploy { service: "checkout".into(), version: "v2".into(), from: None },
        who: who(),
    };
    state.apply(&event.into(), after_a_day, &catalog);
    assert_eq!(state.changes.keys().collect::<Vec<_>>(), [&ChangeId(301)]);
}

#[test]
fn nobody_deploys_beside_a_step_that_changes_the_service() {
    check(
        vec![
            runs(0, "v41", Some("v40")),
            restarts(1, 1),
            deploy(2, "checkout", "v42"),
            roll_back(3),
            fault(4, "leak", true),
            done(5, 1),
            restarted(6, 1),
            deploy(7, "checkout", "v42"),
            done(8, 2),
            restarts(10, 2),
            aborted(11, 2),
            deploy(12, "checkout", "v43"),
            deploy(80, "checkout", "v43"),
        ],
        expect![[r#"
            0s checkout runs v41
            2s Conflict: step restart of RUN-1 is changing checkout; wait until it is known how it ended, or stop the run: andon abort RUN-1
            3s Conflict: step restart of RUN-1 is changing checkout; wait until it is known how it ended, or stop the run: andon abort RUN-1
            4s CHG-1 fault:checkout/leak=on by ana: switch fault leak of checkout on as INT-1
                carry INT-1, due 74s
            5s CHG-1 carried: Done { detail: "3/3" }
            7s CHG-2 deploy:checkout@v42 by ana: run checkout v42 instead of v41 as INT-2
                carry INT-2, due 77s
            8s CHG-2 carried: Done { detail: "3/3" }
            12s Conflict: step restart of RUN-2, which has ended, may still be changing checkout; that is over at 1970-01-01T00:01:20Z
            80s CHG-3 deploy:checkout@v43 by ana: run checkout v43 instead of v41 as INT-3
                carry INT-3, due 150s
        "#]],
    );
}
