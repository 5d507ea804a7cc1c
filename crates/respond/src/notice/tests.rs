//! Attempts, other channels, rates and what providers say later, without a world.

use andon_definitions::{SourceFile, load};
use andon_vocabulary::{NoticeNext, RespondEvent as E};

use super::failure::pause;
use super::*;

const OPS: &str = "apiVersion: andon/v1
kind: Instance
metadata: { name: shop }
spec:
  default_team: team:shop
  answers: { url: 'https://andon.example.org', secret: s }
  channels:
    web: { web: {} }
    sms: { sms: { account: AC1, token: t, from: '+15550100' }, rate: { max: 1, per: 10s } }
    pager: { pagerduty: { routing_key: k } }
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: Europe/Madrid, contact: [ { channel: sms, to: secret:env/A }, { channel: sms, to: secret:env/B }, { channel: web } ] }
    ben: { timezone: Europe/Madrid, contact: [ { channel: sms, to: secret:env/C } ] }
  escalation: [ { page: ana } ]
";

fn catalog(text: &str) -> Catalog {
    let (catalog, findings) = load(&[SourceFile { path: "ops.yaml".to_owned(), text: text.to_owned() }]);
    assert!(findings.is_empty(), "{findings:?}");
    catalog
}

struct World {
    text: String,
    catalog: Catalog,
    notices: Notices,
    now: Timestamp,
    next: u64,
}

impl World {
    fn new() -> World {
        let (text, notices, now) = (OPS.to_owned(), Notices::default(), Timestamp::from_ms(1_000_000));
        World { catalog: catalog(&text), text, notices, now, next: 1 }
    }

    /// Other definitions, from now on.
    fn ops(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "{}", self.text);
        self.text = self.text.replace(from, to);
        self.catalog = catalog(&self.text);
    }

    fn cx(&self) -> Context<'_> {
        Context {
            catalog: &self.catalog,
            duty: andon_definitions::Duty::of_files(),
            now: self.now,
            halted: false,
            next_intent: self.next,
        }
    }

    fn apply(&mut self, events: Vec<Event>) -> Vec<RespondEvent> {
        let mut said = Vec::new();
        for event in events {
            let Event::Respond(event) = event else { panic!("{event:?}") };
            if let E::NoticeOwed { intent, .. } = &event {
                self.next = intent.0 + 1;
            }
            self.notices.apply(&event, self.now, &self.catalog);
            said.push(event);
        }
        said
    }

    fn tell(&mut self, person: &str, kind: NoticeKind) -> IntentId {
        let draft = Draft {
            kind,
            incident: Some(IncidentId(1)),
            run: None,
            subject: "s".to_owned(),
            body: "b".to_owned(),
            why: PageReason::IncidentOpened,
        };
        let owed = owe(&draft, &person.into(), 0, self.next, &self.cx());
        let intent = IntentId(self.next);
        self.apply(owed.into_iter().collect());
        intent
    }

    fn say(&mut self, input: Input) -> Vec<RespondEvent> {
        let events = self.notices.decide(&input, &self.cx());
        self.apply(events)
    }

    fn fail(
        &mut self,
        intent: IntentId,
        attempt: u32,
        lasting: bool,
        retry_after_s: Option<u64>,
    ) -> NoticeNext {
        self.fails(intent, attempt, lasting, retry_after_s).0
    }

    /// And whether the escalation hears that nobody is left to reach.
    fn fails(
        &mut self,
        intent: IntentId,
        attempt: u32,
        lasting: bool,
        retry_after_s: Option<u64>,
    ) -> (NoticeNext, bool) {
        let error = "no".to_owned();
        let outcome = Outcome::NotDelivered { error, lasting, retry_after_s };
        let said = self.say(Input::Outcome { intent, attempt, outcome });
        let E::NoticeFailed { next, unreached, .. } = &said[0] else { panic!("{said:?}") };
        (next.clone(), *unreached)
    }

    fn back(
        &self,
        channel: &str,
        intent: u64,
        attempt: u32,
        after_s: u64,
        back_at: Option<u64>,
    ) -> NoticeNext {
        let after = |seconds| self.now + Duration::from_secs(seconds);
        NoticeNext::EarlierChannel {
            channel: channel.into(),
            intent: IntentId(intent),
            at: after(after_s),
            attempt,
            back_at: back_at.map(after),
        }
    }

    fn report(&mut self, intent: IntentId, fate: Fate) -> Vec<RespondEvent> {
        self.say(Input::Reported(Reported { intent, channel: "sms".into(), fate }))
    }

    fn owed(&self, after_s: u64) -> Vec<u64> {
        self.notices.owed(self.now + Duration::from_secs(after_s)).map(|owed| owed.intent.0).collect()
    }
}

