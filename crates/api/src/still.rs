//! A loop without a world: the real state, turned by hand, with a clock that stands still until it is set. What is
//! owed to the world is never paid.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use andon_cycle::{State, subjects, turn};
use andon_promql::{Options, Value};
use andon_timeseries::{Head, Limits, Sample};
use andon_vocabulary::{Input, Labels, Receipt, Record, Refusal, Timestamp, Told};
use tokio::sync::watch;

use crate::port::{History, Loop, Query, Series, TellError, View};

pub struct Still {
    inner: Mutex<Inner>,
    views: watch::Sender<View>,
}

struct Inner {
    state: State,
    now: Timestamp,
    /// Each with the subjects under which it is found.
    records: Vec<(Record, Vec<String>)>,
    samples: Head,
}

impl Still {
    pub fn new(now: Timestamp) -> Still {
        let inner = Inner {
            state: State::default(),
            now,
            records: Vec::new(),
            samples: Head::new(Limits::default()),
        };
        Still { inner: Mutex::new(inner), views: watch::channel(View::default()).0 }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_now(&self, now: Timestamp) {
        self.inner().now = now;
    }

    /// Turns the loop once.
    pub fn turn(&self, input: Input) -> Result<Receipt, Refusal> {
        let mut inner = self.inner();
        let Inner { state, now, records, .. } = &mut *inner;
        let turn = turn(state, input, *now);
        if let Some(record) = turn.record {
            let named = subjects(&record, state);
            records.push((record, named));
            self.views.send_replace(Arc::new(state.clone()));
        }
        turn.answer
    }

    /// Gives queries something to find.
    pub fn sample(&self, labels: &Labels, at: Timestamp, value: f64) -> Result<(), String> {
        let appended = self.inner().samples.append(labels, Sample { at, value });
        appended.map(drop).map_err(|error| error.to_string())
    }
}

impl Loop for Still {
    fn tell(&self, told: Told) -> Pin<Box<dyn Future<Output = Result<Receipt, TellError>> + Send + '_>> {
        Box::pin(async move { self.turn(Input::Told(told)).map_err(TellError::Refused) })
    }

    fn view(&self) -> View {
        self.views.borrow().clone()
    }

    fn subscribe(&self) -> watch::Receiver<View> {
        self.views.subscribe()
    }

    fn history(&self) -> &dyn History {
        self
    }

    fn query(&self) -> &dyn Query {
        self
    }

    fn now(&self) -> Timestamp {
        self.inner().now
    }
}

impl History for Still {
    fn about(&self, subject: &str, limit: usize) -> Result<Vec<(u64, Record)>, String> {
        let inner = self.inner();
        let named =
            (1..).zip(&inner.records).filter(|(_, (_, subjects))| subjects.iter().any(|s| s == subject));
        Ok(named.take(limit).map(|(seq, (record, _))| (seq, record.clone())).collect())
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<(u64, Record)>, String> {
        let inner = self.inner();
        let later = (1..).zip(&inner.records).filter(|(seq, _)| *seq >= from);
        Ok(later.take(limit).map(|(seq, (record, _))| (seq, record.clone())).collect())
    }

    fn head(&self) -> u64 {
        self.inner().records.len() as u64
    }
}

impl Query for Still {
    fn instant(&self, expr: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        let expr = andon_promql::parse(expr).map_err(|error| error.to_string())?;
        let value = andon_promql::instant(&expr, &self.inner().samples, at, &Options::default());
        match value.map_err(|error| error.to_string())?.value {
            Value::Vector(elements) => {
                let floats = elements.into_iter().filter_map(|e| Some((e.value.float()?, e.labels)));
                Ok(floats.map(|(value, labels)| (labels, value)).collect())
            }
            Value::Scalar(value) => Ok(vec![(Labels::default(), value)]),
            _ => Err(format!("{expr} has no single value for each series")),
        }
    }

    fn range(
        &self,
        expr: &str,
        start: Timestamp,
        end: Timestamp,
        step: Duration,
    ) -> Result<Vec<Series>, String> {
        let expr = andon_promql::parse(expr).map_err(|error| error.to_string())?;
        let series = andon_promql::range(&expr, &self.inner().samples, start, end, step, &Options::default());
        let pairs =
            |samples: Vec<Sample>| samples.into_iter().map(|sample| (sample.at, sample.value)).collect();
        let series = series.map_err(|error| error.to_string())?.value.into_iter();
        Ok(series.map(|series| Series { labels: series.labels, samples: pairs(series.samples) }).collect())
    }

    fn metric_names(&self) -> Vec<String> {
        self.inner().samples.metric_names().into_iter().collect()
    }

    fn label_values(&self, label: &str) -> Vec<String> {
        self.inner().samples.label_values(label).into_iter().collect()
    }
}
