//! A server that is called by another name than its address has, as `tls_config.server_name` asks for.
//!
//! The name that a TLS client says first (SNI) is that of the address. So the name is put into the address, and found to
//! be where the address truly points; each place needs a client of its own, or their connections would be mixed up.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};

use crate::http::reach::Careful;

/// A place that was not asked for so long is no longer a target.
const KEPT: Duration = Duration::from_secs(600);

/// An address with the name in it.
#[derive(Clone, Debug)]
pub(super) struct Instead {
    pub url: Url,
    name: String,
    /// Where it truly is.
    host: String,
    port: Option<u16>,
}

impl Instead {
    /// None where nothing is to be changed: no TLS, the same name, or one that is an IP address, which is never said.
    pub fn of(mut url: Url, name: &str) -> Option<Instead> {
        let host = url.host_str()?.to_owned();
        if url.scheme() != "https" || host.eq_ignore_ascii_case(name) || name.parse::<IpAddr>().is_ok() {
            return None;
        }
        let port = url.port();
        url.set_host(Some(name)).ok()?;
        Some(Instead { url, name: name.to_owned(), host, port })
    }

    /// The address that the server is known by to whoever asks.
    pub fn host_header(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    pub fn resolver(&self) -> Arc<dyn Resolve> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Arc::new(There { name: self.name.clone(), host })
    }
}

/// Finds the name where the host is.
struct There {
    name: String,
    host: String,
}

impl Resolve for There {
    fn resolve(&self, asked: Name) -> Resolving {
        if !asked.as_str().eq_ignore_ascii_case(&self.name) {
            return Careful::default().resolve(asked);
        }
        let host = self.host.clone();
        Box::pin(async move {
            // The port of the address stands in its place.
            let found = tokio::net::lookup_host((host, 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The clients of each place.
#[derive(Debug, Default)]
pub(super) struct Named(BTreeMap<String, (Instant, Client)>);

impl Named {
    pub fn get(&mut self, instead: &Instead) -> Option<Client> {
        let (used, client) = self.0.get_mut(&instead.host)?;
        *used = Instant::now();
        Some(client.clone())
    }

    pub fn keep(&mut self, instead: &Instead, client: Client) {
        self.0.retain(|_, (used, _)| used.elapsed() < KEPT);
        self.0.insert(instead.host.clone(), (Instant::now(), client));
    }
}
