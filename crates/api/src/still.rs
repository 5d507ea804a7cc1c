//! A loop without a world: the real state, turned by hand, with a clock that stands still until it is set. What is
//! owed to the world is never paid.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use andon_cycle::{State, subjects, turn};
use andon_identity::{Accounts, Change};
use andon_monitor::Evaluated;
use andon_remote::{Answer, Item, Room, Trouble, Version, read};
use andon_timeseries::{
    Cardinality, Exemplar, Found, Head, Limits, Metadata, Sample, Select, SelectError, Wanted,
};
use andon_vocabulary::{
    Access, IncumbentSaid, Input, Labels, Name, Receipt, Received, Record, Refusal, Reported, Timestamp, Told,
};
use tokio::sync::watch;

use crate::entrance::Entrance;
use crate::port::{
    AccountBook, Admin, Back, History, Ingest, Lookup, Loop, Metrics, NotVouched, OnTheWay, Provider, Reach,
    Stats, Targets, TellError, View, Vouched, Vouching, WayOut,
};
use crate::rewind::Rewinder;

pub struct Still {
    inner: Mutex<Inner>,
    past: Rewinder,
    views: watch::Sender<View>,
    entrance: Entrance,
}

struct Inner {
    state: State,
    now: Timestamp,
    /// Each with the subjects under which it is found.
    records: Vec<(Record, Vec<String>)>,
    samples: Head,
    /// What is elsewhere, by its address.
    there: BTreeMap<String, Vec<u8>>,
    /// Addresses that were asked for, in order.
    fetched: Vec<String>,
    accounts: Arc<Accounts>,
    /// Addresses and what was said there, in order.
    posted: Vec<(String, String)>,
    /// Whom the provider vouches for.
    vouched: Option<Vouched>,
}

impl Still {
    pub fn new(now: Timestamp) -> Still {
        let inner = Inner {
            state: State::default(),
            now,
            records: Vec::new(),
            samples: Head::new(Limits::default()),
            there: BTreeMap::new(),
            fetched: Vec::new(),
            accounts: Arc::default(),
            posted: Vec::new(),
            vouched: None,
        };
        Still {
            inner: Mutex::new(inner),
            past: Rewinder::default(),
            views: watch::channel(View::default()).0,
            entrance: Entrance::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_now(&self, now: Timestamp) {
        self.inner().now = now;
    }

    /// Puts something at an address elsewhere.
    pub fn put_there(&self, url: &str, body: &[u8]) {
        self.inner().there.insert(url.to_owned(), body.to_vec());
    }

    /// From now on the provider vouches for them.
    pub fn vouch_for(&self, vouched: Vouched) {
        self.inner().vouched = Some(vouched);
    }

    /// The addresses that were asked for.
    pub fn fetched(&self) -> Vec<String> {
        self.inner().fetched.clone()
    }

    /// Addresses and what was said there.
    pub fn posted(&self) -> Vec<(String, String)> {
        self.inner().posted.clone()
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

impl Provider for Still {
    fn begin(&self) -> Vouching<'_, OnTheWay> {
        let url = "https://id.example/authorize?state=state".to_owned();
        let way = OnTheWay {
            url,
            state: "state".to_owned(),
            nonce: "nonce".to_owned(),
            verifier: "verifier".to_owned(),
        };
        Box::pin(async move { Ok(way) })
    }

    fn finish(&self, _back: Back) -> Vouching<'_, Vouched> {
        let vouched = self.inner().vouched.clone();
        let away = || NotVouched::Away("the provider does not answer".to_owned());
        Box::pin(async move { vouched.ok_or_else(away) })
    }

    fn leave(&self) -> Vouching<'_, Option<WayOut>> {
        let url = "https://id.example/end?state=leaving&client_id=andon".to_owned();
        Box::pin(async move { Ok(Some(WayOut { url, state: "leaving".to_owned() })) })
    }
}

impl Loop for Still {
    fn provider(&self) -> Option<&dyn Provider> {
        Some(self)
    }

    fn tell(&self, told: Told) -> Pin<Box<dyn Future<Output = Result<Receipt, TellError>> + Send + '_>> {
        Box::pin(async move { self.turn(Input::Told(told)).map_err(TellError::Refused) })
    }

