//! Doors for what others send: one address for each `Source`, and the old addresses of those whose clients cannot be
//! told another.
//!
//! In this order: who sends, how often, what it says, and the answer once that is durable. Nothing is dropped
//! silently: what is too much is answered with 413 or 429, what cannot be read with why.

mod answer;
mod incumbent;
mod keys;
mod proof;
mod rate;
mod read;
mod sns;
mod take;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use andon_definitions::{Catalog, Format, Source};
use andon_intake::limits::BODY_BYTES_MAX;
use andon_intake::{Item, Moment, Refused, opsgenie, pagerduty, payload};
use andon_vocabulary::Name;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, post};

use crate::doors::{Door, Routes, Visitor};
use crate::framework;
use crate::port::Loop;
use crate::problem::Problem;
use answer::Words;
use take::Taken;

#[rustfmt::skip]
pub fn routes(shared: Arc<dyn Loop>) -> Routes {
    const OWN: Door = Door::Own("its senders know the secret of a source, or sign");
    let doors = Arc::new(Doors::new(shared));
    let words = from_fn_with_state(Arc::clone(&doors), in_their_words);
    Routes::new()
        .route("/api/v1/in/{source}",                                OWN, post(by_name))
        // PagerDuty
        .route("/v2/enqueue",                                        OWN, post(pagerduty_event))
        .route("/v2/change/enqueue",                                 OWN, post(pagerduty_change))
        // Opsgenie
        .route("/v2/alerts",                                         OWN, post(opsgenie_create))
        .route("/v2/alerts/{identifier}/{action}",                   OWN, post(opsgenie_act))
        .route("/v2/{*path}",                                        OWN, any(nothing_here))
        .route("/api/v1/in/{source}/{*path}",                        OWN, any(nothing_below))
        // GoAlert, Grafana OnCall
        .route("/api/v2/generic/incoming",                           OWN, post(goalert))
        .route("/integrations/v1/formatted_webhook/{token}/",        OWN, post(oncall))
        .through(|router| router.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(words))
        .with_state(doors)
}

/// A program hears of it in its own words, and not that nobody knows it.
async fn nothing_here(method: Method, uri: Uri) -> Problem {
    Problem::not_found(format!("nothing is done by {method} {}", uri.path()))
        .hint("PagerDuty's events are taken at /v2/enqueue, Opsgenie's alerts at /v2/alerts: no more of their APIs is here")
}

async fn nothing_below(Path((source, rest)): Path<(String, String)>) -> Problem {
    Problem::not_found(format!("there is nothing below /api/v1/in/{source}")).hint(format!(
        "a source is sent to at /api/v1/in/{source} itself; addresses of other APIs begin at the root, as /{rest} would"
    ))
}

/// What the doors remember between requests. Losing it costs nothing but work.
struct Doors {
    shared: Arc<dyn Loop>,
    rates: rate::Rates,
    keys: keys::Keys,
    certificates: sns::Certificates,
    /// What comes in by one door under a key is taken in one after the other, so that an end finds what it ends.
    turns: Mutex<BTreeMap<Name, Arc<tokio::sync::Mutex<()>>>>,
}

/// A request, as it came.
struct Posted {
    headers: HeaderMap,
    query: String,
    body: Bytes,
}

/// Why nothing was taken.
#[derive(Debug)]
enum Trouble {
    /// There is no such source.
    Unknown,
    /// The sender has not proven that it may.
    Denied(String),
    /// It may be sent again after so many seconds.
    TooMany {
        after: u64,
    },
    Refused(Refused),
    /// Nothing is wrong with it: it may be sent again.
    Unavailable(String),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Trouble::Refused(refused)
    }
}

impl Doors {
    fn new(shared: Arc<dyn Loop>) -> Doors {
        Doors {
            shared,
            rates: rate::Rates::default(),
            keys: keys::Keys::default(),
            certificates: sns::Certificates::default(),
            turns: Mutex::default(),
        }
    }

    fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(self.shared.view().catalog())
    }

    fn moment(&self, source: &Source) -> Moment {
        Moment { now: self.shared.now(), expires: source.expires.map(|period| period.0) }
    }

    /// One more request for a source that its sender may make.
    fn counted(&self, source: &Source) -> Result<(), Trouble> {
        let taken = self.rates.take(&source.name, source.rate, self.shared.now());
        taken.map_err(|after| Trouble::TooMany { after })
    }

    fn turn(&self, source: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(source.into()).or_default())
    }

    /// The source of this format whose token was given.
    fn by_token<'a>(&self, catalog: &'a Catalog, format: Format, given: &str) -> Result<&'a Source, Trouble> {
        let of_format = catalog.sources.values().filter(|source| source.format == format);
        let mut unreadable = None;
        for source in of_format {
            match proof::is_token_of(&*self.shared, source, given) {
                Ok(true) => return Ok(source),
                Ok(false) => {}
                Err(trouble) => unreadable = Some(trouble),
            }
        }
        Err(unreadable.unwrap_or_else(|| Trouble::Denied("no source has this key".to_owned())))
    }
}

