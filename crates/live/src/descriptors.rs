//! Room for a connection to each of very many targets.

use rustix::process::{Resource, getrlimit, setrlimit};

/// As many open files as the system lets this process have; what it starts with is often 1,024.
pub fn raise() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is: very many targets will not be reached");
    }
}