    fn receive(
        &self,
        received: Received,
    ) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        let said = self.turn(Input::Received(received)).map(drop).map_err(TellError::Refused);
        Box::pin(async move { said })
    }

    fn compare(
        &self,
        said: IncumbentSaid,
    ) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        let said = self.turn(Input::Incumbent(said)).map(drop).map_err(TellError::Refused);
        Box::pin(async move { said })
    }

    fn record(&self, access: Access) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        let said = self.turn(Input::Access(access)).map(drop).map_err(TellError::Refused);
        Box::pin(async move { said })
    }

    fn report(&self, reported: Reported) -> Pin<Box<dyn Future<Output = Result<(), TellError>> + Send + '_>> {
        let said = self.turn(Input::Reported(reported)).map(drop).map_err(TellError::Refused);
        Box::pin(async move { said })
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

    fn metrics(&self) -> &dyn Metrics {
        self
    }

    fn ingest(&self) -> &dyn Ingest {
        self
    }

    fn reach(&self) -> &dyn Reach {
        self
    }

    fn accounts(&self) -> &dyn AccountBook {
        self
    }

    fn entrance(&self) -> &Entrance {
        &self.entrance
    }

    fn now(&self) -> Timestamp {
        self.inner().now
    }
}

/// A secret is what the definitions write, and nothing is reached but what was put there.
impl Reach for Still {
    fn secret(&self, text: &str) -> Result<String, String> {
        match text.starts_with("secret:") {
            true => Err(format!("{text}: there is no environment")),
            false => Ok(text.to_owned()),
        }
    }

    fn fetch(&self, url: String) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + '_>> {
        let mut inner = self.inner();
        inner.fetched.push(url.clone());
        let found = inner.there.get(&url).cloned().ok_or_else(|| format!("there is nothing at {url}"));
        Box::pin(async move { found })
    }

    fn post(
        &self,
        url: String,
        body: String,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        self.inner().posted.push((url, body));
        Box::pin(async { Ok(()) })
    }
}

impl AccountBook for Still {
    fn read(&self) -> Arc<Accounts> {
        Arc::clone(&self.inner().accounts)
    }

    fn change(&self, change: Change) -> Result<(), TellError> {
        let mut inner = self.inner();
        let now = inner.now;
        Arc::make_mut(&mut inner.accounts).change(change, now).map(drop).map_err(TellError::Refused)
    }
}

/// What is refused is not told apart here.
impl Ingest for Still {
    fn write(&self, version: Version, body: &[u8]) -> Answer {
        let mut answer = Answer::default();
        let samples = &mut self.inner().samples;
        let limits = andon_remote::Limits::default();
        let read = read(version, body, &limits, &mut Room::default(), &mut |item| {
            if let Item::Series(series) = item
                && let Ok(labels) = series.labels()
            {
                let taken = series.samples.iter().filter(|sample| samples.append(&labels, **sample).is_ok());
                answer.written.samples += taken.count() as u64;
            }
        });
        answer.trouble = read.err().map(|malformed| Trouble::Refused(malformed.0));
        answer
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

    fn state_at(&self, at: Timestamp) -> Result<View, String> {
        self.past.state_at(self, at)
    }
}

impl Metrics for Still {
    fn source(&self) -> &dyn Select {
        self
    }

    fn exemplars(&self, lookup: &Lookup<'_>) -> Result<Vec<(Labels, Vec<Exemplar>)>, SelectError> {
        let inner = self.inner();
        let found = lookup.any_of.iter().flat_map(|set| inner.samples.exemplars(set, lookup.from, lookup.to));
        Ok(found.collect())
    }

    fn metadata(&self) -> BTreeMap<String, Vec<Metadata>> {
        let inner = self.inner();
        let all = inner.samples.all_metadata();
        all.map(|(metric, metadata)| (metric.to_owned(), vec![metadata.clone()])).collect()
    }

    fn targets(&self) -> Targets {
        Targets::default()
    }

    fn evaluations(&self) -> BTreeMap<Name, Evaluated> {
        BTreeMap::new()
    }

    fn stats(&self) -> Stats {
        let inner = self.inner();
        let stats = inner.samples.stats();
        Stats {
            series: stats.series as u64,
            chunks: inner.samples.chunks() as u64,
            samples: stats.samples as u64,
            span: stats.span,
            retention: "1h".to_owned(),
        }
    }

    fn cardinality(&self, most: usize) -> Cardinality {
        self.inner().samples.cardinality(most)
    }

    fn admin(&self) -> Option<&dyn Admin> {
        None
    }
}

/// A query copies what it needs out.
impl Select for Still {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        Ok(Box::new(self.inner().samples.take(wanted)))
    }
}
