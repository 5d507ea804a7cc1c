//! Asking over HTTP within bounds: of time, and of what may come back.

pub mod reach;

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Response, redirect};

use reach::{Careful, Follow};

/// So many redirects are followed where nothing else is said.
const REDIRECTS_MAX: usize = 3;

/// Keeps connections open between requests; never goes through a proxy, since what it asks is near.
pub fn near_client() -> Result<Client, reqwest::Error> {
    near(Follow::Asking(REDIRECTS_MAX))
}

/// The same for the receivers of an `alertmanager.yml`, which are sent something.
pub fn receivers_client() -> Result<Client, reqwest::Error> {
    near(Follow::Sending(REDIRECTS_MAX))
}

fn near(follow: Follow) -> Result<Client, reqwest::Error> {
    follow
        .guard(Client::builder())
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(90))
        .tcp_nodelay(true)
        .user_agent(AGENT)
        .build()
}

/// For people's receivers: through the proxy that the environment names, and never redirected, since a redirected
/// POST may lose its body, and leads who knows where.
pub fn far_client() -> Result<Client, reqwest::Error> {
    let client = Client::builder().redirect(redirect::Policy::none()).user_agent(AGENT);
    client.dns_resolver(Careful::default()).build()
}

/// A new connection each time, so that what is measured includes what a new customer waits for.
pub fn probe_client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .tls_info(true)
        .user_agent(AGENT)
        .build()
}

pub const AGENT: &str = concat!("andon/", env!("CARGO_PKG_VERSION"));

/// Appends the whole body to `into`, or says why not. What exceeds `limit` is never held in memory.
pub async fn read_body(response: &mut Response, limit: usize, into: &mut Vec<u8>) -> Result<(), String> {
    read_portions(response, limit, |portion| into.extend_from_slice(portion)).await
}

/// Hands the body on as it arrives, or says why not. What exceeds `limit` is not handed on.
pub async fn read_portions(
    response: &mut Response,
    limit: usize,
    mut take: impl FnMut(&[u8]),
) -> Result<(), String> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(too_long(limit));
    }
    let mut room = limit;
    while let Some(portion) =
        response.chunk().await.map_err(|error| format!("the answer broke off: {}", in_words(&error)))?
    {
        room = room.checked_sub(portion.len()).ok_or_else(|| too_long(limit))?;
        take(&portion);
    }
    Ok(())
}

pub fn too_long(limit: usize) -> String {
    let limit = if limit >= 1 << 20 { format!("{} MiB", limit >> 20) } else { format!("{limit} bytes") };
    format!("the answer is longer than {limit}; expose fewer series, or raise the limit")
}

/// The innermost cause, which is what a person can do something about. The address is left out: it may hold a
/// secret, and whoever asks knows it.
pub fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let place = if error.is_builder() {
        "not an address that can be asked"
    } else if error.is_connect() {
        "cannot connect"
    } else if error.is_redirect() {
        "redirected, and not followed"
    } else {
        "the request failed"
    };
    match innermost(error) {
        Some(cause) => format!("{place}: {}", cause.to_string().to_lowercase()),
        None => place.to_owned(),
    }
}

fn innermost(error: &dyn Error) -> Option<&dyn Error> {
    let mut cause = error.source()?;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Some(cause)
}
