//! One table for each decision: events and commands in, what was decided out, as text.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_definitions::{Catalog, Context};
use andon_vocabulary::*;
use expect_test::{Expect, expect};

use crate::State;

/// What happens, and how many seconds after the start.
enum Step {
    Told(u64, Command),
    /// An event of another stage.
    Seen(u64, Event),
}

fn check(steps: Vec<Step>, expected: Expect) {
    let mut catalog = Catalog::default();
    let team = serde_json::json!({ "people": { "ana": { "timezone": "Europe/Madrid", "contact": [{ "channel": "web" }] } } });
    let team = serde_json::from_value(team).expect("a team");
    catalog.teams.insert("payments".to_owned(), team);
    let mut state = State::default();
    let mut lines = String::new();
    for step in steps {
        let (Step::Told(seconds, _) | Step::Seen(seconds, _)) = step;
        let cx = Context { catalog: &catalog, now: at(seconds), halted: false, next_intent: 1 };
        let decided = match step {
            Step::Seen(_, event) => Ok(vec![event]),
            Step::Told(_, command) => state.decide(&told(command), &cx),
        };
        let mut events = match decided {
            Ok(events) => events,
            Err(refusal) => {
                let hint = refusal.hint.unwrap_or_default();
                lines += &format!("{seconds}s {:?}: {}; {hint}\n", refusal.kind, refusal.what);
                continue;
            }
        };
        while !events.is_empty() {
            for event in &events {
                if let Event::Improve(event) = event {
                    lines += &format!("{seconds}s {}\n", line(event));
                }
                state.apply(event, cx.now, &catalog);
            }
            events = events.iter().flat_map(|event| state.react(event, &cx)).collect();
        }
    }
    expected.assert_eq(&lines);
}

fn line(event: &ImproveEvent) -> String {
    match event {
        ImproveEvent::ReviewDrafted(drafted) => format!("drafted {}", facts(drafted)),
        ImproveEvent::ReviewRedrafted(drafted) => format!("redrafted {}", facts(drafted)),
        ImproveEvent::ReviewEdited { review, who, .. } => format!("{review} edited by {}", who.person),
        ImproveEvent::ActionAdded { review, text, owner, .. } => format!("{review} asks {owner}: {text}"),
        ImproveEvent::ReviewClosed { review, closing, .. } => format!("{review} closed: {closing:?}"),
    }
}

