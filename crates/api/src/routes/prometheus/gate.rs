//! How many queries run at once, for how long, and until when anybody waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::failure::Failure;

/// Prometheus's defaults: `--query.max-concurrency`, `--query.timeout`, `--query.max-samples`.
pub const CONCURRENT_MAX: usize = 20;
pub const DEADLINE: Duration = Duration::from_secs(120);
pub const SAMPLES_MAX: usize = 50_000_000;

/// Every query passes here.
#[derive(Debug)]
pub struct Gate {
    places: Arc<Semaphore>,
    pub tally: Tally,
}

/// What passed, for this server's own metrics.
#[derive(Debug, Default)]
pub struct Tally {
    pub answered: AtomicU64,
    pub failed: AtomicU64,
    pub running: AtomicU64,
    pub micros: AtomicU64,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate { places: Arc::new(Semaphore::new(CONCURRENT_MAX)), tally: Tally::default() }
    }
}

/// Whether an answer is still wanted.
#[derive(Debug)]
pub struct Wish {
    deadline: Instant,
    is_gone: AtomicBool,
    /// How long it waited for its turn.
    pub queued: Duration,
}

impl Wish {
    /// For `Options::is_cancelled`.
    pub fn is_over(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }

    /// Why it was given up.
    pub fn failure(&self, within: &str) -> Failure {
        if self.is_gone.load(Ordering::Relaxed) {
            Failure::canceled(within)
        } else {
            Failure::timed_out(within)
        }
    }
}

/// Dropped with the request: nobody waits any longer.
struct Leaving(Arc<Wish>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Ordering::Relaxed);
    }
}

/// A place that one holds for as long as it is answered somewhere else.
pub struct Place {
    gate: Arc<Gate>,
    _permit: OwnedSemaphorePermit,
    began: Instant,
    /// What is left of its time.
    pub left: Duration,
}

impl Place {
    /// Says what came of it.
    pub fn counted(&self, is_answered: bool) {
        self.gate.tally.count(is_answered);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.tally.ended(self.began);
    }
}

impl Tally {
    fn begun(&self) -> Instant {
        self.running.fetch_add(1, Ordering::Relaxed);
        Instant::now()
    }

    fn ended(&self, began: Instant) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn count(&self, is_answered: bool) {
        let count = if is_answered { &self.answered } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Gate {
    /// Waits for a place, to be held until the last of an answer has been handed on.
    pub async fn place(self: &Arc<Gate>, within: Duration) -> Result<Place, Failure> {
        let (asked, within) = (Instant::now(), within.min(DEADLINE));
        let permit = self.permit(within).await?;
        let left = within.saturating_sub(asked.elapsed());
        Ok(Place { gate: Arc::clone(self), _permit: permit, began: self.tally.begun(), left })
    }

    async fn permit(&self, within: Duration) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = tokio::time::timeout(within, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(permit) = permit else { return Err(Failure::timed_out("query queue")) };
        permit.map_err(|_| Failure::internal("queries are no longer answered"))
    }

    /// Waits for a place, then works where blocking is allowed. `within` bounds waiting and working together.
    pub async fn pass<T: Send + 'static>(
        self: &Arc<Gate>,
        within: Duration,
        work: impl FnOnce(&Wish) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let asked = Instant::now();
        let within = within.min(DEADLINE);
        let place = self.permit(within).await?;
        let queued = asked.elapsed();
        let wish = Arc::new(Wish { deadline: asked + within, is_gone: AtomicBool::new(false), queued });
        let _leaving = Leaving(Arc::clone(&wish));
        let gate = Arc::clone(self);
        let worked = tokio::task::spawn_blocking(move || {
            // Held until the work ends, even if nobody waits for it any longer.
            let _place = place;
            gate.counted(|| work(&wish))
        });
        worked.await.unwrap_or_else(|error| Err(Failure::internal(format!("the query broke down: {error}"))))
    }

    fn counted<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let began = self.tally.begun();
        let done = work();
        self.tally.ended(began);
        self.tally.count(done.is_ok());
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works until nobody wants it any longer.
    fn until_over(wish: &Wish) -> Result<(), Failure> {
        while !wish.is_over() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(wish.failure("expression evaluation"))
    }

    #[tokio::test]
    async fn a_deadline_ends_a_query() {
        let gate = Arc::new(Gate::default());
        let ended = gate.pass(Duration::from_millis(20), until_over).await;
        assert_eq!(ended, Err(Failure::timed_out("expression evaluation")));
        assert_eq!(gate.tally.failed.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_client_that_leaves_ends_its_query() {
        let gate = Arc::new(Gate::default());
        let asked = tokio::time::timeout(Duration::from_millis(20), gate.pass(DEADLINE, until_over));
        assert!(asked.await.is_err(), "it left");
        let is_done = async {
            while gate.tally.failed.load(Ordering::Relaxed) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(10), is_done).await.is_ok());
        assert_eq!(gate.tally.running.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn one_too_many_waits_and_waits_no_longer_than_it_may() {
        let gate = Arc::new(Gate::default());
        let full: Vec<_> = (0..CONCURRENT_MAX)
            .map(|_| {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move { gate.pass(Duration::from_millis(300), until_over).await })
            })
            .collect();
        while gate.tally.running.load(Ordering::Relaxed) < CONCURRENT_MAX as u64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let waited = gate.pass(Duration::from_millis(20), |_| Ok(())).await;
        assert_eq!(waited, Err(Failure::timed_out("query queue")));
        assert_eq!(gate.pass(DEADLINE, |_| Ok(7)).await, Ok(7), "its turn comes");
        for one in full {
            assert_eq!(one.await.unwrap(), Err(Failure::timed_out("expression evaluation")));
        }
    }
}