#[test]
fn what_is_too_much_for_a_channel_waits_and_pages_go_first() {
    let mut world = World::new();
    for kind in [NoticeKind::Tell, NoticeKind::Tell, NoticeKind::Tell, NoticeKind::Page] {
        world.tell("ben", kind);
    }
    assert_eq!(world.owed(0), [1]);
    assert_eq!(world.owed(10), [1, 4], "the page takes the place of what only informs");
    assert_eq!(world.owed(20), [1, 3, 4]);
    assert_eq!(world.owed(30), [1, 2, 3, 4], "nothing is lost");
    assert_eq!(world.notices.next_deadline(world.now), Some(world.now + Duration::from_secs(10)));
    // A place that nobody needs any more is free again.
    let acknowledged =
        E::NoticeDropped { intent: IntentId(4), incident: None, person: "ben".into(), why: String::new() };
    world.apply(vec![acknowledged.into()]);
    assert_eq!(world.owed(10), [1, 3], "and whoever waited longest takes it");
    let again = world.tell("ben", NoticeKind::Page);
    assert_eq!(world.owed(10), [1, again.0], "unless somebody must answer");
    assert_eq!(world.owed(30), [1, 2, 3, again.0]);
}

#[test]
fn nobody_waits_for_a_place_that_is_free() {
    let mut world = World::new();
    let [first, second, third, last] = [(); 4].map(|()| world.tell("ben", NoticeKind::Page));
    let next = world.fail(first, 1, false, Some(100));
    assert!(matches!(next, NoticeNext::Retry { .. }));
    for intent in [second, third] {
        let over = E::NoticeDropped { intent, incident: None, person: "ben".into(), why: String::new() };
        world.apply(vec![over.into()]);
    }
    assert_eq!(world.owed(9), [] as [u64; 0], "the one that left has its place");
    assert_eq!(world.owed(10), [last.0]);
    assert_eq!(world.owed(99), [last.0], "before its pause is over nobody moves up");
}

#[test]
fn who_has_another_contact_by_now_is_told_there() {
    let mut world = World::new();
    let intent = world.tell("ben", NoticeKind::Page);
    world.ops("channel: sms, to: secret:env/C", "channel: web");
    let follows = |intent: IntentId| Some(IntentId(intent.0 + 1));
    let next = world.fail(intent, 1, false, None);
    let NoticeNext::NextChannel { channel, follows: after, .. } = next else { panic!("{next:?}") };
    assert_eq!((&*channel, after), ("web", follows(intent)), "at once: the telephone is theirs no more");
    // Each of several failed, the last for good, and the telephone is not gone back to.
    let (next, unreached) = world.fails(IntentId(intent.0 + 1), 1, true, None);
    assert_eq!((next, unreached), (NoticeNext::GiveUp, true));
    // What has failed everywhere goes to what is new, first of all.
    let intent = world.tell("ben", NoticeKind::Page);
    let mut unreached = Vec::new();
    for attempt in 1..=4 {
        unreached.push(world.fails(intent, attempt, false, None).1);
    }
    assert_eq!(unreached, [false, false, true, false]);
    world.ops("channel: web } ] }\n  esc", "channel: sms, to: secret:env/D }, { channel: web } ] }\n  esc");
    let (next, unreached) = world.fails(intent, 5, false, None);
    let NoticeNext::NextChannel { channel, follows: after, .. } = next else { panic!("{next:?}") };
    assert_eq!((&*channel, after, unreached), ("sms", follows(intent), false));
}

