//! The operations on a service: an order becomes a change of what is desired, and is done when that is what is.

use std::time::Duration;

use andon_vocabulary::{Action, Answer, Order, OrderResult};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::desired::Change;
use super::supervisor::{Ask, Made, NotMade};
use super::view::{Progress, View};
use super::{Handle, Local, adopt};
use crate::loopback::{self, Silence};

/// What became of waiting for a change.
enum Waited {
    Reached,
    Superseded,
    Failed(String),
    /// The time was up first; the change goes on.
    Late,
}

impl Local {
    /// Carries out an order of this platform.
    pub async fn carry(&self, service: &str, order: &Order, deadline: Instant) -> OrderResult {
        let Some(handle) = self.services.get(service) else {
            return failed(unknown_service(service));
        };
        if let Action::Fault { path, body, .. } = &order.action {
            return handle.switch(order, path, body, deadline).await;
        }
        match change(service, &order.action) {
            Ok(change) => handle.make(&order.key, change, deadline).await,
            Err(error) => failed(error),
        }
    }

    /// Whether an order of this platform happened. What is desired and durable happens, so it counts as happened;
    /// `evidence` says how far it has come.
    pub async fn look_up(&self, service: &str, order: &Order, deadline: Instant) -> Answer {
        let Some(handle) = self.services.get(service) else {
            return Answer::CannotTell { why: unknown_service(service) };
        };
        let did = match handle.did(&order.key).await {
            Ok(did) => did,
            Err(why) => return Answer::CannotTell { why },
        };
        let Ok(change) = change(service, &order.action) else {
            return match did {
                Some(evidence) => Answer::Happened { evidence },
                None => Answer::DidNotHappen { evidence: "no such order is remembered".to_owned() },
            };
        };
        if did.is_none() && !handle.view.borrow().wants(&change) {
            return Answer::DidNotHappen { evidence: handle.evidence() };
        }
        let waited = handle.reach(&change, deadline).await;
        let now = handle.evidence();
        Answer::Happened {
            evidence: match waited {
                Waited::Reached => now,
                Waited::Superseded => format!("it did, and another order followed; now {now}"),
                Waited::Failed(why) => why,
                Waited::Late => format!("{now}, still under way"),
            },
        }
    }
}

impl Handle {
    async fn make(&self, key: &str, change: Change, deadline: Instant) -> OrderResult {
        let key = key.to_owned();
        let asked = change.clone();
        let made = match self.ask(|answer| Ask::Change { key, change: asked, answer }).await {
            Ok(Ok(made)) => made,
            Ok(Err(NotMade::Refused(error))) => return failed(error),
            Ok(Err(NotMade::Unknown(why))) | Err(why) => return OrderResult::Unknown { why },
        };
        let waited = self.reach(&change, deadline).await;
        let now = self.evidence();
        match (waited, made) {
            (Waited::Reached, _) => OrderResult::Done { detail: now },
            (Waited::Superseded, Made::Before) => {
                OrderResult::Done { detail: format!("done before, and another order followed; now {now}") }
            }
            (Waited::Superseded, Made::Now) => {
                failed(format!("another order came before it was done; now {now}"))
            }
            (Waited::Failed(error), _) => failed(error),
            (Waited::Late, _) => {
                OrderResult::Unknown { why: format!("{now}, still under way when the time was up") }
            }
        }
    }

    async fn reach(&self, change: &Change, deadline: Instant) -> Waited {
        let mut view = self.view.clone();
        loop {
            let progress = view.borrow_and_update().progress(change, Instant::now());
            let look_again = match progress {
                Progress::Reached => return Waited::Reached,
                Progress::Superseded => return Waited::Superseded,
                Progress::Failed(why) => return Waited::Failed(why),
                Progress::Under { look_again } => look_again.unwrap_or(deadline).min(deadline),
            };
            tokio::select! {
                changed = view.changed() => if changed.is_err() { return Waited::Late },
                () = tokio::time::sleep_until(look_again) => {
                    if Instant::now() >= deadline {
                        return Waited::Late;
                    }
                }
            }
        }
    }

    /// Tells every instance. A fault is no desired state: an instance that starts anew starts without it.
    async fn switch(&self, order: &Order, path: &str, body: &str, deadline: Instant) -> OrderResult {
        match self.did(&order.key).await {
            Ok(Some(detail)) => return OrderResult::Done { detail },
            Ok(None) => {}
            Err(why) => return failed(why),
        }
        let (mut told, mut failures, mut broken) = (0, Vec::new(), false);
        let instances = view_of(&self.view).instances;
        let count = instances.len();
        for spot in instances {
            let patience = deadline.saturating_duration_since(Instant::now()).min(Duration::from_secs(5));
            match loopback::post(spot.port, path, &order.key, body, patience).await {
                Ok(200..300) => told += 1,
                Ok(status) => failures.push(format!("{} answered {status}", spot.name)),
                Err(silence) => {
                    broken |= matches!(silence, Silence::Broken(_));
                    failures.push(format!("{}: {silence}", spot.name));
                }
            }
        }
        let said = format!("{told} of {count} instances took it");
        if failures.is_empty() {
            let (key, did) = (order.key.clone(), said.clone());
            // An error means that the hands are leaving; the switch is made all the same.
            let _ = self.asks.send(Ask::Remember { key, did }).await;
            return OrderResult::Done { detail: said };
        }
        let why = format!("{said}; {}", failures.join("; "));
        if broken { OrderResult::Unknown { why } } else { failed(why) }
    }

    async fn did(&self, key: &str) -> Result<Option<String>, String> {
        let key = key.to_owned();
        self.ask(|answer| Ask::Did { key, answer }).await
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, String> {
        let (answer, answered) = oneshot::channel();
        let gone = || "the platform is being stopped".to_owned();
        self.asks.send(ask(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }

    fn evidence(&self) -> String {
        self.view.borrow().evidence()
    }
}

/// Without holding the view, which would make its supervisor wait.
fn view_of(view: &watch::Receiver<View>) -> View {
    view.borrow().clone()
}

fn change(service: &str, action: &Action) -> Result<Change, String> {
    match action {
        Action::Run { from, version, .. } => Ok(Change::Run { from: from.clone(), version: version.clone() }),
        Action::Scale { from, to, .. } => Ok(Change::Scale { from: *from, to: *to }),
        Action::Restart { instances, .. } => instances
            .iter()
            .map(|name| {
                adopt::number(service, name).ok_or_else(|| format!("{service} has no instance {name}"))
            })
            .collect::<Result<_, _>>()
            .map(|instances| Change::Restart { instances }),
        Action::Http { .. } | Action::Process { .. } | Action::Fault { .. } => {
            Err(format!("this changes nothing of what is desired: {action}"))
        }
    }
}

fn failed(error: String) -> OrderResult {
    OrderResult::Failed { error }
}

fn unknown_service(service: &str) -> String {
    format!(
        "{service} does not run on this machine; only a service with `platform: local` can be operated here"
    )
}
