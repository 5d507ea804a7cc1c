//! Time on call that changes hands: who may, what it brings, and whom pages reach then.

use std::time::Duration;

use andon_definitions::{Catalog, SourceFile, load};
use andon_vocabulary::{IncidentId, IntentId, Outcome, PageReason, RefusalKind, Via};

use super::*;
use crate::State;

const FILES: &str = "apiVersion: andon/v1
kind: Instance
metadata: { name: a }
spec: { channels: { web: { web: {} } } }
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
    ben: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
    cid: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
  oncall:
    primary:
      people: [ana, ben]
      every: 1w
      handover: { day: mon, at: '09:00', timezone: Europe/Madrid }
      rest_after_night_page: 8h
  escalation:
    - { page: 'oncall:primary' }
    - { after: 5m, page: { round_robin: [cid, ben] } }
    - { after: 10m, page: team:platform }
    - { after: 40m, repeat: 1 }
---
apiVersion: andon/v1
kind: Team
metadata: { name: platform }
spec:
  people:
    dee: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
    eve: { timezone: Europe/Madrid, contact: [ { channel: web } ] }
  escalation: [ { page: dee }, { after: 5m, page: eve } ]
---
apiVersion: andon/v1
kind: Service
metadata: { name: till }
spec: { owner: team:shop, tier: 1 }
---
apiVersion: andon/v1
kind: Service
metadata: { name: cart }
spec: { owner: team:shop, tier: 1 }
";

struct World {
    catalog: Catalog,
    state: State,
    now: Timestamp,
    next_intent: u64,
    /// Whom a page was owed to, and why.
    paged: Vec<(String, PageReason)>,
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl World {
    /// A Wednesday of ana's week, at noon.
    fn new() -> World {
        World::of(FILES)
    }

    fn of(files: &str) -> World {
        let files = [SourceFile { path: "ops.yaml".to_owned(), text: files.to_owned() }];
        let (catalog, found) = load(&files);
        assert_eq!(found, []);
        let state = State::default();
        let now = at("2026-11-18T12:00:00Z");
        World { catalog, state, now, next_intent: 1, paged: Vec::new() }
    }

    fn give(&mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        let decided = self.state.decide(input, &self.cx())?;
        let first = decided.clone();
        for event in decided {
            self.follow(&event);
        }
        Ok(first)
    }

    fn cx(&self) -> Context<'_> {
        let (catalog, duty) = (&self.catalog, &self.state.duty);
        Context { catalog, duty, now: self.now, halted: false, next_intent: self.next_intent }
    }

    fn follow(&mut self, event: &Event) {
        if let Event::Respond(RespondEvent::NoticeOwed { delivery, why, .. }) = event
            && delivery.kind == NoticeKind::Page
        {
            self.paged.push((delivery.person.to_string(), why.clone()));
        }
        self.next_intent = self.cx().after([event]).next_intent;
        let World { state, catalog, now, .. } = self;
        state.apply(event, *now, catalog);
        for reaction in self.state.react(event, &self.cx()) {
            self.follow(&reaction);
        }
    }

    fn says(&mut self, person: &str, command: Command) -> Result<Vec<Event>, Refusal> {
        let who = Who::new(person, Via::Cli);
        self.give(&Input::Told(Told { who, key: "k".to_owned(), command }))
    }

    fn take(&mut self, person: &str, from: &str, until: &str) -> Result<Vec<Event>, Refusal> {
        let during = Stretch { from: at(from), until: at(until) };
        let (team, rotation, reason) = ("shop".into(), "primary".into(), String::new());
        self.says(person, Command::TakeOver { team, rotation, person: person.into(), during, reason })
    }

