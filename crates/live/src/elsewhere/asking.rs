//! What the loop wants to know of another store: asked beside the loop, a few questions at once, and brought back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use andon_definitions::instance::Metrics;
use andon_monitor::{Answer, Answers, Question};
use andon_vocabulary::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

use super::{Elsewhere, NAME};

/// Questions that are asked at the same time.
const AT_ONCE: usize = 8;

/// The loop's side. Shared with pages, which want to know where the samples are.
#[derive(Debug)]
pub struct Asking {
    runtime: Handle,
    directory: PathBuf,
    permits: Arc<Semaphore>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// As the definitions say it; none before they were read.
    metrics: Option<Metrics>,
    store: Option<Arc<Elsewhere>>,
    /// Why it cannot be asked at all.
    broken: Option<String>,
    under_way: BTreeSet<Question>,
    arrived: Vec<(Question, Answer)>,
}

impl Asking {
    pub fn new(runtime: Handle, directory: &Path) -> Asking {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        Asking { runtime, directory: directory.to_owned(), permits, shared: Arc::default() }
    }

    /// Another store; none while samples are kept here.
    pub fn store(&self) -> Option<Arc<Elsewhere>> {
        self.lock().store.clone()
    }

    /// Follows the definitions. Gives back fresh answers where another store is to be asked from now on.
    pub fn follow(&self, metrics: &Metrics) -> Option<Option<Answers>> {
        let mut state = self.lock();
        if state.metrics.as_ref() == Some(metrics) {
            return None;
        }
        *state = State { metrics: Some(metrics.clone()), ..State::default() };
        let Metrics::Prometheus(elsewhere) = metrics else { return Some(None) };
        match Elsewhere::new(elsewhere.asked(), &self.directory, self.runtime.clone()) {
            Ok(store) => state.store = Some(Arc::new(store)),
            Err(why) => {
                tracing::error!("{NAME} cannot be asked: {why}");
                state.broken = Some(why);
            }
        }
        Some(Some(Answers::of(NAME.into())))
    }

    /// Asks what is missing and not being asked already.
    pub fn ask(&self, missing: BTreeSet<Question>) {
        let mut state = self.lock();
        let new: Vec<Question> =
            missing.into_iter().filter(|question| state.under_way.insert(question.clone())).collect();
        if new.is_empty() {
            return;
        }
        let Some(store) = state.store.clone() else {
            let why = state.broken.clone().unwrap_or_default();
            state.arrived.extend(new.into_iter().map(|one| (one, Answer::Unreachable(why.clone()))));
            self.shared.arrived.notify_one();
            return;
        };
        let (shared, permits) = (self.shared.clone(), self.permits.clone());
        drop(state);
        self.runtime.spawn(async move {
            let mut asked = tokio::task::JoinSet::new();
            for question in new {
                let (store, permits) = (store.clone(), permits.clone());
                asked.spawn(async move {
                    let _permit = permits.acquire().await;
                    let answer = store.answer(&question).await;
                    (question, answer)
                });
            }
            // A rule that has all its answers need not wait for the others.
            while let Some(Ok(answered)) = asked.join_next().await {
                shared.state.lock().unwrap_or_else(PoisonError::into_inner).arrived.push(answered);
                shared.arrived.notify_one();
            }
        });
    }

    /// Until there are answers. Cancel safe.
    pub async fn arrived(&self) {
        self.shared.arrived.notified().await;
    }

    /// Puts what has come among the answers. Whether the store answered, where anything came: why not, in words.
    pub fn receive(
        &self,
        answers: &mut Answers,
        needed_since: Option<Timestamp>,
    ) -> Option<Result<(), String>> {
        let mut state = self.lock();
        let arrived = std::mem::take(&mut state.arrived);
        let mut said = None;
        for (question, answer) in arrived {
            state.under_way.remove(&question);
            said = Some(match &answer {
                Answer::Unreachable(why) => Err(why.clone()),
                _ => Ok(()),
            });
            if needed_since.is_some_and(|since| question.at >= since) {
                answers.give(question, answer);
            }
        }
        said
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