#[test]
fn a_provider_that_says_when_is_asked_then_or_left_for_another() {
    let mut world = World::new();
    let intent = world.tell("ben", NoticeKind::Page);
    let wait = |world: &World, next: NoticeNext| match next {
        NoticeNext::Retry { at, .. } => at.since(world.now).as_secs_f64(),
        other => panic!("{other:?}"),
    };
    let next = world.fail(intent, 1, false, None);
    assert!((1.8..=2.2).contains(&wait(&world, next)));
    let next = world.fail(intent, 2, false, Some(17));
    assert!((wait(&world, next) - 17.0).abs() < 0.001);
    let next = world.fail(intent, 3, false, Some(86_400));
    assert!((wait(&world, next) - 600.0).abs() < 0.001, "nobody is paged tomorrow");
    let intent = world.tell("ana", NoticeKind::Page);
    let next = world.fail(intent, 1, false, Some(120));
    let (follows, back_at) = (|after| Some(IntentId(intent.0 + after)), world.now + Duration::from_secs(120));
    let other =
        NoticeNext::NextChannel { channel: "sms".into(), follows: follows(1), back_at: Some(back_at) };
    assert_eq!(next, other, "her other telephone");
    let next = world.fail(IntentId(intent.0 + 1), 1, true, None);
    let web = NoticeNext::NextChannel { channel: "web".into(), follows: follows(2), back_at: None };
    assert_eq!(next, web);
}

#[test]
fn pauses_differ_by_a_tenth_and_are_always_the_same() {
    let pauses: Vec<Duration> = (1..50).map(|n| pause(3, &format!("shop/INT-{n}"))).collect();
    let within = Duration::from_millis(3600)..=Duration::from_millis(4400);
    assert!(pauses.iter().all(|pause| within.contains(pause)), "{pauses:?}");
    assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    assert_eq!(pause(3, "shop/INT-1"), pauses[0]);
}

#[test]
fn what_a_provider_took_and_could_not_deliver_goes_on_through_the_next_channel() {
    let mut world = World::new();
    let intent = world.tell("ana", NoticeKind::Page);
    let took = Outcome::Delivered { receipt: "201 Created".to_owned() };
    world.say(Input::Outcome { intent, attempt: 1, outcome: took });
    assert!(world.notices.owed.is_empty());
    let failed = || Fate::Failed { error: "undelivered".to_owned() };
    let said = world.report(intent, failed());
    assert!(matches!(&said[0], E::NoticeFailed { error, next: NoticeNext::NextChannel { .. }, .. }
            if error == "it was taken, and then: undelivered"));
    assert!(matches!(said[1], E::NoticeOwed { .. }));
    assert!(world.report(intent, failed()).is_empty(), "it is said once");
    assert!(world.report(IntentId(99), failed()).is_empty());
    // A report may overtake the answer to the request.
    let second = IntentId(intent.0 + 1);
    let said = world.report(second, Fate::Arrived { receipt: "delivered".to_owned() });
    assert!(matches!(said.as_slice(), [E::NoticeSent { .. }, E::NoticeArrived { .. }]), "{said:?}");
}

#[test]
fn what_was_on_its_way_at_a_restart_may_have_arrived_and_what_waited_has_not() {
    let mut world = World::new();
    let (left, waits) = (world.tell("ben", NoticeKind::Page), world.tell("ben", NoticeKind::Page));
    assert!(!world.notices.may_have_left(left));
    world.notices.restarted(world.now);
    assert!(world.notices.may_have_left(left));
    assert!(!world.notices.may_have_left(waits), "its channel has a rate");
    world.fail(left, 1, false, None);
    assert!(!world.notices.may_have_left(left), "the next attempt is this process's own");
}

