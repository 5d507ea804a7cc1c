//! A scenario played: the same loop as in production, driven in simulated time against a world that reacts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_cycle::{Observer, State};
use andon_definitions::scenario::{Disk, Reply, Scenario, Start, What, When};
use andon_definitions::{Catalog, SourceFile};
use andon_journal::{AppendError, Entry, Fault, Journal, MemoryJournal, Seq, Term};
use andon_vocabulary::{
    Answer, CatalogTexts, Command, Delivery, Effect, Event, Input, IntentId, LookUp, Name, Order,
    OrderResult, Outcome, Owed, Record, RespondEvent, SourceSeen, Started, Timestamp, Told, Via, Who,
};

use crate::agenda::Agenda;
use crate::people::{self, Cause, Deed};
use crate::platform::{self, Platform};
use crate::seed::Seed;
use crate::series::SeriesWorld;

/// How long a provider takes to accept a message in the model.
const DELIVERY_TAKES: Duration = Duration::from_millis(200);
/// How long a target takes to answer whether something happened.
const LOOKUP_TAKES: Duration = Duration::from_millis(500);
/// Between two attempts to serve a timer that is overdue.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// A scenario that has not settled after so many turns never will.
const TURNS_MAX: u64 = 2_000_000;

/// One thing seen during the play.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub at: Timestamp,
    /// The same moment by Andon's own clock.
    pub by_andon: Timestamp,
    pub what: SeenWhat,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SeenWhat {
    Event(Event),
    /// An order left for the hands.
    Sent(Order),
    /// A message left for a provider.
    Tried(Delivery),
    Crashed,
    Back,
}

/// When Andon dies by itself: the swarm's part, beside the crashes that a scenario scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashPlan {
    /// Before or after the commit of this many-th append.
    pub at_append: u64,
    pub committed: bool,
    pub back_after: Duration,
}

/// A fault put into the driver on purpose, to see that a checker catches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    #[default]
    None,
    /// Effects leave before their record is durable.
    EffectBeforeCommit,
    /// What was sent already is forgotten.
    ForgetWhatWasSent,
    /// An acknowledged record is gone after a restart.
    LoseTheTail,
    /// Nobody looks at the clock before sending.
    SendLate,
}

enum Happening {
    Sample,
    World(usize, Cause),
    Outcome {
        life: u64,
        intent: IntentId,
        attempt: u32,
        outcome: Outcome,
    },
    /// Andon goes on after a stall between the commit and the dispatch.
    Dispatch {
        life: u64,
        order: Order,
        attempt: u32,
    },
    /// The platform finishes what it was asked; Andon may or may not be there to hear it.
    Carried {
        life: u64,
        order: Order,
        attempt: u32,
    },
    Platform(andon_vocabulary::PlatformStatus),
    Heal(Name),
    Back,
}

pub struct Play<'a> {
    scenario: &'a Scenario,
    catalog: &'a Catalog,
    pub state: State,
    observer: Observer,
    pub journal: MemoryJournal,
    term: Term,
    agenda: Agenda<Happening>,
    world: SeriesWorld,
    platform: Platform,
    pub now: Timestamp,
    /// How far Andon's clock is off.
    skew_ms: i64,
    /// When this Andon began to remember samples.
    remembers_since: Timestamp,
    /// Counts Andon's lives: an answer to an earlier one is heard by nobody.
    life: u64,
    down: bool,
    disk_full: bool,
    dispatched: BTreeSet<(IntentId, u32, &'static str)>,
    deliveries: BTreeMap<IntentId, Delivery>,
    lost: BTreeMap<Name, f64>,
    crashed_once: BTreeSet<usize>,
    seed: Seed,
    pub crashes: Vec<CrashPlan>,
    /// How likely an outcome is heard twice.
    pub duplicates: f64,
    /// How likely Andon stalls, for up to half a minute, between an order's commit and its dispatch.
    pub stalls: f64,
    pub sabotage: Sabotage,
    appends: u64,
    turns: u64,
    pub seen: Vec<Seen>,
    /// What the scenario does not say and would have to: it fails by that.
    pub unscripted: Vec<String>,
}

