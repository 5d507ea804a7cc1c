//! One table for each decision about reviews.

mod world;

use andon_vocabulary::*;
use expect_test::expect;

use world::*;

#[test]
fn a_review_is_drafted_from_what_happened() {
    check(
        outage(),
        expect![[r#"
            300s drafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 300s
                suspects {"deploy:checkout@v42": "changed 1m before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
        "#]],
    );
}

#[test]
fn a_run_that_outlives_its_incident_is_in_the_review_at_last() {
    let (mut steps, finished) = (Vec::new(), 180);
    for step in outage() {
        match step {
            Step::Seen(at, event) if at == finished => steps.push((400, event)),
            Step::Seen(at, event) => steps.push((at, event)),
            Step::Told(..) => unreachable!("an outage is made of events"),
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    check(
        steps.into_iter().map(|(at, event)| Step::Seen(at, event)).collect(),
        expect![[r#"
            300s drafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 300s
                suspects {"deploy:checkout@v42": "changed 1m before"}
                runs ["RUN-3 db-pool-exhausted: under way"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
            400s redrafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 300s
                suspects {"deploy:checkout@v42": "changed 1m before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
        "#]],
    );
}

#[test]
fn an_incident_that_comes_back_is_drafted_anew_and_keeps_its_review_while_that_is_open() {
    let mut steps = outage();
    steps.extend([
        reopened(400),
        resolved(500),
        edit(510, 1, "the pool is too small"),
        close(520, link("0a1b2c3")),
        reopened(530),
        resolved(600),
        closed(1200),
        resolved(1201),
    ]);
    check(
        steps,
        expect![[r#"
            300s drafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 300s
                suspects {"deploy:checkout@v42": "changed 1m before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
            500s redrafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 500s
                suspects {"deploy:checkout@v42": "changed 1m before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
            510s REV-1 edited by ana
            520s REV-1 closed: Change { link: "0a1b2c3" }
            600s drafted REV-2 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 600s
                suspects {"deploy:checkout@v42": "changed 1m before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
        "#]],
    );
}

#[test]
fn a_roll_back_by_hand_is_mitigation() {
    let mut steps = vec![opened(10)];
    steps.extend(alert(10, 1, 5));
    let what = What::RollBack { service: "checkout".into(), version: "v41".into(), from: None };
    let intended = ChangeEvent::ChangeIntended { change: ChangeId(2), what, who: ana(), order: order() };
    steps.extend([seen(20, intended), resolved(30)]);
    check(
        steps,
        expect![[r#"
            30s drafted REV-1 of INC-1 on checkout, SEV3
                start 5s, alarm 10s, mitigation 20s, resolved 30s
                suspects {}
                runs [], paged [], alone []
        "#]],
    );
}

#[test]
fn a_review_closes_with_a_change_or_a_waiver_and_not_before_it_is_written() {
    check(
        vec![
            opened(10),
            resolved(20),
            close(30, link("https://git.example/shop/pull/7")),
            edit(31, 1, "  "),
            close(32, link("https://git.example/shop/pull/7")),
            edit(33, 1, "the pool is too small"),
            close(34, link("")),
            close(35, link("done, trust me")),
            close(36, link("https://")),
            close(37, waiver("", days(30))),
            close(38, waiver("the shop closes next month", at(38))),
            close(39, waiver("the shop closes next month", days(181))),
            close(40, waiver("the shop closes next month", days(30))),
            close(41, link("0a1b2c3")),
        ],
        expect![[r#"
            20s drafted REV-1 of INC-1 on checkout, SEV3
                resolved 20s
                suspects {}
                runs [], paged [], alone []
            30s Conflict: REV-1 does not say what made the incident possible; write its contributing conditions, then close it
            31s REV-1 edited by ana
            32s Conflict: REV-1 does not say what made the incident possible; write its contributing conditions, then close it
            33s REV-1 edited by ana
            34s Invalid: "" does not lead to a change; give an http(s) address or the hash of a commit; if nothing changes, waive it
            35s Invalid: "done, trust me" does not lead to a change; give an http(s) address or the hash of a commit; if nothing changes, waive it
            36s Invalid: "https://" does not lead to a change; give an http(s) address or the hash of a commit; if nothing changes, waive it
            37s Invalid: the waiver has no reason; say why nothing is changed because of this incident
            38s Invalid: the waiver would end at 1970-01-01T00:00:38.000Z, which is past; give a time to come, at most 180 days from now
            39s Invalid: the waiver would last until 1970-07-01T00:00:00.000Z; a waiver lasts 180 days at most; then somebody looks again
            40s REV-1 closed: Waiver { reason: "the shop closes next month", until: 1970-01-31T00:00:00.000Z }
            41s NotFound: REV-1 is not an open review; no review is open
        "#]],
    );
}

#[test]
fn an_action_has_a_text_an_owner_who_exists_and_a_date_to_come() {
    check(
        vec![
            action(1, "bound the pool", "ana", days(7)),
            opened(10),
            resolved(20),
            action(30, " ", "ana", days(7)),
            action(31, "bound the pool", "zoe", days(7)),
            action(32, "bound the pool", "ana", at(32)),
            action(33, "bound the pool", "ana", days(7)),
            action(34, "rehearse it", "payments", days(7)),
        ],
        expect![[r#"
            1s NotFound: REV-1 is not an open review; no review is open
            20s drafted REV-1 of INC-1 on checkout, SEV3
                resolved 20s
                suspects {}
                runs [], paged [], alone []
            30s Invalid: the action says nothing; write what will be different when it is done
            31s NotFound: there is nobody called "zoe"; name a person or a team of the definitions
            32s Invalid: the action would be due at 1970-01-01T00:00:32.000Z, which is past; give a date to come
            33s REV-1 asks ana: bound the pool
            34s REV-1 asks payments: rehearse it
        "#]],
    );
}
