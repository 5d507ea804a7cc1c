//! Sending to one receiver: read a stretch of time, send its requests in turn, remember how far it came.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::Relabeling;
use andon_definitions::prometheus::{Message, RemoteWrite};
use andon_remote::{Batch, Version};
use andon_timeseries::SelectError;
use andon_vocabulary::Timestamp;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::cursor::{Cursor, Progress};
use super::post::{Outcome, post};
use super::slice::{self, Known, LATE, Portion, Sent, Share};
use super::standing::Standings;
use super::wanted::Wanted;
use crate::caller::Caller;
use crate::clock::Clock;
use crate::store::{SharedStore, Store};

/// What was sampled this long ago has arrived: a scrape's samples bear the time at which it began.
const SETTLED: Duration = Duration::from_secs(3);
/// The longest stretch of time that is read at once when a receiver is behind. Many samples make it shorter.
const STRETCH_MAX: Duration = Duration::from_secs(60);
const STRETCH_MIN: Duration = Duration::from_secs(1);
/// So many samples of a stretch are held at once, about.
const HELD: usize = 500_000;

#[derive(Debug)]
pub struct Outlet {
    name: String,
    url: String,
    version: Version,
    headers: HeaderMap,
    timeout: Duration,
    every: Duration,
    backoff: (Duration, Duration),
    age_max: Duration,
    /// Whether a receiver that asks for fewer requests gets the same samples again.
    is_patient: bool,
    describing: Option<Describing>,
    share: Arc<Share>,
    caller: Caller,
    store: SharedStore,
    clock: Arc<Clock>,
    standings: Standings,
    cursor: Cursor,
    sent: Sent,
    /// Up to where everything was sent when it was opened.
    opened: Timestamp,
    stretch: Duration,
}

/// How metrics are described to a receiver.
#[derive(Debug)]
struct Describing {
    every: Duration,
    /// So many to a request, for version 1.0; version 2.0 describes each series that it brings.
    most: usize,
    last: Option<Timestamp>,
}

/// What an outlet needs from around it.
#[derive(Clone, Debug)]
pub struct Around {
    pub store: SharedStore,
    pub clock: Arc<Clock>,
    pub standings: Standings,
    /// Where progress is kept.
    pub directory: PathBuf,
}

impl Outlet {
    /// Or in words why it cannot be.
    pub fn open(wanted: &Wanted, caller: Caller, around: Around) -> Result<Outlet, String> {
        let RemoteWrite { queue_config: queue, protobuf_message, .. } = &wanted.receiver;
        let version = match protobuf_message {
            Message::V1 => Version::V1,
            Message::V2 => Version::V2,
        };
        // What is measured while the outlet opens belongs to it.
        let begins = around.clock.now() - SETTLED;
        let cursor = Cursor::open(&around.directory, &wanted.name, begins)
            .map_err(|error| format!("its progress cannot be kept: {error}"))?;
        let relabeling = Relabeling::new(&wanted.receiver.write_relabel_configs)
            .map_err(|(at, why)| format!("write_relabel_configs {at}: {why}"))?;
        let share = Share {
            external: wanted.external.clone(),
            relabeling,
            with_histograms: wanted.receiver.send_native_histograms || version == Version::V2,
            with_exemplars: wanted.receiver.send_exemplars,
            samples_max: queue.max_samples_per_send.max(1) as usize,
        };
        let metadata = &wanted.receiver.metadata_config;
        let describing = metadata.send.then(|| Describing {
            every: metadata.send_interval.0.max(Duration::from_secs(1)),
            most: metadata.max_samples_per_send.max(1) as usize,
            last: None,
        });
        let headers = own_headers(&wanted.receiver)?;
        let shown = wanted.receiver.url.split_once('@').map_or(&wanted.receiver.url[..], |(_, host)| host);
        around.standings.change(&wanted.name, |outgoing| {
            shown.clone_into(&mut outgoing.url);
            outgoing.done = Some(cursor.progress().done);
            outgoing.trouble = None;
        });
        Ok(Outlet {
            name: wanted.name.clone(),
            url: wanted.receiver.url.clone(),
            version,
            headers,
            timeout: wanted.receiver.remote_timeout.0,
            every: queue.batch_send_deadline.0.max(Duration::from_millis(100)),
            backoff: (queue.min_backoff.0.max(Duration::from_millis(10)), queue.max_backoff.0),
            age_max: queue.sample_age_limit.0,
            is_patient: queue.retry_on_http_429,
            describing,
            share: Arc::new(share),
            caller,
            store: around.store,
            clock: around.clock,
            standings: around.standings,
            opened: cursor.progress().done,
            cursor,
            sent: Sent::default(),
            stretch: STRETCH_MAX,
        })
    }