fn facts(drafted: &ReviewDrafted) -> String {
    let Times {
        deployment_change,
        configuration_change,
        incident_start,
        alarm,
        engagement,
        mitigation_start,
        resolved,
    } = drafted.times;
    let times = [
        ("deployment", deployment_change),
        ("configuration", configuration_change),
        ("start", incident_start),
        ("alarm", alarm),
        ("engagement", engagement),
        ("mitigation", mitigation_start),
        ("resolved", resolved),
    ];
    let times: Vec<String> =
        times.iter().filter_map(|(name, at)| Some(format!("{name} {}s", (*at)?.as_ms() / 1000))).collect();
    format!(
        "{} of {} on {}, SEV{}\n    {}\n    suspects {:?}\n    runs {:?}, paged {:?}, alone {:?}",
        drafted.review,
        drafted.incident,
        drafted.service,
        drafted.severity,
        times.join(", "),
        drafted.suspects,
        drafted.runs,
        drafted.paged,
        drafted.alone,
    )
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

fn days(days: u64) -> Timestamp {
    at(days * 24 * 60 * 60)
}

fn ana() -> Who {
    Who { person: "ana".into(), via: Via::Page }
}

fn told(command: Command) -> Input {
    Input::Told(Told { who: ana(), key: "k".to_owned(), command })
}

fn seen(at: u64, event: impl Into<Event>) -> Step {
    Step::Seen(at, event.into())
}

fn incident() -> IncidentId {
    IncidentId(1)
}

fn run() -> RunId {
    RunId(3)
}

fn opened(at: u64) -> Step {
    seen(
        at,
        RespondEvent::IncidentOpened {
            incident: incident(),
            service: "checkout".into(),
            team: None,
            title: "checkout waits".to_owned(),
            severity: 3,
            why: SeverityReason::NoHealthyInstance,
            declared_by: None,
        },
    )
}

fn alert(at: u64, alert: u64, since: u64) -> [Step; 2] {
    let fired = MonitorEvent::AlertFired(AlertFired {
        alert: AlertId(alert),
        rule: "shop/Slow".into(),
        labels: Labels::default(),
        annotations: Labels::default(),
        value: Value(1.0),
        service: Some("checkout".into()),
        urgency: Urgency::Page,
        since: self::at(since),
        reason: FiredReason::AtOnce,
    });
    let joined =
        RespondEvent::AlertJoined { incident: incident(), alert: AlertId(alert), name: "Slow".to_owned() };
    [seen(at, fired), seen(at, joined)]
}

fn resolved(at: u64) -> Step {
    let why = IncidentResolvedReason::AlertsResolved;
    seen(at, RespondEvent::IncidentResolved { incident: incident(), why })
}

fn reopened(at: u64) -> Step {
    let alert = AlertId(1);
    seen(at, RespondEvent::IncidentReopened { incident: incident(), alert })
}

fn closed(at: u64) -> Step {
    seen(at, RespondEvent::IncidentClosed { incident: incident() })
}

fn order() -> Box<Order> {
    Box::new(Order {
        intent: IntentId(8),
        run: Some(run()),
        step: "scale".into(),
        action: Action::Scale { service: "checkout".into(), from: 3, to: 5 },
        key: "RUN-3/scale".to_owned(),
        not_after: at(0),
        timeout: Duration::from_secs(1),
        warrant: Warrant::Trusted { runbook: "db-pool-exhausted".into() },
    })
}

fn owed(at: u64, intent: u64, person: &str, kind: NoticeKind) -> Step {
    let delivery = Delivery {
        key: intent.to_string(),
        kind,
        person: person.into(),
        channel: "web".into(),
        to: None,
        incident: Some(incident()),
        run: None,
        subject: String::new(),
        body: String::new(),
        at: self::at(at),
    };
    let why = PageReason::IncidentOpened;
    let intent = IntentId(intent);
    seen(at, RespondEvent::NoticeOwed { intent, delivery, why })
}

fn sent(at: u64, intent: u64, person: &str) -> Step {
    seen(
        at,
        RespondEvent::NoticeSent {
            intent: IntentId(intent),
            incident: Some(incident()),
            person: person.into(),
            channel: "web".into(),
            receipt: "ok".to_owned(),
        },
    )
}

/// The facts of an outage, from the suspect to the end.
fn outage() -> Vec<Step> {
    let acknowledged = RespondEvent::Acknowledged { incident: incident(), who: ana(), expires: at(999) };
    let suspected = ChangeEvent::ChangeSuspected {
        incident: incident(),
        change: ChangeId(1),
        what: What::Deploy { service: "checkout".into(), version: "v42".into(), from: None },
        at: at(40),
        why: SuspectReason::SameService { before: Duration::from_secs(60) },
    };
    let raised = RespondEvent::SeverityChanged {
        incident: incident(),
        from: 3,
        to: 1,
        why: SeverityReason::SeveralTier1Services,
    };
    let run_started = RespondEvent::RunStarted(Box::new(RunStarted {
        run: run(),
        runbook: "db-pool-exhausted".into(),
        hash: String::new(),
        definition: serde_json::Value::Null,
        incident: Some(incident()),
        alert: None,
        requested_by: Requester::Alert("Slow".to_owned()),
        inputs: BTreeMap::new(),
        lock: None,
    }));
    let approved = RespondEvent::Approved {
        run: run(),
        step: "gate".into(),
        who: ana(),
        hash: String::new(),
        alone: Some("nobody else is awake".to_owned()),
    };
    let intended = RespondEvent::StepIntended {
        order: order(),
        attempt: 1,
        purpose: Purpose::Act,
        before: BTreeMap::new(),
    };
    let finished = RespondEvent::RunFinished {
        run: run(),
        incident: Some(incident()),
        runbook: "db-pool-exhausted".into(),
        outcome: RunOutcome::Verified,
        why: String::new(),
    };
    let mut steps = vec![opened(120)];
    steps.extend(alert(120, 1, 100));
    steps.extend([
        seen(120, suspected),
        owed(121, 5, "ana", NoticeKind::Page),
        owed(121, 6, "ben", NoticeKind::Page),
        owed(121, 7, "cem", NoticeKind::Tell),
        sent(122, 5, "ana"),
        sent(123, 7, "cem"),
        seen(130, raised),
        seen(140, acknowledged),
        seen(141, run_started),
        seen(150, approved),
        seen(151, intended),
        seen(180, finished),
    ]);
    steps.extend(alert(190, 2, 110));
    steps.push(resolved(300));
    steps
}

fn edit(at: u64, review: u64, conditions: &str) -> Step {
    Step::Told(
        at,
        Command::EditReview {
            review: ReviewId(review),
            conditions: conditions.to_owned(),
            surprised: String::new(),
            helped: String::new(),
        },
    )
}

fn action(at: u64, text: &str, owner: &str, due: Timestamp) -> Step {
    Step::Told(
        at,
        Command::AddAction { review: ReviewId(1), text: text.to_owned(), owner: owner.into(), due },
    )
}

fn close(at: u64, closing: Closing) -> Step {
    let review = ReviewId(1);
    Step::Told(at, Command::CloseReview { review, closing })
}

fn link(link: &str) -> Closing {
    let link = link.to_owned();
    Closing::Change { link }
}

fn waiver(reason: &str, until: Timestamp) -> Closing {
    let reason = reason.to_owned();
    Closing::Waiver { reason, until }
}

#[test]
fn a_review_is_drafted_from_what_happened() {
    check(
        outage(),
        expect![[r#"
            300s drafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 300s
                suspects {"deploy:checkout@v42": "changed 60s before"}
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
            suspects {"deploy:checkout@v42": "changed 60s before"}
            runs ["RUN-3 db-pool-exhausted: under way"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
        400s redrafted REV-1 of INC-1 on checkout, SEV1
            deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 300s
            suspects {"deploy:checkout@v42": "changed 60s before"}
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
                suspects {"deploy:checkout@v42": "changed 60s before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
            500s redrafted REV-1 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 500s
                suspects {"deploy:checkout@v42": "changed 60s before"}
                runs ["RUN-3 db-pool-exhausted: verified"], paged ["ana"], alone ["ana approved gate of RUN-3 alone: nobody else is awake"]
            510s REV-1 edited by ana
            520s REV-1 closed: Change { link: "0a1b2c3" }
            600s drafted REV-2 of INC-1 on checkout, SEV1
                deployment 40s, start 100s, alarm 120s, engagement 140s, mitigation 151s, resolved 600s
                suspects {"deploy:checkout@v42": "changed 60s before"}
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