    fn swap(
        &mut self,
        by: &str,
        to: &str,
        gives: [&str; 2],
        takes: Option<[&str; 2]>,
    ) -> Result<Vec<Event>, Refusal> {
        let stretch = |[from, until]: [&str; 2]| Stretch { from: at(from), until: at(until) };
        self.says(
            by,
            Command::OfferSwap {
                team: "shop".into(),
                rotation: "primary".into(),
                to: to.into(),
                gives: stretch(gives),
                takes: takes.map(stretch),
                reason: String::new(),
            },
        )
    }

    fn on_call(&self, when: &str) -> String {
        let schedule = self.state.duty.schedule(&self.catalog.teams["shop"], "primary");
        schedule.and_then(|it| it.person(at(when)).map(str::to_owned)).unwrap_or_default()
    }

    fn declare(&mut self, service: &str) {
        let declared = Command::Declare { service: service.into(), title: "nobody can pay".to_owned() };
        self.says("ana", declared).expect("it is declared");
    }

    /// Every page that is owed arrives.
    fn deliver(&mut self) {
        for intent in self.state.notices.owed.keys().copied().collect::<Vec<IntentId>>() {
            let outcome = Outcome::Delivered { receipt: "taken".to_owned() };
            self.give(&Input::Outcome { intent, attempt: 1, outcome }).expect("an outcome is no command");
        }
    }

    fn wait(&mut self, minutes: u64) {
        self.now = self.now + Duration::from_secs(60 * minutes);
        while !self.give(&Input::Tick).expect("a tick is no command").is_empty() {}
    }

    fn paged(&mut self) -> Vec<String> {
        self.paged.drain(..).map(|(person, _)| person).collect()
    }
}

fn refused(result: Result<Vec<Event>, Refusal>) -> (RefusalKind, String) {
    let refusal = result.expect_err("it is refused");
    (refusal.kind, refusal.what)
}

#[test]
fn who_takes_over_is_on_call_and_paged_until_they_give_it_back() {
    let mut world = World::new();
    assert_eq!(world.on_call("2026-11-18T13:00:00Z"), "ana");
    world.take("cid", "2026-11-18T12:00:00Z", "2026-11-19T12:00:00Z").expect("free");
    let told: Vec<String> =
        world.state.notices.owed.values().map(|notice| notice.delivery.person.to_string()).collect();
    assert_eq!(told, ["ana"], "whose turn it was is told; who did it knows");
    assert_eq!(world.on_call("2026-11-18T13:00:00Z"), "cid");
    assert_eq!(world.on_call("2026-11-19T12:00:00Z"), "ana");
    world.declare("till");
    assert_eq!(world.paged(), ["cid"]);

    world.wait(60);
    world.says("ana", Command::GiveBack { taken: OverrideId(1) }).expect("it is cid's");
    assert_eq!(world.on_call("2026-11-18T13:00:00Z"), "ana");
    assert_eq!(world.on_call("2026-11-18T12:30:00Z"), "cid", "what was had stays so");
    assert_eq!(
        refused(world.says("ana", Command::GiveBack { taken: OverrideId(1) })).0,
        RefusalKind::NotFound
    );
}