#[test]
fn once_somebody_has_answered_or_it_is_silenced_it_matters_no_more_whether_it_arrived() {
    let incident = IncidentId(1);
    let who = andon_vocabulary::Who::new("ana", andon_vocabulary::Via::Sms);
    let expires = Timestamp::from_ms(2_000_000);
    for over in [E::Acknowledged { incident, who, expires }, E::IncidentSuppressed { incident }] {
        let mut world = World::new();
        let intent = world.tell("ana", NoticeKind::Page);
        let outcome = Outcome::Delivered { receipt: String::new() };
        world.say(Input::Outcome { intent, attempt: 1, outcome });
        world.apply(vec![over.clone().into()]);
        let said = world.report(intent, Fate::Failed { error: "undelivered".to_owned() });
        assert!(said.is_empty(), "{over:?}: {said:?}");
    }
}

#[test]
fn what_somebody_must_answer_goes_first_when_it_is_tried_again_too() {
    let mut world = World::new();
    let page = world.tell("ben", NoticeKind::Page);
    for _ in 0..7 {
        world.tell("ben", NoticeKind::Tell);
    }
    world.fail(page, 1, false, None);
    assert_eq!(world.owed(10), [page.0], "seven that only inform wait, each ten seconds");
    assert_eq!(world.owed(20), [1, 3], "the first of them gave its place");
    assert_eq!(world.owed(80), [1, 2, 3, 4, 5, 6, 7, 8], "nothing is lost");
}

#[test]
fn a_page_is_given_up_only_when_every_channel_has_refused_for_good() {
    let mut world = World::new();
    let first = world.tell("ana", NoticeKind::Page);
    let key = world.notices.owed[&first].delivery.key.clone();
    world.fail(first, 1, false, Some(120));
    world.fail(IntentId(2), 1, true, None);
    // The last one refuses; the first one only wanted to be left alone.
    let (next, unreached) = world.fails(IntentId(3), 1, true, None);
    assert_eq!(next, world.back("sms", 1, 2, 120, None));
    assert!(unreached, "the escalation does not wait for it");
    assert_eq!((world.owed(119), world.owed(120)), (vec![], vec![1]));
    assert_eq!(
        world.notices.owed[&first].delivery.key, key,
        "it may have arrived: the receiver drops what it knows"
    );
    assert_eq!(world.fails(first, 2, true, None), (NoticeNext::GiveUp, false));
    assert!(world.notices.owed.is_empty());
}

#[test]
fn channels_that_fail_for_the_moment_are_asked_in_turn_each_with_its_own_pause() {
    let mut world = World::new();
    world.tell("ana", NoticeKind::Page);
    world.fail(IntentId(1), 1, false, Some(120));
    world.fail(IntentId(2), 1, true, None);
    let (next, unreached) = world.fails(IntentId(3), 1, false, Some(60));
    // The web asks for less patience than the telephone.
    assert!(matches!(next, NoticeNext::Retry { attempt: 2, .. }), "{next:?}");
    assert!(unreached);
    let (next, unreached) = world.fails(IntentId(3), 2, false, Some(300));
    assert_eq!((next, unreached), (world.back("sms", 1, 2, 120, Some(300)), false), "it is said once");
    let left: Vec<_> = world.notices.owed[&IntentId(1)].left().map(|(intent, ..)| intent.0).collect();
    assert_eq!(left, [3]);
    world.now = world.now + Duration::from_secs(310);
    let (next, _) = world.fails(IntentId(1), 2, true, None);
    assert_eq!(next, world.back("web", 3, 3, 0, None), "its time has come");
    let took = Outcome::Delivered { receipt: "ok".to_owned() };
    let said = world.say(Input::Outcome { intent: IntentId(3), attempt: 3, outcome: took });
    assert!(matches!(said.as_slice(), [E::NoticeSent { .. }]), "{said:?}");
    assert!(world.notices.owed.is_empty());
}

