//! Where requests may go: the one place that says so for all that is asked and sent over HTTP.
//!
//! Whoever writes the definitions names addresses; others name some too: a redirect, a provider's answer, a label in a
//! template, whoever keeps a zone of DNS. None of them leads to where a cloud tells its machines their credentials: not
//! by an address however it is written, not by a name (what it resolves to is what is connected to, so that it cannot
//! change in between), and not by a redirect. Nor does a redirect lead from elsewhere to this machine, whether it says
//! so or gives a name that resolves here. A name of the definitions' own may be this machine's.

mod names;

use std::net::{IpAddr, SocketAddr};

use andon_vocabulary::{is_off_limits, is_this_machine};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, StatusCode, Url, redirect};

use names::Names;

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
    is_this_machine(host) || host.ends_with(".localhost") || host.parse().is_ok_and(is_own)
}

/// What is connected to at no address in particular is connected to here.
fn is_own(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
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
    /// A client that follows these, and finds names with care.
    pub fn guard(self, client: ClientBuilder) -> ClientBuilder {
        let names = Names::default();
        client.redirect(self.policy(names.clone())).dns_resolver(Careful(names))
    }

    fn policy(self, names: Names) -> redirect::Policy {
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
            let comes_from_here = from.first().is_some_and(|first| is_here(first) || names.is_here(first));
            if !comes_from_here && (is_here(attempt.url()) || !names.leads_to(attempt.url())) {
                return attempt.error(LedHere);
            }
            attempt.follow()
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a redirect from elsewhere leads to this machine")]
pub struct LedHere;

/// Names as addresses that may be connected to.
#[derive(Clone, Default)]
pub struct Careful(Names);

impl Resolve for Careful {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = names.found(name.as_str(), allowed(found)?)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Where a host of something else than HTTP is.
pub async fn places(host: &str) -> Result<Vec<IpAddr>, String> {
    let found = tokio::net::lookup_host((host, 0)).await.map_err(|error| format!("{host}: {error}"))?;
    let allowed = allowed(found).map_err(|error| format!("{host}: {error}"))?;
    Ok(allowed.into_iter().map(|address| address.ip()).collect())
}

fn allowed(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, OffLimits> {
    let mut all = found.peekable();
    let is_known = all.peek().is_some();
    let allowed: Vec<SocketAddr> = all.filter(|address| !is_off_limits(address.ip())).collect();
    if is_known && allowed.is_empty() { Err(OffLimits) } else { Ok(allowed) }
}

#[cfg(test)]
mod tests;