#[test]
fn what_cannot_be_taken_over_is_refused_in_words() {
    let mut world = World::new();
    let (from, until) = ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z");
    world.take("cid", from, until).expect("free");
    for (result, kind, words) in [
        (
            world.take("ben", "2026-11-21T11:59:00Z", "2026-11-22T00:00:00Z"),
            RefusalKind::Conflict,
            "cid has it",
        ),
        (
            world.take("dee", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
            RefusalKind::NotFound,
            "\"dee\" is not among",
        ),
        (
            world.take("cid", "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z"),
            RefusalKind::Invalid,
            "is over since",
        ),
        (world.take("cid", until, from), RefusalKind::Invalid, "it ends at"),
        (world.take("cid", from, "2028-11-21T12:00:00Z"), RefusalKind::Invalid, "more than a year"),
        (world.take("ana", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"), RefusalKind::Conflict, "anyway"),
    ] {
        let (found, what) = refused(result);
        assert!(found == kind && what.contains(words), "{found:?}: {what}");
    }
    let nowhere = Command::TakeOver {
        team: "shop".into(),
        rotation: "secondary".into(),
        person: "cid".into(),
        during: Stretch { from: at(from), until: at(until) },
        reason: String::new(),
    };
    assert!(refused(world.says("cid", nowhere)).1.contains("no rotation"));
}

#[test]
fn a_swap_is_offered_and_holds_once_the_other_accepts() {
    let mut world = World::new();
    let (gives, takes) =
        (["2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"], ["2026-11-24T12:00:00Z", "2026-11-25T12:00:00Z"]);
    world.swap("ana", "ben", gives, Some(takes)).expect("both have what they give");
    assert_eq!(world.on_call(gives[0]), "ana", "an offer changes nothing");
    let swap = SwapId(1);
    assert_eq!(refused(world.says("ana", Command::AcceptSwap { swap })).0, RefusalKind::Forbidden);
    world.says("ben", Command::AcceptSwap { swap }).expect("it is offered to ben");
    assert_eq!(world.on_call(gives[0]), "ben");
    assert_eq!(world.on_call(takes[0]), "ana");
    assert_eq!(world.on_call(gives[1]), "ana");
    assert_eq!(refused(world.says("ben", Command::AcceptSwap { swap })).0, RefusalKind::NotFound);
}

#[test]
fn a_swap_is_given_back_as_a_whole_or_by_whoever_has_had_their_half() {
    let (gives, takes) =
        (["2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"], ["2026-11-24T12:00:00Z", "2026-11-25T12:00:00Z"]);
    let swapped = || {
        let mut world = World::new();
        world.swap("ana", "ben", gives, Some(takes)).expect("both have what they give");
        world.says("ben", Command::AcceptSwap { swap: SwapId(1) }).expect("it is offered to ben");
        world
    };
    let back = |taken| Command::GiveBack { taken: OverrideId(taken) };
    for taken in [1, 2] {
        let mut world = swapped();
        assert_eq!(world.says("ana", back(taken)).expect("it is to come").len(), 2);
        assert_eq!((&*world.on_call(gives[0]), &*world.on_call(takes[0])), ("ana", "ben"));
        assert!(world.state.duty.swapped.is_empty());
    }
    // Ben has had ana's day: hers in return goes back to him only if he says so.
    let mut world = swapped();
    world.now = at("2026-11-22T12:00:00Z");
    assert!(refused(world.says("ana", back(2))).1.contains("which ben has had"));
    world.says("ben", back(2)).expect("it is his to give");
    assert_eq!(world.on_call(takes[0]), "ben");
}

#[test]
fn what_was_taken_over_of_a_rotation_that_is_gone_is_lost_and_people_hear_of_it() {
    let mut world = World::new();
    let [from, until] = ["2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"];
    world.take("cid", from, until).expect("free");
    world.deliver();
    let renamed =
        World::of(&FILES.replace("    primary:", "    main:").replace("oncall:primary", "oncall:main"));
    let changed = || {
        let (hash, files) = (String::new(), [].into());
        Event::from(andon_vocabulary::InstanceEvent::CatalogChanged { hash, files })
    };
    let before = std::mem::replace(&mut world.catalog, renamed.catalog);
    let told = |world: &World| -> Vec<String> {
        world.state.notices.owed.values().map(|notice| notice.delivery.person.to_string()).collect()
    };
    world.follow(&changed());
    assert!(world.state.duty.lost.contains(&OverrideId(1)));
    assert_eq!(told(&world), ["ana", "cid"], "whoever is paged instead, and whoever would have been");
    world.follow(&changed());
    assert_eq!(told(&world).len(), 2, "once");
    world.catalog = before;
    world.follow(&changed());
    assert!(world.state.duty.lost.is_empty());
    assert_eq!(world.on_call(from), "cid", "it was a slip");
}

#[test]
fn a_swap_can_be_declined_and_what_nobody_has_cannot_be_swapped() {
    let mut world = World::new();
    let gives = ["2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"];
    assert!(refused(world.swap("ben", "ana", gives, None)).1.contains("ben does not have shop/primary"));
    assert!(refused(world.swap("ana", "ana", gives, None)).1.contains("two people"));
    assert!(refused(world.swap("ana", "ben", gives, Some(gives))).1.contains("overlap"));
    world.swap("ana", "ben", gives, None).expect("it is ana's");
    let decline = |swap| Command::DeclineSwap { swap, reason: "I am away".to_owned() };
    assert_eq!(refused(world.says("cid", decline(SwapId(1)))).0, RefusalKind::Forbidden);
    world.says("ben", decline(SwapId(1))).expect("it is offered to ben");
    assert_eq!(world.on_call(gives[0]), "ana");

    // Somebody took it over between the offer and the answer.
    world.swap("ana", "ben", gives, None).expect("it is ana's");
    world.take("cid", gives[0], gives[1]).expect("free");
    assert!(refused(world.says("ben", Command::AcceptSwap { swap: SwapId(2) })).1.contains("does not have"));
    // It has begun.
    world.swap("ana", "ben", ["2026-11-19T12:00:00Z", "2026-11-19T18:00:00Z"], None).expect("it is ana's");
    world.now = at("2026-11-19T13:00:00Z");
    assert!(refused(world.says("ben", Command::AcceptSwap { swap: SwapId(3) })).1.contains("has begun"));
}

#[test]
fn a_step_that_goes_round_spreads_incidents_and_another_teams_policy_follows() {
    let mut world = World::new();
    world.declare("till");
    assert_eq!(world.paged(), ["ana"]);
    world.wait(5);
    assert_eq!(world.paged(), ["cid"]);
    world.declare("cart");
    world.paged();
    world.wait(5);
    // `cart` is five minutes behind: its second step goes to the next.
    assert_eq!(world.paged(), ["dee", "ben"]);
    world.wait(5);
    assert_eq!(world.paged(), ["eve", "dee"], "the steps of platform, each at its own time");
    world.wait(25);
    // The first has gone round; the second has come to its last step.
    assert_eq!(world.paged(), ["ana", "eve"], "then all begins again");
}

#[test]
fn a_team_that_goes_round_pages_one_of_its_people_beside_others_of_a_step_too() {
    let files = FILES
        .replace("page: team:platform }", "page: ['team:platform', cid] }")
        .replace("{ page: dee }, { after: 5m, page: eve }", "{ page: { round_robin: [dee, eve] } }");
    let mut world = World::of(&files);
    for (service, wanted) in [("till", ["dee", "cid"]), ("cart", ["eve", "cid"])] {
        world.declare(service);
        world.wait(5);
        world.paged();
        world.wait(5);
        assert_eq!(world.paged(), wanted);
        let incident = IncidentId(world.state.incidents.last);
        world.says("ana", Command::Acknowledge { incident }).expect("it is open");
    }
    assert_eq!(crate::called::first("platform", &world.cx()), ["dee".into()]);
}

#[test]
fn a_page_at_night_that_shadow_mode_withholds_is_followed_by_rest_until_it_acts() {
    let shadow = FILES.replace("spec: { channels", "spec: { mode: shadow, channels");
    let mut world = World::of(&shadow);
    world.now = at("2026-11-18T02:00:00Z");
    world.declare("till");
    world.now = at("2026-11-18T05:00:00Z");
    world.declare("cart");
    assert_eq!(world.paged(), ["ana", "ben"]);
    world.catalog = World::new().catalog;
    let changed = andon_vocabulary::InstanceEvent::CatalogChanged { hash: String::new(), files: [].into() };
    world.follow(&changed.into());
    assert!(world.state.duty.pages.is_empty(), "nobody was woken");
}

#[test]
fn a_page_at_night_is_followed_by_rest_and_says_so() {
    let mut world = World::new();
    world.now = at("2026-11-18T02:00:00Z");
    world.declare("till");
    assert_eq!(world.paged(), ["ana"]);
    world.deliver();
    world.now = at("2026-11-18T05:00:00Z");
    world.declare("cart");
    let (person, why) = world.paged.last().expect("somebody is paged").clone();
    assert_eq!(person, "ben");
    assert_eq!(
        why.to_string(),
        "an incident opened; ana rests until 2026-11-18T10:00:00Z after a page at night"
    );
    let duty = &world.state.duty;
    assert_eq!(duty.pages.iter().map(|page| page.incident).collect::<Vec<_>>(), [Some(IncidentId(1))]);
}

#[test]
fn load_counts_nights_and_weekends_and_proposes_a_swap() {
    let mut world = World::new();
    let page =
        |at: Timestamp, person: &str| Paged { person: person.into(), at, incident: None, withheld: false };
    for when in ["2026-11-16T22:00:00Z", "2026-11-17T02:00:00Z", "2026-11-18T02:00:00Z"] {
        world.state.duty.pages.push_back(page(at(when), "ana"));
    }
    // Of another step: ben was not on call.
    world.state.duty.pages.push_back(page(at("2026-11-18T03:00:00Z"), "ben"));
    let load = crate::load(&world.state.duty, &world.catalog.teams["shop"], "primary", world.now)
        .expect("it is there");
    let borne: Vec<(&str, u32, u32, u32)> =
        load.people.iter().map(|one| (one.person.as_str(), one.pages, one.at_night, one.weight())).collect();
    assert_eq!(borne, [("ana", 3, 3, 9), ("ben", 0, 0, 0)]);
    let proposal = load.proposal.expect("it is uneven");
    assert_eq!((proposal.by.as_str(), proposal.to.as_str()), ("ana", "ben"));
    assert_eq!(proposal.gives.from, at("2026-11-30T08:00:00Z"));
    assert_eq!(proposal.takes.expect("ben's next").from, at("2026-12-07T08:00:00Z"));
    assert!(proposal.why.contains("ana had 3 pages, 3 at night"), "{}", proposal.why);
}

#[test]
fn a_calendar_that_fails_keeps_what_it_said() {
    let mut world = World::new();
    let read = |says| Input::Calendar(CalendarRead { team: "shop".into(), rotation: "primary".into(), says });
    let failed = || CalendarSays::Failed { error: "no answer".to_owned() };
    assert_eq!(world.give(&read(failed())).expect("no command"), [], "the rotation reads no calendar");
    let rotation = world.catalog.teams.get_mut("shop").and_then(|team| team.oncall.get_mut("primary"));
    rotation.expect("it is there").ical = Some(andon_definitions::team::Subscription {
        url: andon_definitions::scalar::Sensitive("https://calendar.example/a.ics".to_owned()),
        every: andon_definitions::Period::minutes(60),
        names: std::collections::BTreeMap::new(),
    });
    let during = Stretch { from: at("2026-11-18T00:00:00Z"), until: at("2026-11-20T00:00:00Z") };
    let shifts = vec![andon_vocabulary::CalendarShift { person: "cid".into(), during }];
    let says = || CalendarSays::Shifts { known: during, shifts: shifts.clone() };
    assert_eq!(world.give(&read(says())).expect("no command").len(), 1);
    assert_eq!(world.give(&read(says())).expect("no command"), [], "nothing new");
    assert_eq!(world.on_call("2026-11-18T12:00:00Z"), "cid");
    assert_eq!(world.give(&read(failed())).expect("no command").len(), 1);
    assert_eq!(world.give(&read(failed())).expect("no command"), [], "it is known");
    assert_eq!(world.on_call("2026-11-18T12:00:00Z"), "cid", "what it said stays");
    assert!(world.state.duty.calendar("shop", "primary").is_some_and(|kept| kept.failing.is_some()));
    assert_eq!(world.give(&read(says())).expect("no command").len(), 1, "it can be read again");
}
