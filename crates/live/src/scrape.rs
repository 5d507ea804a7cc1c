//! Reading what a target exposes, on time and within bounds. Whatever a target does, it costs only itself.

mod body;
mod buffers;
pub mod described;
mod fetch;
mod intake;
mod labels;
pub mod populate;
mod portions;
mod refused;
mod report;
mod resolution;
mod rhythm;
pub mod settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use andon_exposition::{Chosen, Encoding};
use andon_vocabulary::{Input, Labels, Name, SourceSeen, Timestamp};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::queue::Queue;
use crate::roster;
use crate::sources::{Asked, Sources, Standing, Ticket};
use crate::store::SharedStore;
use body::Body;
use buffers::Buffer;
use intake::{Batch, Broken, Intake};
use portions::Portions;
use rhythm::Rhythm;
use settings::Settings;

/// One address to scrape.
#[derive(Clone, Debug)]
pub struct Target {
    /// `service/instance`, `job/instance`.
    pub name: Name,
    pub url: String,
    /// Laid over every series.
    pub labels: Labels,
    /// Before relabelling.
    pub discovered: Labels,
    pub every: Duration,
    pub timeout: Duration,
    pub settings: Arc<Settings>,
    /// Why it is not asked at all; its scrapes fail with these words.
    pub held: Option<Arc<str>>,
}

/// The same target, asked in the same way.
impl PartialEq for Target {
    fn eq(&self, other: &Target) -> bool {
        let Target { name, url, labels, discovered, every, timeout, settings, held } = other;
        (&self.name, &self.url, &self.labels, &self.discovered) == (name, url, labels, discovered)
            && (self.every, self.timeout, &self.held) == (*every, *timeout, held)
            && Arc::ptr_eq(&self.settings, settings)
    }
}

/// What scraping needs from around it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub store: SharedStore,
    pub clock: Arc<Clock>,
    pub queue: Queue,
    pub sources: Arc<Sources>,
    /// What is older was written before this start.
    pub started: Timestamp,
    /// Of this server: another one asks the same targets at other moments.
    pub seed: u64,
}

/// When a target is asked for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// People wait for the first picture.
    AtOnce,
    /// With very many targets, each when its turn comes.
    InTurn,
}

/// Scrapes until `stop` fires or its sender is dropped; then the target's series end.
pub async fn run(
    target: Target,
    ticket: Ticket,
    around: Surroundings,
    first: First,
    mut stop: oneshot::Receiver<()>,
) {
    let seed = around.seed ^ target.labels.fingerprint();
    let mut rhythm = Rhythm::new(target.every, seed, around.clock.now());
    let mut scrape = Scrape::new(target, ticket, around);
    let mut next = first;
    loop {
        let at = match next {
            First::AtOnce => scrape.around.clock.now(),
            First::InTurn => tokio::select! {
                nominal = rhythm.next() => rhythm::stamp(scrape.around.clock.now(), nominal),
                _ = &mut stop => break,
            },
        };
        next = First::InTurn;
        // In a box: a target that waits for its turn should cost little.
        tokio::select! {
            () = Box::pin(scrape.once(at)) => {}
            _ = &mut stop => break,
        }
    }
    let now = scrape.around.clock.now();
    scrape.around.store.write(|head| scrape.intake.end(head, now));
    scrape.settle(now);
}

struct Scrape {
    target: Target,
    ticket: Ticket,
    around: Surroundings,
    intake: Intake,
    /// What the loop was last told. None: nothing yet.
    told: Option<Standing>,
    /// What was there before this start has been found again or has ended.
    is_settled: bool,
}

impl Scrape {
    fn new(target: Target, ticket: Ticket, around: Surroundings) -> Scrape {
        let seed = around.seed ^ target.labels.fingerprint();
        let intake = Intake::new(&target, seed);
        Scrape { target, ticket, around, intake, told: None, is_settled: false }
    }

    async fn once(&mut self, now: Timestamp) {
        let began = Instant::now();
        let read = match &self.target.held {
            None => self.read(now).await,
            Some(why) => Err(Broken::from(why.to_string())),
        };
        let took = began.elapsed();
        let (store, sources, intake) = (&self.around.store, &self.around.sources, &mut self.intake);
        let mut asked = Asked { at: now, took, ..Asked::default() };
        let (standing, silent) = match read {
            Ok((batch, remark)) => {
                store.write(|head| intake.write(head, &batch, now, took));
                let remarks = [remark, intake.refused().words()];
                let remarks: Vec<String> = remarks.into_iter().flatten().collect();
                asked.samples = batch.counts.scraped;
                asked.remark = (!remarks.is_empty()).then(|| remarks.join("; "));
                (sources.answered(&self.ticket, asked, intake.exposed(), intake.described()), None)
            }
            Err(Broken { why, counts }) => {
                store.write(|head| intake.miss(head, now, took, counts));
                asked.samples = counts.scraped;
                (sources.missed(&self.ticket, asked, &why), Some(why))
            }
        };
        self.settle(now);
        let refused = self.intake.refused();
        if refused.is_news() {
            let words = refused.words().unwrap_or_default();
            tracing::warn!(target = %self.target.name, "samples of a scrape were refused: {words}");
        }
        self.tell(standing, silent).await;
    }

    /// What the target has to say, and a remark on how it says it.
    async fn read(&mut self, now: Timestamp) -> Result<(Batch, Option<String>), Broken> {
        let answer = fetch::ask(&self.target).await?;
        let settings = &self.target.settings;
        let Chosen { encoding, remark } = Chosen::by(answer.kind.as_deref(), settings.fallback)?;
        let batch = match encoding {
            Encoding::Text(format) if !answer.is_packed => {
                let mut reading = self.intake.begin(now);
                let mut portions = Portions::new(format);
                answer.portions(|portion| portions.add(portion, &mut reading)).await?;
                portions.end(&mut reading);
                reading.end()?
            }
            _ => {
                let mut bytes = Buffer::taken();
                answer.whole(&mut bytes).await?;
                let body = Body::new(&bytes, encoding, &settings.job).map_err(|error| error.to_string())?;
                self.intake.read(&body, now)?
            }
        };
        Ok((batch, remark))
    }

    /// Series from before this start that are not there any more end. Only the first time is there anything to do.
    fn settle(&mut self, now: Timestamp) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        let Surroundings { store, started, .. } = &self.around;
        if let Err(error) = roster::end(&self.target.labels, store, *started, now) {
            tracing::warn!(target = %self.target.name, %error, "what it no longer exposes cannot be ended");
        }
    }

    /// The loop hears of it only when it changes.
    async fn tell(&mut self, standing: Standing, silent: Option<String>) {
        if standing == Standing::Unsettled || self.told == Some(standing) {
            return;
        }
        self.told = Some(standing);
        if let Some(why) = &silent {
            tracing::warn!(target = %self.target.name, "a target is silent: {why}");
        }
        let target = self.target.name.clone();
        self.around.queue.input(Input::Source(SourceSeen { target, silent })).await;
    }
}

#[cfg(test)]
mod tests;
