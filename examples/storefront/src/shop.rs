//! What every service of the storefront has: its place, log, metrics, faults, and a server around its own
//! routes that measures them, lets faults strike them, and stops in good order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::dice::Dice;
use crate::failure::{Failure, Reason};
use crate::faults::{CRASH_AFTER, ERROR_PROBABILITY, Fault, Faults, SLOW};
use crate::log::{Level, Log};
use crate::metrics::{Metrics, Page};
use crate::operations;
use crate::place::Place;

/// Longer than any request should take, shorter than the 2 s after which a supervisor may lose patience.
const DRAIN_MAX: Duration = Duration::from_millis(1800);

pub struct Shop {
    pub place: Place,
    pub log: Log,
    pub metrics: Metrics,
    pub faults: Faults,
    pub dice: Dice,
    /// What this service measures beyond its requests.
    pub measures: Box<dyn Fn(&mut Page) + Send + Sync>,
    /// Told why a request failed on our side, once for each.
    pub failed: Box<dyn Fn(Reason) + Send + Sync>,
    stopping: watch::Sender<bool>,
    requests: AtomicU64,
}

/// Names a request in the logs of every service that it passes through.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub const REQUEST_ID: &str = "x-request-id";

impl Shop {
    pub fn open(
        place: Place,
        measures: impl Fn(&mut Page) + Send + Sync + 'static,
        failed: impl Fn(Reason) + Send + Sync + 'static,
    ) -> Result<Arc<Shop>, String> {
        Ok(Arc::new(Shop {
            log: Log::from_env(&place)?,
            metrics: Metrics::of(place.service.routes()),
            faults: Faults::at(&place),
            dice: Dice::new(),
            measures: Box::new(measures),
            failed: Box::new(failed),
            stopping: watch::Sender::new(false),
            requests: AtomicU64::new(0),
            place,
        }))
    }

    /// Serves until SIGTERM or SIGINT; then takes no more, finishes what is in flight and returns.
    pub async fn serve(self: &Arc<Shop>, routes: Router) -> Result<(), String> {
        let app = operations::routes(self.clone()).merge(self.watched(routes));
        let port = self.place.port;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            format!("cannot listen on 127.0.0.1:{port}: {error}; is another one running there?")
        })?;
        let address = listener.local_addr().map_err(|error| format!("cannot read the address: {error}"))?;

        self.stop_on_signals()?;
        let born_with: Vec<_> = self.place.born_with().iter().map(|fault| fault.name()).collect();
        self.log.say(
            Level::Info,
            "listening",
            json!({ "address": address.to_string(), "pid": std::process::id(), "born_with": born_with }),
        );
        if self.faults.is_on(Fault::CrashLoop) {
            self.crash(CRASH_AFTER);
        }

        let serving = axum::serve(listener, app).with_graceful_shutdown(stopped(self.stopping.subscribe()));
        let patience = async {
            stopped(self.stopping.subscribe()).await;
            tokio::time::sleep(DRAIN_MAX).await;
        };
        tokio::select! {
            done = serving => done.map_err(|error| format!("the server failed: {error}"))?,
            () = patience => self.log.say(Level::Warn, "stopped with requests in flight", json!({})),
        }
        self.log.say(Level::Info, "stopped", json!({}));
        Ok(())
    }

    fn watched(self: &Arc<Shop>, routes: Router) -> Router {
        // axum panics at a layer without a route below it, and traffic serves nobody.
        if !routes.has_routes() {
            return routes;
        }
        routes
            .route_layer(middleware::from_fn_with_state(self.clone(), strike))
            .route_layer(middleware::from_fn_with_state(self.clone(), observe))
    }

    /// Resolves when the process was asked to stop.
    pub async fn stopped(&self) {
        stopped(self.stopping.subscribe()).await;
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Ends the process with 1, unless the fault is taken back before.
    pub fn crash(self: &Arc<Shop>, after: Duration) {
        let shop = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if shop.faults.is_on(Fault::CrashLoop) {
                shop.log.say(Level::Error, "crashing, as the fault crash-loop asks", json!({}));
                std::process::exit(1);
            }
        });
    }

    fn stop_on_signals(&self) -> Result<(), String> {
        let on = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        let (mut term, mut int) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
        let stopping = self.stopping.clone();
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            stopping.send_replace(true);
        });
        Ok(())
    }

    fn name_request(&self, given: Option<&HeaderValue>) -> RequestId {
        let given = given.and_then(|id| id.to_str().ok()).filter(|id| (1..=64).contains(&id.len()));
        RequestId(match given {
            Some(id) => id.to_string(),
            None => format!("{}-{}", self.place.instance, self.requests.fetch_add(1, Ordering::Relaxed)),
        })
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // The sender lives in the shop, which outlives everyone who waits here.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Measures and logs a request. It stands outside `strike`, so that what a fault does is seen.
async fn observe(State(shop): State<Arc<Shop>>, mut request: Request, next: Next) -> Response {
    let from = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_string());
    let route = route.expect("a route layer runs on matched routes only");
    let id = shop.name_request(request.headers().get(REQUEST_ID));
    request.extensions_mut().insert(id.clone());

    let mut response = next.run(request).await;

    let (code, took) = (response.status(), from.elapsed());
    shop.metrics.answered(&route, code.as_u16(), took);
    let reason = response.extensions().get::<Reason>().copied();
    let mut fields = json!({
        "route": route,
        "code": code.as_u16(),
        "ms": took.as_micros() as f64 / 1000.0,
        "request_id": id.0,
    });
    if let Some(reason) = reason {
        fields["reason"] = reason.word().into();
    }
    if code.is_server_error() {
        (shop.failed)(reason.unwrap_or(Reason::Internal));
        shop.log.say(Level::Error, "request failed", fields);
    } else if code.is_client_error() {
        shop.log.say(Level::Warn, "request refused", fields);
    } else if shop.log.wants_another() {
        shop.log.say(Level::Info, "request served", fields);
    }
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Where the faults that any service can have strike a request.
async fn strike(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    if shop.faults.is_on(Fault::SlowDependency) {
        tokio::time::sleep(SLOW).await;
    }
    if shop.faults.is_on(Fault::MemoryLeak) {
        shop.faults.keep_memory();
    }
    if shop.faults.is_on(Fault::Errors) && shop.dice.happens(ERROR_PROBABILITY) {
        let says = "something broke inside, as the fault 'errors' asks".to_string();
        return Failure { code: StatusCode::INTERNAL_SERVER_ERROR, reason: Reason::Internal, says }
            .into_response();
    }
    next.run(request).await
}