    /// Until its task is ended, which loses nothing.
    pub async fn run(mut self) {
        loop {
            let settled = self.clock.now() - SETTLED;
            let advanced = match self.describe(settled).await {
                Ok(()) => self.advance(settled).await,
                Err(why) => Err(why),
            };
            match advanced {
                Ok(until) if settled.since(until) < self.every => tokio::time::sleep(self.every).await,
                Ok(_) => {}
                Err(why) => {
                    self.say(&why);
                    tokio::time::sleep(self.every).await;
                }
            }
        }
    }

    /// Sends the next stretch whole. Gives back up to where everything is sent.
    async fn advance(&mut self, now: Timestamp) -> Result<Timestamp, String> {
        let began = self.cursor.progress();
        let mut done = began.done;
        if !self.age_max.is_zero() {
            done = done.max(now - self.age_max);
        }
        // A stretch that was begun is read the same again, so that its first requests can be left out.
        let is_begun = began.until > done && done == began.done;
        let (until, skipped) = match is_begun {
            true => (began.until, began.requests),
            false => (now.min(done + self.stretch), 0),
        };
        if until <= done {
            return Ok(done);
        }
        let (portions, sent) = self.read(done, until).await?;
        self.sent = sent;
        let samples: usize = portions.iter().map(|portion| portion.batch.len()).sum();
        let waiting: usize = portions.iter().skip(skipped).map(|portion| portion.batch.len()).sum();
        self.standings.change(&self.name, |outgoing| outgoing.pending = waiting as u64);
        for (number, portion) in portions.iter().enumerate().skip(skipped) {
            self.deliver(&portion.batch).await?;
            self.sent.acknowledge(portion);
            let is_last = number + 1 == portions.len();
            if !is_last {
                self.save(Progress { done, until, requests: number + 1 })?;
            }
        }
        self.save(Progress::up_to(until))?;
        self.sent.forget_before(until);
        self.stretch = adapted(self.stretch, samples);
        self.standings.change(&self.name, |outgoing| outgoing.done = Some(until));
        Ok(until)
    }

    async fn read(&mut self, from: Timestamp, to: Timestamp) -> Result<(Vec<Portion>, Sent), String> {
        let (store, share) = (self.store.clone(), Arc::clone(&self.share));
        let sent = std::mem::take(&mut self.sent);
        let describes = self.describing.is_some() && self.version == Version::V2;
        // What was exposed before there was this receiver is none of its.
        let exemplars_from = (from - LATE).max(self.opened);
        let read = move || {
            let exemplars = match share.with_exemplars {
                true => store.read().head().exemplars(&[], exemplars_from, to),
                false => Vec::new(),
            };
            let mut portions = slice::read(&*store, exemplars, from, to, &sent, &share)?;
            if describes {
                let known = known(&store);
                portions.iter_mut().for_each(|portion| portion.batch.describe_series(&known));
            }
            Ok::<_, SelectError>((portions, sent))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(read) => read.map_err(|error| error.to_string()),
            Err(error) => Err(format!("reading the store broke down: {error}")),
        }
    }

