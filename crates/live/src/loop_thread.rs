//! The loop itself: one thread that owns the state and the journal.
//!
//! It takes what waits, turns it, makes it durable with one append, and only then lets go of the answers, the new
//! view and the effects. When nobody can know any more what is durable, it ends, and so must the process.

use std::sync::Arc;
use std::time::Duration;

use andon_cycle::{Observer, State};
use andon_journal::{AppendError, Seq, Term};
use andon_monitor::Answers;
use andon_promql::Number;
use andon_vocabulary::{
    Command, Event, Input, InstanceEvent, Name, Outcome, SourceSeen, Timestamp, Told, Via, Who,
};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use crate::batch::Batch;
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::elsewhere::{Asking, NAME};
use crate::evaluations::Evaluations;
use crate::halt::Halt;
use crate::keep::Keep;
use crate::observing::{Samples, Trust};
use crate::queue::Message;
use crate::sources::Sources;
use crate::store::{SharedStore, series};
use crate::views::Views;

/// How much is made durable at once.
const BATCH_MAX: usize = 256;
/// What waits for room on the disk; beyond it nothing more is taken in.
const HELD_MAX: usize = 4096;
/// The HALT file is looked for, and a full disk tried again, at least this often.
const REST_MAX: Duration = Duration::from_secs(1);
/// A timer that stays due must not make the thread spin. Whatever comes in is not kept waiting by this.
const REST_MIN: Duration = Duration::from_millis(10);
/// So long the record that somebody was told waits for another to share its append, rather than stand before an alert
/// that comes meanwhile. Nobody is answered by it; if the process ends before, the same key is told again.
const SHARE_MAX: Duration = Duration::from_millis(2);

/// Why the loop is no longer turning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to.
    Stopped,
    /// The process must end and start from what the journal then holds.
    Failed(String),
}

/// What the loop is made of.
pub struct Parts<J> {
    pub journal: J,
    pub term: Term,
    pub seq: Seq,
    pub clock: Arc<Clock>,
    pub store: SharedStore,
    pub sources: Arc<Sources>,
    pub evaluations: Arc<Evaluations>,
    pub asking: Arc<Asking>,
    pub halt: Halt,
    pub dispatch: Dispatch,
    pub messages: mpsc::Receiver<Message>,
    pub views: Views,
    /// Since when the journal's disk has been full.
    pub full: watch::Sender<Option<Timestamp>>,
}

pub struct LoopThread<J> {
    state: State,
    parts: Parts<J>,
    observer: Observer,
    /// Of another store, where samples are not kept here.
    answers: Option<Answers>,
    started: Timestamp,
    /// Refused by a full disk, to be turned again.
    held: Vec<Input>,
    /// A target began or ceased to answer: what any rule said may rest on it.
    doubts: bool,
    stops: bool,
}

