//! Users, sign-ins and tokens, as whoever keeps them lets them be read and changed.

use std::sync::Arc;

use andon_identity::{Accounts, Change};

use super::TellError;

pub trait AccountBook: Send + Sync {
    /// As of the last change that is durable. Never waits.
    fn read(&self) -> Arc<Accounts>;

    /// Durable when it returns. Blocking: call it where blocking is allowed.
    fn change(&self, change: Change) -> Result<(), TellError>;
}
