//! A live Andon as the pages and the API see one: `andon_api::Loop`, carried out by `andon_live`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use andon_api::{History, Loop, Query, Series, TellError, View};
use andon_journal::{Reader, Seq, Stored};
use andon_live::Live;
use andon_promql::{Expr, Options, Value};
use andon_vocabulary::{Labels, Receipt, Record, Timestamp, Told};
use tokio::sync::watch;

/// What one query of a person may read: at 16 bytes each, as much memory as the server is meant to take in all.
const QUERY_SAMPLES_MAX: usize = 4_000_000;

pub struct Port {
    live: Live,
    /// Connections to the journal that nobody uses at the moment.
    idle: Mutex<Vec<Reader>>,
    /// The last head that could be read.
    head: AtomicU64,
}

impl Port {
    pub fn new(live: Live) -> Port {
        Port { live, idle: Mutex::default(), head: AtomicU64::new(0) }
    }

    /// Reads with a connection of one's own, which then waits for the next reader.
    fn reading<T>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, andon_journal::JournalError>,
    ) -> Result<T, String> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.live.history().map_err(|error| error.to_string())?,
        };
        let found = read(&reader).map_err(|error| error.to_string())?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(found)
    }
}

impl Loop for Port {
    fn tell(&self, told: Told) -> Pin<Box<dyn Future<Output = Result<Receipt, TellError>> + Send + '_>> {
        Box::pin(async move {
            self.live.tell(told).await.map_err(|error| match error {
                andon_live::TellError::Refused(refusal) => TellError::Refused(refusal),
                andon_live::TellError::Unavailable(why) => TellError::Unavailable(why),
            })
        })
    }

    fn view(&self) -> View {
        self.live.view()
    }

    fn subscribe(&self) -> watch::Receiver<View> {
        self.live.subscribe()
    }

    fn history(&self) -> &dyn History {
        self
    }

    fn query(&self) -> &dyn Query {
        self
    }

    fn now(&self) -> Timestamp {
        self.live.now()
    }
}

impl History for Port {
    fn about(&self, subject: &str, limit: usize) -> Result<Vec<(u64, Record)>, String> {
        decoded(self.reading(|reader| reader.about(subject, Seq::START, limit))?)
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<(u64, Record)>, String> {
        decoded(self.reading(|reader| reader.read(Seq(from), limit))?)
    }

    fn head(&self) -> u64 {
        match self.reading(Reader::head) {
            Ok(head) => self.head.fetch_max(head.seq.0, Ordering::Relaxed).max(head.seq.0),
            Err(why) => {
                tracing::warn!(%why, "the journal's head could not be read");
                self.head.load(Ordering::Relaxed)
            }
        }
    }
}

fn decoded(stored: Vec<Stored>) -> Result<Vec<(u64, Record)>, String> {
    let record = |stored: Stored| match Record::decode(&stored.body) {
        Ok(record) => Ok((stored.seq.0, record)),
        Err(error) => Err(format!("record {} cannot be read: {error}", stored.seq)),
    };
    stored.into_iter().map(record).collect()
}

impl Query for Port {
    fn instant(&self, expr: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        let expr = parsed(expr)?;
        let value = andon_promql::instant(&expr, &**self.live.store(), at, &bounded());
        match value.map_err(|error| error.to_string())?.value {
            Value::Vector(elements) => {
                let floats = elements.into_iter().filter_map(|e| Some((e.value.float()?, e.labels)));
                Ok(floats.map(|(value, labels)| (labels, value)).collect())
            }
            Value::Scalar(value) => Ok(vec![(Labels::default(), value)]),
            Value::Matrix(_) => {
                Err("a range such as x[5m] has no single value: wrap it, as in rate(x[5m])".to_owned())
            }
            Value::String(_) => Err("a text is no series".to_owned()),
        }
    }

    fn range(
        &self,
        expr: &str,
        start: Timestamp,
        end: Timestamp,
        step: Duration,
    ) -> Result<Vec<Series>, String> {
        let expr = parsed(expr)?;
        let series = andon_promql::range(&expr, &**self.live.store(), start, end, step, &bounded());
        let series = series.map_err(|error| error.to_string())?.value;
        Ok(series
            .into_iter()
            .map(|series| Series {
                labels: series.labels,
                samples: series.samples.into_iter().map(|sample| (sample.at, sample.value)).collect(),
            })
            .collect())
    }

    fn metric_names(&self) -> Vec<String> {
        self.live.store().read().metric_names().into_iter().collect()
    }

    fn label_values(&self, label: &str) -> Vec<String> {
        self.live.store().read().label_values(label).into_iter().collect()
    }
}

fn parsed(expr: &str) -> Result<Expr, String> {
    andon_promql::parse(expr).map_err(|error| error.to_string())
}

fn bounded() -> Options<'static> {
    Options { samples_max: QUERY_SAMPLES_MAX, ..Options::default() }
}