impl<J: Keep + 'static> LoopThread<J> {
    pub fn new(state: State, parts: Parts<J>) -> LoopThread<J> {
        let now = parts.clock.now();
        let observer = Observer::new(&state, now);
        // What is on the disk counts as seen.
        let started = parts.store.filled_since(now).unwrap_or(now);
        let held = Vec::new();
        LoopThread { state, parts, observer, answers: None, started, held, doubts: false, stops: false }
    }

    /// Turns these before anything else.
    pub fn begin(&mut self, inputs: Vec<Input>) -> Result<(), String> {
        self.round(inputs.into_iter().map(Message::Input).collect())
    }

    pub fn run(mut self) -> Ended {
        // Its own, so that its timers depend on no other thread.
        let runtime = match Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => return Ended::Failed(format!("the loop cannot wait for anything: {error}")),
        };
        while !self.stops {
            let messages = runtime.block_on(self.wait());
            if let Err(why) = self.round(messages) {
                return Ended::Failed(why);
            }
        }
        Ended::Stopped
    }

    /// Until something comes in, samples have news, or a timer is due.
    async fn wait(&mut self) -> Vec<Message> {
        let rest = self.rest();
        let takes = self.held.len() < HELD_MAX;
        let (messages, store, asking) = (&mut self.parts.messages, &self.parts.store, &self.parts.asking);
        let mut waiting = Vec::new();
        tokio::select! {
            biased;
            _ = messages.recv_many(&mut waiting, BATCH_MAX), if takes => {}
            () = store.news() => {}
            () = asking.arrived() => {}
            () = tokio::time::sleep(rest) => {}
        }
        if takes && is_lone_delivery(&waiting) {
            // Whatever comes, or nothing.
            let _ = tokio::time::timeout(SHARE_MAX, messages.recv_many(&mut waiting, BATCH_MAX)).await;
        }
        waiting
    }

    fn rest(&self) -> Duration {
        let now = self.parts.clock.now();
        let timers = [self.state.next_deadline(now), self.observer.next(&self.state)];
        let due = timers.into_iter().flatten().min();
        due.map_or(REST_MAX, |at| at.since(now).clamp(REST_MIN, REST_MAX))
    }

    fn round(&mut self, messages: Vec<Message>) -> Result<(), String> {
        let now = self.parts.clock.now().max(self.state.at);
        let mut batch = Batch::new(self.state.clone(), now);
        let first = self.halted_by_file(now).into_iter().chain(std::mem::take(&mut self.held));
        // Only the sender of a command has anything to hear; an input that is refused changed nothing.
        for input in first {
            let _ = batch.turn(input);
        }
        for message in messages {
            match message {
                Message::Input(input) => {
                    self.notice(&input);
                    let _ = batch.turn(input);
                }
                Message::Told(told, answer) => batch.tell(told, answer),
                Message::Received(received, answer) => batch.receive(received, answer),
                Message::Incumbent(said, answer) => batch.compare(said, answer),
                Message::Access(access, answer) => batch.record(access, answer),
                Message::Reported(reported, answer) => batch.report(reported, answer),
                Message::Stop => self.stops = true,
            }
        }
        self.observe(&mut batch);
        if batch.state.next_deadline(now).is_some_and(|at| at <= now) {
            let _ = batch.turn(Input::Tick);
        }
        self.commit(batch)?;
        Ok(())
    }

    /// What an input means to the driver itself.
    fn notice(&mut self, input: &Input) {
        match input {
            Input::Source(_) => self.doubts = true,
            Input::Outcome { intent, attempt, outcome } => {
                self.parts.dispatch.heard(*intent, *attempt, outcome);
            }
            _ => {}
        }
    }

    /// Whoever put the file there need not be able to reach the loop.
    fn halted_by_file(&self, now: Timestamp) -> Option<Input> {
        let halt = &self.parts.halt;
        if self.state.instance.halt.is_some() || !halt.stands() {
            return None;
        }
        Some(Input::Told(Told {
            who: Who::new("HALT file", Via::Cli),
            key: format!("halt-file-{}", now.as_ms()),
            command: Command::Halt { reason: halt.reason() },
        }))
    }

    fn observe(&mut self, batch: &mut Batch) {
        let has_heard = self.hear(batch);
        let mut news = self.parts.store.take_news();
        let doubts = std::mem::take(&mut self.doubts);
        if self.answers.is_some() {
            // What is measured here is not what the rules read.
            news.clear();
        } else if doubts {
            for rule in self.observer.rules_in_force() {
                news.extend(rule.reads().into_iter().flatten().map(Name::from));
            }
        }
        let is_due = self.observer.next(&batch.state).is_some_and(|at| at <= batch.now);
        if news.is_empty() && !is_due && !has_heard {
            return;
        }
        let changed = news.iter().map(|metric| &**metric).collect();
        let trust = Trust::at(batch.now, self.started, &self.parts.sources, self.answers.is_some());
        let mut samples = Samples::of(&self.parts.store, self.answers.as_ref());
        let inputs = self.observer.observe(&batch.state, &mut samples, &trust, &changed, batch.now);
        drop(samples);
        self.parts.evaluations.hear(self.observer.take_evaluated());
        if let Some(answers) = &mut self.answers {
            self.parts.asking.ask(answers.take_missing());
            answers.forget_before(self.observer.asking_since().unwrap_or(Timestamp::MAX));
        }
        for input in inputs {
            let _ = batch.turn(input);
        }
    }

    /// Takes in what another store has said, if the definitions name one. Whether it said anything.
    fn hear(&mut self, batch: &mut Batch) -> bool {
        let asking = &self.parts.asking;
        if let Some(answers) = asking.follow(&batch.state.catalog().instance.metrics) {
            self.answers = answers;
        }
        let since = self.observer.asking_since();
        let said = self.answers.as_mut().and_then(|answers| asking.receive(answers, since));
        let was_silent = batch.state.monitor.silent.contains_key(NAME);
        let silent = match &said {
            Some(Err(why)) if !was_silent => Some(Some(why.clone())),
            Some(Ok(())) if was_silent => Some(None),
            None if was_silent && self.answers.is_none() => Some(None),
            _ => None,
        };
        if let Some(silent) = silent {
            let _ = batch.turn(Input::Source(SourceSeen { target: NAME.into(), silent }));
        }
        said.is_some()
    }

    fn commit(&mut self, batch: Batch) -> Result<(), String> {
        if !batch.entries.is_empty() {
            match self.parts.journal.append(self.parts.term, self.parts.seq, &batch.entries) {
                Ok(seq) => self.parts.seq = seq,
                Err(AppendError::Full) => {
                    self.full(batch);
                    return Ok(());
                }
                Err(error) => return Err(format!("the journal can no longer be written: {error}")),
            }
        }
        self.durable(batch);
        Ok(())
    }

    /// Nothing was written, so nothing happened: the state stays, and whoever asked is told.
    fn full(&mut self, batch: Batch) {
        let (now, why) = (batch.now, AppendError::Full.to_string());
        self.held = batch.refuse(&why);
        self.observer = Observer::new(&self.state, now);
        self.parts.store.add(now, vec![(series("andon_journal_full", &[]), Number::Float(1.0))]);
        if self.parts.full.borrow().is_none() {
            tracing::error!("{why}; nothing is acknowledged until there is room");
            self.parts.full.send_replace(Some(now));
        }
    }

    fn durable(&mut self, batch: Batch) {
        let now = batch.now;
        let has_changed = !batch.entries.is_empty();
        if has_changed && self.parts.full.borrow().is_some() {
            tracing::info!("the journal has room again");
            self.parts.store.add(now, vec![(series("andon_journal_full", &[]), Number::Float(0.0))]);
            self.parts.full.send_replace(None);
        }
        for event in batch.events() {
            match event {
                Event::Instance(InstanceEvent::Halted { reason, .. }) => self.halted(reason),
                Event::Instance(InstanceEvent::Released { .. }) => self.released(),
                Event::Instance(InstanceEvent::CatalogChanged { .. }) => self.parts.evaluations.clear(),
                _ => {}
            }
        }
        self.state = batch.state.clone();
        if has_changed {
            self.parts.views.show(&self.state);
        }
        // Whoever is to be told waits longest, and is first.
        self.parts.dispatch.hand_out(self.state.owed(now), &self.state);
        batch.acknowledge();
    }

    /// The state is halted whether or not the file can be written; the file also stops a process that cannot read
    /// its journal.
    fn halted(&self, reason: &str) {
        if let Err(error) = self.parts.halt.put(reason) {
            tracing::error!(%error, "the HALT file cannot be written");
        }
    }

    fn released(&mut self) {
        if let Err(error) = self.parts.halt.lift() {
            tracing::error!(%error, "the HALT file cannot be removed; it halts again");
        }
        if self.parts.journal.is_moved()
            && let Err(error) = self.parts.journal.settle()
        {
            tracing::error!(%error, "the journal does not remember that it was released");
        }
    }
}

fn is_lone_delivery(waiting: &[Message]) -> bool {
    matches!(waiting, [Message::Input(Input::Outcome { outcome: Outcome::Delivered { .. }, .. })])
}

#[cfg(test)]
mod tests;
