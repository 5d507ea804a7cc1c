//! Reading what a target exposes, on time and within bounds. Whatever a target does, it costs only itself.

mod fetch;
mod intake;

use std::sync::Arc;
use std::time::{Duration, Instant};

use andon_exposition::{Chosen, Encoding, Limits, Protocol};
use andon_vocabulary::{Input, Labels, Name, SourceSeen};
use reqwest::Client;
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::clock::Clock;
use crate::queue::Queue;
use crate::sources::{Sources, Standing, Ticket};
use crate::store::SharedStore;
use intake::Intake;

/// One address to scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `service/instance`.
    pub name: Name,
    pub url: String,
    /// Laid over every series: `service`, `instance` and, where it is known, `version`.
    pub labels: Labels,
    pub every: Duration,
    pub timeout: Duration,
    pub body_bytes_max: usize,
    pub samples_max: usize,
}

/// What scraping needs from around it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub client: Client,
    pub store: SharedStore,
    pub clock: Arc<Clock>,
    pub queue: Queue,
    pub sources: Arc<Sources>,
}

/// The room of a larger body is given back.
const ROOM_KEPT: usize = 1 << 20;

/// Scrapes until `stop` fires or its sender is dropped; then the target's series end.
pub async fn run(target: Target, ticket: Ticket, around: Surroundings, mut stop: oneshot::Receiver<()>) {
    let mut scrape = Scrape::new(target, ticket, around);
    let every = scrape.target.every;
    // At once, since people wait for the first picture; then at a time of its own, so that not all come together.
    let offset = every.mul_f64((scrape.target.labels.fingerprint() % 1000) as f64 / 1000.0);
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + offset, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = scrape.once() => {}
            _ = &mut stop => break,
        }
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stop => break,
        }
    }
    let now = scrape.around.clock.now();
    scrape.around.store.write(|head| scrape.intake.end(head, now));
}

struct Scrape {
    target: Target,
    ticket: Ticket,
    around: Surroundings,
    intake: Intake,
    /// Kept for its room.
    body: Vec<u8>,
    /// What the loop was last told. None: nothing yet.
    told: Option<Standing>,
}

impl Scrape {
    fn new(target: Target, ticket: Ticket, around: Surroundings) -> Scrape {
        let intake = Intake::new(&target.labels);
        Scrape { target, ticket, around, intake, body: Vec::new(), told: None }
    }

    async fn once(&mut self) {
        let now = self.around.clock.now();
        let began = Instant::now();
        let fetched = fetch::fetch(&self.around.client, &self.target, &mut self.body).await;
        let limits = Limits { samples_max: self.target.samples_max, ..Limits::default() };
        let read = fetched.and_then(|kind| {
            match Chosen::by(Some(&kind), Some(Protocol::PrometheusText0_0_4))?.encoding {
                Encoding::Text(format) => {
                    intake::read(&self.body, format, limits).map_err(|error| error.to_string())
                }
                Encoding::Protobuf => Err("answered in protobuf, which was not asked for".to_owned()),
            }
        });
        let took = began.elapsed();
        let (store, sources, intake) = (&self.around.store, &self.around.sources, &mut self.intake);
        let (standing, silent) = match read {
            Ok(rows) => {
                store.write(|head| intake.take(head, &rows, now, took));
                (sources.answered(&self.ticket, now, took, intake.exposed()), None)
            }
            Err(why) => {
                store.write(|head| intake.miss(head, now, took));
                (sources.missed(&self.ticket, now, took, &why), Some(why))
            }
        };
        if let Some(refused) = self.intake.newly_refused() {
            tracing::warn!(target = %self.target.name, %refused, "samples of a scrape were refused");
        }
        if self.body.capacity() > ROOM_KEPT {
            self.body = Vec::new();
        }
        self.tell(standing, silent).await;
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