#[test]
fn what_was_acknowledged_is_gone_back_to_no_more() {
    let mut world = World::new();
    world.tell("ana", NoticeKind::Page);
    world.fail(IntentId(1), 1, false, Some(120));
    let who = andon_vocabulary::Who::new("ben", andon_vocabulary::Via::Sms);
    let acknowledged: Event = E::Acknowledged { incident: IncidentId(1), who, expires: world.now }.into();
    let dropped = world.notices.react(&acknowledged, &world.cx());
    world.apply(dropped);
    assert!(world.notices.owed.is_empty());
    assert_eq!(world.notices.next_deadline(world.now), None);
}

#[test]
fn whoever_is_told_where_they_were_reached_last_is_told_at_the_others_too() {
    let mut world = World::new();
    let draft = Draft {
        kind: NoticeKind::Page,
        incident: Some(IncidentId(1)),
        run: None,
        subject: "s".to_owned(),
        body: "b".to_owned(),
        why: PageReason::IncidentOpened,
    };
    let owed = owe(&draft, &"ana".into(), 2, 1, &world.cx());
    world.apply(owed.into_iter().collect());
    for (intent, channel) in [(1, "sms"), (2, "sms")] {
        let next = world.fail(IntentId(intent), 1, true, None);
        let follows = Some(IntentId(intent + 1));
        assert_eq!(next, NoticeNext::NextChannel { channel: channel.into(), follows, back_at: None });
    }
    assert_eq!(world.fails(IntentId(3), 1, true, None), (NoticeNext::GiveUp, true));
}

#[test]
fn a_later_page_takes_the_place_of_one_that_waits_for_another_attempt() {
    let mut world = World::new();
    let (waits, under_way) = (world.tell("ben", NoticeKind::Page), world.tell("ana", NoticeKind::Page));
    world.fail(waits, 1, false, Some(20));
    let later = |world: &mut World, person| {
        let later = world.tell(person, NoticeKind::Page);
        let delivery = world.notices.owed[&later].delivery.clone();
        let owed = E::NoticeOwed { intent: later, delivery, why: PageReason::Repeated { round: 1 } };
        let dropped = world.notices.react(&owed.into(), &world.cx());
        world.apply(dropped)
    };
    let said = later(&mut world, "ben");
    assert!(matches!(&said[..], [E::NoticeDropped { intent, .. }] if *intent == waits), "{said:?}");
    assert!(later(&mut world, "ana").is_empty(), "the provider's word is awaited");
    assert!(world.notices.owed.contains_key(&under_way));
}

#[test]
fn what_had_left_when_it_ceased_to_matter_is_recorded_as_sent() {
    let mut world = World::new();
    let (under_way, waits) = (world.tell("ben", NoticeKind::Page), world.tell("ben", NoticeKind::Page));
    let suppressed = E::IncidentSuppressed { incident: IncidentId(1) };
    let dropped = world.notices.react(&suppressed.into(), &world.cx());
    assert_eq!(world.apply(dropped).len(), 2);
    let took = |intent| Input::Outcome {
        intent,
        attempt: 1,
        outcome: Outcome::Delivered { receipt: "201 Created".to_owned() },
    };
    let said = world.say(took(under_way));
    assert!(
        matches!(said.as_slice(), [E::NoticeSent { receipt, .. }] if receipt == "201 Created"),
        "{said:?}"
    );
    assert!(world.say(took(under_way)).is_empty(), "it is said once");
    assert!(world.say(took(waits)).is_empty(), "its turn had not come");
    // Nobody waits longer for an answer.
    world.now = world.now + Duration::from_secs(20);
    let late = world.tell("ana", NoticeKind::Page);
    let dropped = world.notices.react(&E::IncidentSuppressed { incident: IncidentId(1) }.into(), &world.cx());
    world.apply(dropped);
    world.now = world.now + Duration::from_secs(300);
    let newer = world.tell("ana", NoticeKind::Page);
    let dropped = world.notices.react(&E::IncidentSuppressed { incident: IncidentId(1) }.into(), &world.cx());
    world.apply(dropped);
    assert!(world.notices.delivery(late).is_none() && world.notices.delivery(newer).is_some());
}