impl<'a> Play<'a> {
    pub fn new(scenario: &'a Scenario, catalog: &'a Catalog, files: &[SourceFile], seed: u64) -> Play<'a> {
        let start = scenario.at.timestamp().expect("checked at load");
        let mut journal = MemoryJournal::new();
        let term = journal.acquire("rehearsal").expect("a new journal has no other writer");
        let state = State::default();
        let mut play = Play {
            scenario,
            catalog,
            observer: Observer::new(&state, start),
            state,
            journal,
            term,
            agenda: Agenda::default(),
            world: SeriesWorld::new(*scenario.every),
            platform: Platform::of(catalog),
            now: start,
            skew_ms: 0,
            // A rehearsal begins in the middle of a quiet life, not with a start.
            remembers_since: start - Duration::from_secs(24 * 3600),
            life: 0,
            down: false,
            disk_full: false,
            dispatched: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            lost: BTreeMap::new(),
            crashed_once: BTreeSet::new(),
            seed: Seed::new(seed),
            crashes: Vec::new(),
            duplicates: 0.0,
            stalls: 0.0,
            sabotage: Sabotage::None,
            appends: 0,
            turns: 0,
            seen: Vec::new(),
            unscripted: Vec::new(),
        };
        play.begin(files);
        play
    }

    fn begin(&mut self, files: &[SourceFile]) {
        let texts = CatalogTexts {
            hash: self.catalog.hash.clone(),
            files: files.iter().map(|file| (file.path.clone(), file.text.clone())).collect(),
        };
        self.turn(Input::Started(Started {
            term: self.term.0,
            version: "rehearsal".to_owned(),
            moved: false,
        }));
        self.turn(Input::Catalog(texts));
        for status in self.platform.services.clone().into_values() {
            self.turn(Input::Platform(status));
        }
        for (index, entry) in self.scenario.world.iter().enumerate() {
            if let Start::At(offset) = entry.start() {
                self.agenda.put(self.now + *offset, Happening::World(index, Cause::default()));
            }
        }
        self.agenda.put(self.now, Happening::Sample);
    }

    /// Plays until `end`.
    pub fn until(&mut self, end: Timestamp) {
        while let Some(next) = self.next_at().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            while let Some(happening) = self.agenda.pop_due(self.now) {
                self.happen(happening);
            }
            if !self.down {
                let now = self.andon_now();
                if self.observer.next(&self.state).is_some_and(|at| at <= now) {
                    self.observe(&BTreeSet::new());
                }
                if self.state.next_deadline(now).is_some_and(|at| at <= now) {
                    self.turn(Input::Tick);
                }
                self.dispatch();
            }
            self.turns += 1;
            assert!(self.turns < TURNS_MAX, "the rehearsal of {} does not settle", self.scenario.name);
        }
        self.now = end;
    }

    fn next_at(&self) -> Option<Timestamp> {
        let now = self.andon_now();
        let timers = (!self.down).then(|| {
            let due = [self.state.next_deadline(now), self.observer.next(&self.state)];
            // A timer of Andon's clock, in the world's time. One that is overdue could not be served, say because the
            // disk is full: it is tried again after a pause, as live does.
            due.into_iter().flatten().min().map(|at| {
                let world = Timestamp::from_ms(at.as_ms() - self.skew_ms);
                if world > self.now { world } else { self.now + RETRY_PAUSE }
            })
        });
        self.agenda.next_at().into_iter().chain(timers.flatten()).min()
    }

    /// What Andon's clock shows.
    fn andon_now(&self) -> Timestamp {
        Timestamp::from_ms(self.now.as_ms() + self.skew_ms).max(self.state.at)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Sample => {
                self.agenda.put(self.now + *self.scenario.every, Happening::Sample);
                if !self.down {
                    let catalog = self.catalog;
                    let now = self.andon_now();
                    let changed =
                        self.world.sample(self.now, now, |labels| catalog.service_of(labels).map(Name::from));
                    self.observe(&changed);
                }
            }
            Happening::World(index, cause) => self.act(index, cause),
            Happening::Outcome { life, intent, attempt, outcome } if life == self.life && !self.down => {
                self.turn(Input::Outcome { intent, attempt, outcome });
            }
            Happening::Outcome { .. } => {}
            Happening::Dispatch { life, order, attempt } if life == self.life && !self.down => {
                self.send(order, attempt);
            }
            Happening::Dispatch { .. } => {}
            Happening::Carried { life, order, attempt } => self.carried(life, &order, attempt),
            Happening::Platform(status) if !self.down => {
                self.turn(Input::Platform(status));
            }
            Happening::Platform(_) => {}
            Happening::Heal(service) => {
                self.world.heal(&service);
                if !self.down {
                    self.turn(Input::Source(SourceSeen { target: service, silent: None }));
                }
            }
            Happening::Back => self.come_back(),
        }
    }

    /// One entry of the world takes place.
    fn act(&mut self, index: usize, mut cause: Cause) {
        let entry = &self.scenario.world[index];
        match &entry.what {
            What::Series(series) => {
                // Both were checked when the definitions were loaded.
                let (labels, _) = andon_promql::script::series(&series.series).expect("checked at load");
                let values = andon_promql::script::values(&series.values).expect("checked at load");
                self.world.script(labels, values, self.now);
                if matches!(entry.start(), Start::When(..)) && !self.down {
                    let catalog = self.catalog;
                    let now = self.andon_now();
                    let changed =
                        self.world.sample(self.now, now, |labels| catalog.service_of(labels).map(Name::from));
                    self.observe(&changed);
                }
            }
            What::Deploy(deployed) => {
                let status = self.platform.deploy(&deployed.deploy.service, &deployed.deploy.version);
                let (service, version) = (status.service.clone(), status.version.clone());
                let note = "deployed by the scenario".to_owned();
                self.tell("scenario", Command::RecordChange { service, version, note });
                self.happen(Happening::Platform(status));
            }
            What::Does(deed) => {
                self.complete(&mut cause);
                let key = format!("scenario/{index}/{}", self.turns);
                if let Some(told) = people::says(deed.does, &cause, key).filter(|_| !self.down) {
                    self.turn(Input::Told(told));
                }
            }
            What::Crash(crashed) => {
                if self.crashed_once.insert(index) {
                    self.crash(*crashed.crash.back_after);
                }
            }
            What::Partition(cut) => {
                for service in &cut.partition.targets {
                    let target = Name::from(service.as_str());
                    let until = self.now + *cut.partition.lasts;
                    self.world.partition(target.clone(), self.now);
                    self.agenda.put(until, Happening::Heal(target.clone()));
                    if !self.down {
                        let silent = Some("it does not answer".to_owned());
                        self.turn(Input::Source(SourceSeen { target, silent }));
                    }
                }
            }
            What::Delivery(channel) => {
                self.lost.insert(channel.delivery.channel.as_str().into(), channel.delivery.lost);
            }
            What::Clock(set) => self.skew_ms += set.clock.jump_ms(),
            What::Disk(set) => self.disk_full = set.disk == Disk::Full,
            // A reply is looked up when a step or a lookup asks for one.
            What::Reply(_) => {}
        }
    }

    /// A person who was asked knows which step and which preview: the last that this run asked about.
    fn complete(&self, cause: &mut Cause) {
        let Some(run) = cause.run else { return };
        let asked = self.seen.iter().rev().find_map(|seen| match &seen.what {
            SeenWhat::Event(Event::Respond(RespondEvent::ApprovalAsked {
                run: of, step, preview, ..
            })) if *of == run => Some((step.clone(), Some(preview.hash()))),
            SeenWhat::Event(Event::Respond(RespondEvent::PersonAsked { run: of, step, .. }))
                if *of == run =>
            {
                Some((step.clone(), None))
            }
            _ => None,
        });
        if let Some((step, preview)) = asked {
            cause.step = cause.step.take().or(Some(step));
            cause.preview = preview;
        }
    }

    fn tell(&mut self, person: &str, command: Command) {
        if self.down {
            return;
        }
        let key = format!("scenario/{}/{}", self.turns, self.seen.len());
        let who = Who { person: person.into(), via: Via::Scenario };
        self.turn(Input::Told(Told { who, key, command }));
    }

    /// Evaluates rules and watched queries whose samples have arrived or whose time has come.
    fn observe(&mut self, changed: &BTreeSet<String>) {
        let now = self.andon_now();
        let known = self.world.known(now.since(self.remembers_since));
        let changed = changed.iter().map(String::as_str).collect();
        let inputs = self.observer.observe(&self.state, &mut self.world, &known, &changed, now);
        for input in inputs {
            if !self.down {
                self.turn(input);
            }
        }
        self.dispatch();
    }

    fn turn(&mut self, input: Input) {
        let now = self.andon_now();
        let before = self.state.clone();
        let turn = andon_cycle::turn(&mut self.state, input, now);
        let Some(record) = turn.record else { return };
        if self.sabotage == Sabotage::EffectBeforeCommit {
            self.dispatch();
        }
        if !self.commit(&record) {
            if !self.down {
                self.state = before;
            }
            return;
        }
        for event in &record.events {
            if let Event::Respond(RespondEvent::NoticeOwed { intent, delivery, .. }) = event {
                self.deliveries.insert(*intent, delivery.clone());
            }
            self.seen.push(Seen { at: self.now, by_andon: now, what: SeenWhat::Event(event.clone()) });
        }
        for deed in people::deeds(&record.events, |intent| self.deliveries.get(&intent).cloned()) {
            self.react(&deed);
        }
        self.dispatch();
    }

    /// False: the record is not durable, so nothing of it happened.
    fn commit(&mut self, record: &Record) -> bool {
        self.appends += 1;
        let plan = self.crashes.iter().find(|plan| plan.at_append == self.appends).copied();
        match plan {
            Some(plan) if plan.committed => self.journal.fail_next(Fault::AmbiguousAfterCommit),
            Some(_) => self.journal.fail_next(Fault::AmbiguousBeforeCommit),
            None if self.disk_full => self.journal.fail_next(Fault::Full),
            None => {}
        }
        let entry = Entry { body: record.encode(), subjects: andon_cycle::subjects(record, &self.state) };
        match self.journal.append(self.term, self.journal.head().seq, &[entry]) {
            Ok(_) => true,
            Err(AppendError::Full) => false,
            // Live exits on an append of unknown fate; what is durable is found at the next start.
            Err(_) => {
                self.crash(plan.map_or(Duration::from_secs(1), |plan| plan.back_after));
                false
            }
        }
    }

    /// Whatever the state owes and this life has not sent yet.
    fn dispatch(&mut self) {
        while !self.down {
            let now = self.andon_now();
            let dispatched = &self.dispatched;
            let sort = |owed: &Owed| match owed.effect {
                Effect::Deliver(_) => "deliver",
                Effect::Carry(_) => "carry",
                Effect::LookUp(_) => "look up",
            };
            let mut owed = self.state.owed(now).into_iter();
            let Some(next) = owed.find(|o| !dispatched.contains(&(o.intent, o.attempt, sort(o)))) else {
                return;
            };
            let sort = sort(&next);
            let forgets = self.sabotage == Sabotage::ForgetWhatWasSent && self.seed.chance(0.5);
            if forgets && matches!(&next.effect, Effect::Carry(_)) {
                self.carry_again(&next);
            }
            self.dispatched.insert((next.intent, next.attempt, sort));
            match next.effect {
                Effect::Deliver(delivery) => self.deliver(next.intent, next.attempt, delivery),
                Effect::Carry(order) => self.carry(*order, next.attempt),
                Effect::LookUp(look_up) => self.look_up(next.intent, *look_up, next.attempt),
            }
        }
    }

    fn carry_again(&mut self, owed: &Owed) {
        if let Effect::Carry(order) = &owed.effect {
            self.carry((**order).clone(), owed.attempt);
        }
    }

    fn deliver(&mut self, intent: IntentId, attempt: u32, delivery: Delivery) {
        let lost = self.lost.get(&delivery.channel).copied().unwrap_or(0.0);
        let outcome = if self.seed.chance(lost) {
            Outcome::NotDelivered { error: "the channel lost it".to_owned(), lasting: false }
        } else {
            Outcome::Delivered { receipt: format!("{} took it", delivery.channel) }
        };
        self.see(SeenWhat::Tried(delivery));
        self.answer(DELIVERY_TAKES, intent, attempt, outcome);
    }

    fn carry(&mut self, order: Order, attempt: u32) {
        if self.seed.chance(self.stalls) {
            let (life, stall) = (self.life, Duration::from_millis(self.seed.below(30_000)));
            self.agenda.put(self.now + stall, Happening::Dispatch { life, order, attempt });
        } else {
            self.send(order, attempt);
        }
    }

    fn send(&mut self, order: Order, attempt: u32) {
        if order.not_after < self.andon_now() && self.sabotage != Sabotage::SendLate {
            let why = "its time had passed before it was sent".to_owned();
            self.answer(
                Duration::ZERO,
                order.intent,
                attempt,
                Outcome::Carried(OrderResult::Refused { why }),
            );
            return;
        }
        self.see(SeenWhat::Sent(order.clone()));
        let deed = Deed::Sent { run: order.run, step: order.step.clone() };
        let life = self.life;
        self.agenda.put(self.now + platform::CHANGE_TAKES, Happening::Carried { life, order, attempt });
        self.react(&deed);
    }

    /// The change takes place in the world, whether or not anybody is left to hear of it.
    fn carried(&mut self, life: u64, order: &Order, attempt: u32) {
        let reply = self.reply_to(|when| matches!(when, When::Sent(sent) if sent.sent == *order.step));
        let result = match reply {
            Some(Reply::Failed(error)) => Some(OrderResult::Failed { error }),
            Some(Reply::Lost(true)) => None,
            Some(Reply::Done(false)) => Some(OrderResult::Failed { error: "it did not happen".to_owned() }),
            Some(Reply::Status(status)) if status >= 400 => {
                Some(OrderResult::Failed { error: format!("answered {status}") })
            }
            Some(_) => Some(OrderResult::Done { detail: "as the scenario says".to_owned() }),
            None => self.platform.carry(order).or_else(|| {
                let step = &order.step;
                self.unscripted.push(format!("step {step} ({}) has no reply in the scenario", order.action));
                Some(OrderResult::Failed { error: "the scenario does not say what it answers".to_owned() })
            }),
        };
        for status in self.platform.services.clone().into_values() {
            self.happen(Happening::Platform(status));
        }
        if let (Some(result), true) = (result, life == self.life && !self.down) {
            let outcome = Outcome::Carried(result);
            self.turn(Input::Outcome { intent: order.intent, attempt, outcome });
        }
    }

    fn look_up(&mut self, intent: IntentId, look_up: LookUp, attempt: u32) {
        let order = look_up.order;
        let reply =
            self.reply_to(|when| matches!(when, When::Lookup(lookup) if lookup.lookup == *order.step));
        let evidence = || "as the scenario says".to_owned();
        let answer = match reply {
            Some(Reply::Done(true)) | Some(Reply::Status(200..=299)) => {
                Answer::Happened { evidence: evidence() }
            }
            Some(Reply::Done(false)) | Some(Reply::Status(404)) => {
                Answer::DidNotHappen { evidence: evidence() }
            }
            Some(_) => Answer::CannotTell { why: evidence() },
            None => self.platform.look_up(&order),
        };
        self.react(&Deed::LookedUp { step: order.step.clone() });
        self.answer(LOOKUP_TAKES, intent, attempt, Outcome::LookedUp(answer));
    }

    fn answer(&mut self, takes: Duration, intent: IntentId, attempt: u32, outcome: Outcome) {
        let life = self.life;
        if self.seed.chance(self.duplicates) {
            let outcome = outcome.clone();
            self.agenda.put(self.now + takes * 3, Happening::Outcome { life, intent, attempt, outcome });
        }
        self.agenda.put(self.now + takes, Happening::Outcome { life, intent, attempt, outcome });
    }

    fn reply_to(&self, is: impl Fn(&When) -> bool) -> Option<Reply> {
        self.scenario.world.iter().find_map(|entry| match (&entry.what, entry.start()) {
            (What::Reply(replied), Start::When(when, _)) if is(when) => Some(replied.reply.clone()),
            _ => None,
        })
    }

    /// Every entry that waits for this deed begins.
    fn react(&mut self, deed: &Deed) {
        for (index, entry) in self.scenario.world.iter().enumerate() {
            let Start::When(when, after) = entry.start() else { continue };
            let Some(cause) = people::begins(when, deed) else { continue };
            if matches!(entry.what, What::Crash(_)) && *after == Duration::ZERO {
                self.act(index, cause);
            } else {
                self.agenda.put(self.now + *after, Happening::World(index, cause));
            }
        }
    }

    /// Everything in memory is gone; the journal and the world stay.
    fn crash(&mut self, back_after: Duration) {
        if self.down {
            return;
        }
        self.see(SeenWhat::Crashed);
        self.down = true;
        self.life += 1;
        self.dispatched.clear();
        self.world.forget();
        self.state = State::default();
        self.agenda.put(self.now + back_after, Happening::Back);
    }

    fn come_back(&mut self) {
        self.down = false;
        self.see(SeenWhat::Back);
        self.journal = std::mem::take(&mut self.journal).restart();
        if self.sabotage == Sabotage::LoseTheTail {
            self.journal = without_tail(&self.journal);
        }
        self.term = self.journal.acquire("rehearsal").expect("the one before is dead");
        self.state = replay(&self.journal);
        self.remembers_since = self.andon_now();
        self.observer = Observer::new(&self.state, self.remembers_since);
        self.turn(Input::Started(Started {
            term: self.term.0,
            version: "rehearsal".to_owned(),
            moved: false,
        }));
        for status in self.platform.services.clone().into_values() {
            self.happen(Happening::Platform(status));
        }
        self.dispatch();
    }

    fn see(&mut self, what: SeenWhat) {
        let by_andon = self.andon_now();
        self.seen.push(Seen { at: self.now, by_andon, what });
    }

    /// Channels deliver, the disk has room, Andon is up: what is still wrong afterwards is Andon's doing.
    pub fn make_well(&mut self) {
        self.lost.clear();
        self.disk_full = false;
        self.crashes.clear();
    }

    /// How often Andon died.
    pub fn life_count(&self) -> usize {
        self.seen.iter().filter(|seen| seen.what == SeenWhat::Crashed).count()
    }

    /// When the last script of the world ends.
    pub fn script_ends(&self) -> Timestamp {
        self.world.ends().unwrap_or(self.now).max(self.now)
    }
}

/// A copy from which the last record is missing.
fn without_tail(journal: &MemoryJournal) -> MemoryJournal {
    let mut shorter = MemoryJournal::new();
    let term = shorter.acquire("rehearsal").expect("a new journal has no other writer");
    let stored = journal.read(Seq::START.next(), usize::MAX).expect("a journal in memory is whole");
    for stored in &stored[..stored.len().saturating_sub(1)] {
        let entry = Entry { body: stored.body.clone(), subjects: Vec::new() };
        shorter.append(term, shorter.head().seq, &[entry]).expect("memory takes it");
    }
    shorter
}

/// The state that a journal folds to.
pub fn replay(journal: &impl Journal) -> State {
    let mut state = State::default();
    for stored in journal.read(Seq::START.next(), usize::MAX).expect("a journal in memory is whole") {
        let record = Record::decode(&stored.body).expect("what was written by this binary is read by it");
        state.apply(&record);
    }
    state
}