/// What the framework refuses.
async fn in_their_words(State(doors): State<Arc<Doors>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    framework::run(request, next, BODY_BYTES_MAX, |refused| {
        Words::at(&path, &doors.catalog()).untaken(refused.status, refused.sentence())
    })
    .await
}

/// Whatever a source's format is.
async fn by_name(
    State(doors): State<Arc<Doors>>,
    Path(name): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let posted = Posted { headers, query: query.unwrap_or_default(), body };
    let catalog = doors.catalog();
    let source = catalog.sources.get(&name);
    // A pager that tells what it did does not speak as those do that raise alerts.
    let format = source.filter(|source| !source.incumbent).map(|source| source.format);
    let words = Words::of(format, &posted.body);
    let taken = match source {
        None => Err(Trouble::Unknown),
        Some(source) => doors.take_posted(source, &catalog, &posted, &visitor).await,
    };
    words.answer(taken)
}

impl Doors {
    async fn take_posted(
        &self,
        source: &Source,
        catalog: &Catalog,
        posted: &Posted,
        visitor: &Visitor,
    ) -> Result<Taken, Trouble> {
        proof::prove(&*self.shared, source, posted)?;
        self.counted(source)?;
        if source.incumbent {
            return self.compare(source, posted, visitor.sender(&source.name)).await;
        }
        let items = match source.format {
            Format::Sns => self.sns(source, &posted.body).await?,
            _ => read::items(source, posted, self.moment(source))?,
        };
        self.take(items, payload::kept(&posted.body), source, catalog, visitor).await
    }

    async fn take_of(
        &self,
        source: &Source,
        catalog: &Catalog,
        item: Item,
        body: &[u8],
        visitor: &Visitor,
    ) -> Result<Taken, Trouble> {
        self.counted(source)?;
        self.take(vec![item], payload::kept(body), source, catalog, visitor).await
    }
}

async fn pagerduty_event(State(doors): State<Arc<Doors>>, visitor: Visitor, body: Bytes) -> Response {
    let words = Words::of(Some(Format::Pagerduty), &body);
    let taken = async {
        let event = pagerduty::Event::read(&body)?;
        let catalog = doors.catalog();
        let source = doors.by_token(&catalog, Format::Pagerduty, &event.routing_key)?;
        doors.take_of(source, &catalog, event.item(doors.moment(source)), &body, &visitor).await
    };
    words.answer(taken.await)
}

async fn pagerduty_change(State(doors): State<Arc<Doors>>, visitor: Visitor, body: Bytes) -> Response {
    let taken = async {
        let event = pagerduty::ChangeEvent::read(&body)?;
        let catalog = doors.catalog();
        let source = doors.by_token(&catalog, Format::Pagerduty, &event.routing_key)?;
        doors.take_of(source, &catalog, Item::Change(event.change), &body, &visitor).await
    };
    Words::PagerdutyChange.answer(taken.await)
}

async fn opsgenie_create(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let words = Words::of(Some(Format::Opsgenie), &body);
    let taken = async {
        let catalog = doors.catalog();
        let given = proof::genie_key(&headers)?;
        let source = doors.by_token(&catalog, Format::Opsgenie, given)?;
        let item = opsgenie::create(&body, doors.moment(source))?;
        doors.take_of(source, &catalog, item, &body, &visitor).await
    };
    words.answer(taken.await)
}

async fn opsgenie_act(
    State(doors): State<Arc<Doors>>,
    Path((identifier, action)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let taken = async {
        let catalog = doors.catalog();
        let given = proof::genie_key(&headers)?;
        let source = doors.by_token(&catalog, Format::Opsgenie, given)?;
        let query = query.unwrap_or_default();
        let kind = read::field(&query, "identifierType");
        let action = opsgenie::Action::parse(&action)?;
        let item = opsgenie::act(action, &identifier, kind.as_deref(), &body)?;
        doors.take_of(source, &catalog, item, &body, &visitor).await
    };
    Words::Opsgenie { request: opsgenie::id_of(identifier.as_bytes()) }.answer(taken.await)
}

async fn goalert(
    State(doors): State<Arc<Doors>>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let posted = Posted { headers, query: query.unwrap_or_default(), body };
    let taken = async {
        let catalog = doors.catalog();
        let given = read::field(&posted.query, "token").unwrap_or_default();
        let source = doors.by_token(&catalog, Format::Goalert, &given)?;
        doors.counted(source)?;
        let items = read::items(source, &posted, doors.moment(source))?;
        doors.take(items, payload::kept(&posted.body), source, &catalog, &visitor).await
    };
    Words::Goalert.answer(taken.await)
}

async fn oncall(
    State(doors): State<Arc<Doors>>,
    Path(token): Path<String>,
    visitor: Visitor,
    body: Bytes,
) -> Response {
    let taken = async {
        let catalog = doors.catalog();
        let source = doors.by_token(&catalog, Format::Oncall, &token)?;
        let item = andon_intake::oncall::read(&body, doors.moment(source))?;
        doors.take_of(source, &catalog, item, &body, &visitor).await
    };
    Words::Plain.answer(taken.await)
}

#[cfg(test)]
mod tests;
