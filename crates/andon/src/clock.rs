//! The time, for commands that look at what holds from now on.

use std::time::{SystemTime, UNIX_EPOCH};

use andon_vocabulary::Timestamp;

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
