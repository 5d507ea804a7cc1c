//! The database connections of a checkout. The database is imagined; the pool is not: a fixed number of
//! connections, a bounded wait for one, and an answer of "none" when the wait is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub const SIZE: usize = 20;
/// Shorter than any caller's patience, so that callers hear why.
pub const WAIT_MAX: Duration = Duration::from_millis(250);

#[derive(Debug, Clone)]
pub struct Pool(Arc<Semaphore>);

/// One connection, given back when dropped.
#[derive(Debug)]
pub struct Connection(OwnedSemaphorePermit);

impl Pool {
    pub fn new() -> Pool {
        Pool(Arc::new(Semaphore::new(SIZE)))
    }

    /// None when no connection came free within `WAIT_MAX`.
    pub async fn acquire(&self) -> Option<Connection> {
        let permit = tokio::time::timeout(WAIT_MAX, self.0.clone().acquire_owned()).await.ok()?;
        Some(Connection(permit.expect("the pool is never closed")))
    }

    pub fn in_use(&self) -> usize {
        SIZE - self.0.available_permits()
    }
}

impl Connection {
    /// Lose it: until the process ends, nobody gets this connection again.
    pub fn leak(self) {
        self.0.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_comes_back_unless_it_is_leaked() {
        let pool = Pool::new();
        drop(pool.acquire().await);
        assert_eq!(pool.in_use(), 0);
        for lost in 1..=SIZE {
            pool.acquire().await.expect("there are some left").leak();
            assert_eq!(pool.in_use(), lost);
        }
        assert!(pool.acquire().await.is_none());
    }
}