    /// Version 1.0 has requests of their own for what metrics are.
    async fn describe(&mut self, now: Timestamp) -> Result<(), String> {
        let Some(describing) = &mut self.describing else { return Ok(()) };
        let is_due = describing.last.is_none_or(|last| now.since(last) >= describing.every);
        if self.version == Version::V2 || !is_due {
            return Ok(());
        }
        describing.last = Some(now);
        let (most, mut left) = (describing.most, known(&self.store));
        while !left.is_empty() {
            let mut batch = Batch::default();
            while batch.described() < most
                && let Some((metric, metadata)) = left.pop_first()
            {
                batch.describe(&metric, metadata);
            }
            self.deliver(&batch).await?;
        }
        Ok(())
    }

    /// Until the receiver has taken it, or said that it never will.
    async fn deliver(&mut self, batch: &Batch) -> Result<(), String> {
        let samples = batch.len() as u64;
        let mut backoff = self.backoff.0;
        loop {
            let request = batch.packed(self.version).ok_or("a request is too large to be packed")?;
            let outcome = match self.caller.request(Method::POST, &self.url) {
                Ok(asking) => post(asking.headers(self.headers.clone()), request, self.timeout).await,
                Err(why) => Outcome::Again(why, Duration::ZERO),
            };
            match outcome {
                Outcome::Taken => {
                    self.standings.change(&self.name, |outgoing| {
                        outgoing.sent += samples;
                        outgoing.pending = outgoing.pending.saturating_sub(samples);
                        outgoing.trouble = None;
                    });
                    return Ok(());
                }
                Outcome::Busy(why, _) if !self.is_patient => return self.drop(samples, why),
                Outcome::Refused(why) => return self.drop(samples, why),
                Outcome::Again(why, patience) | Outcome::Busy(why, patience) => {
                    self.standings.change(&self.name, |outgoing| outgoing.retried += 1);
                    self.say(&why);
                    tokio::time::sleep(jittered(backoff.max(patience))).await;
                    backoff = (backoff * 2).min(self.backoff.1);
                }
            }
        }
    }

    /// The receiver will never take it.
    fn drop(&self, samples: u64, why: String) -> Result<(), String> {
        tracing::warn!(receiver = %self.name, samples, "samples are dropped: {why}");
        self.standings.change(&self.name, |outgoing| {
            outgoing.dropped += samples;
            outgoing.pending = outgoing.pending.saturating_sub(samples);
            outgoing.trouble = None;
            outgoing.refused = Some(why);
        });
        Ok(())
    }

    /// Each trouble once, until it is over.
    fn say(&self, why: &str) {
        let mut is_new = false;
        self.standings.change(&self.name, |outgoing| {
            is_new = outgoing.trouble.as_deref() != Some(why);
            outgoing.trouble = Some(why.to_owned());
        });
        if is_new {
            tracing::warn!(receiver = %self.name, "samples wait to be sent: {why}");
        }
    }

    fn save(&mut self, progress: Progress) -> Result<(), String> {
        self.cursor.save(progress).map_err(|error| format!("cannot remember what was sent: {error}"))
    }
}

/// What is known of each metric, by name.
fn known(store: &Store) -> Known {
    let reading = store.read();
    let known = reading.head().all_metadata();
    known.map(|(metric, metadata)| (metric.to_owned(), metadata.clone())).collect()
}

fn own_headers(receiver: &RemoteWrite) -> Result<HeaderMap, String> {
    let one = |(name, value): (&String, &String)| match (name.parse(), value.parse()) {
        (Ok(name), Ok(value)) => Ok::<(HeaderName, HeaderValue), String>((name, value)),
        _ => Err(format!("`{name}` or its value cannot be a header")),
    };
    receiver.headers.iter().map(one).collect()
}

/// Longer or shorter, so that about as many samples are held as may be.
fn adapted(stretch: Duration, samples: usize) -> Duration {
    let next = if samples > HELD {
        stretch / 2
    } else if samples < HELD / 4 {
        stretch * 2
    } else {
        stretch
    };
    next.clamp(STRETCH_MIN, STRETCH_MAX)
}

/// Up to a half longer, so that many senders do not come back at the same moment.
fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0) % 512;
    wait + wait.mul_f64(random as f64 / 1024.0)
}

#[cfg(test)]
mod tests;
