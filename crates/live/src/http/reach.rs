//! Where requests may go: the one place that says so for all that is asked and sent over HTTP.
//!
//! Whoever writes the definitions names addresses; others name some too: a redirect, a provider's answer, a label in a
//! template, whoever keeps a zone of DNS. None of them leads to where a cloud tells its machines their credentials: not
//! by an address however it is written, not by a name (what it resolves to is what is connected to, so that it cannot
//! change in between), and not by a redirect. Nor does a redirect lead from elsewhere to this machine.

use std::net::{IpAddr, SocketAddr};

use andon_vocabulary::{is_off_limits, is_this_machine};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{StatusCode, Url, redirect};

#[derive(Debug, thiserror::Error)]
#[error(
    "that is a link-local address, or one where a cloud keeps its machines' credentials: nothing is sent there"
)]
pub struct OffLimits;

/// An address that may be asked, as far as it says itself where it leads.
pub fn may_be_asked(url: &str) -> Result<Url, String> {
    let parsed = Url::parse(url).map_err(|_| "not an address that can be asked".to_owned())?;
    match is_allowed(&parsed) {
        true => Ok(parsed),
        false => Err(format!("{}: {OffLimits}", parsed.host_str().unwrap_or_default())),
    }
}

/// The same, and nobody on the way can read or change what is said: by https, or on this machine.
pub fn may_be_trusted(url: &str) -> Result<Url, String> {
    let url = may_be_asked(url)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here(&url) => Ok(url),
        _ => Err("only https is asked, or http on this machine".to_owned()),
    }
}

/// The parser has made an address of what was written in decimal, octal or hexadecimal.
fn is_allowed(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    !host.parse::<IpAddr>().is_ok_and(is_off_limits)
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    is_this_machine(host) || host.ends_with(".localhost")
}

/// Which redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Of what is asked: so many.
    Asking(usize),
    /// Of what is sent: so many, and only those that repeat it. After another, a receiver would say that it is well
    /// without having been told anything.
    Sending(usize),
}

impl Follow {
    pub fn policy(self) -> redirect::Policy {
        redirect::Policy::custom(move |attempt| {
            let from = attempt.previous();
            let (Follow::Asking(most) | Follow::Sending(most)) = self;
            let repeats = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
            if matches!(self, Follow::Sending(_)) && !repeats.contains(&attempt.status()) {
                return attempt.stop();
            }
            if from.len() > most {
                return attempt.error(format!("more than {most} redirects"));
            }
            if !is_allowed(attempt.url()) {
                return attempt.error(OffLimits);
            }
            if is_here(attempt.url()) && !from.first().is_some_and(is_here) {
                return attempt.error("a redirect from elsewhere leads to this machine");
            }
            attempt.follow()
        })
    }
}

/// Names as addresses that may be connected to.
pub struct Careful;

impl Resolve for Careful {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = allowed(found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn allowed(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, OffLimits> {
    let mut all = found.peekable();
    let is_known = all.peek().is_some();
    let allowed: Vec<SocketAddr> = all.filter(|address| !is_off_limits(address.ip())).collect();
    if is_known && allowed.is_empty() { Err(OffLimits) } else { Ok(allowed) }
}

#[cfg(test)]
mod tests;
