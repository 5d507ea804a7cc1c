//! Asking over HTTP as a configuration says: with its credentials, its certificates, its proxy.

mod credentials;
mod files;
mod named;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use andon_definitions::prometheus::HttpClient;
use reqwest::header::{HOST, HeaderMap};
use reqwest::{Client, Method, Proxy, RequestBuilder, Url, redirect};

use crate::http::AGENT;
use crate::http::reach::Follow;
use files::Files;
use named::{Instead, Named};

/// The files that a configuration names are looked at again after this: a rotated password or certificate is used
/// soon, and ten thousand targets do not read the same file ten thousand times.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// One configuration of a client. Shared by all who ask that way.
#[derive(Debug)]
pub struct Caller {
    config: HttpClient,
    /// Relative paths begin here.
    directory: PathBuf,
    /// What everybody uses whose configuration says nothing.
    plain: Client,
    follow: Follow,
    ready: Mutex<Option<Ready>>,
}

/// So many redirects Prometheus follows, and Alertmanager.
const REDIRECTS_MAX: usize = 10;

#[derive(Debug)]
struct Ready {
    looked: Instant,
    files: Files,
    client: Client,
    headers: HeaderMap,
    named: Named,
}

impl Caller {
    pub fn new(config: &HttpClient, directory: &Path, plain: &Client) -> Caller {
        let (config, directory) = (config.clone(), directory.to_owned());
        let follow = Follow::Asking(REDIRECTS_MAX);
        Caller { config, directory, plain: plain.clone(), follow, ready: Mutex::new(None) }
    }

    /// For one that sends something, which must arrive whole.
    pub fn that_sends(self) -> Caller {
        Caller { follow: Follow::Sending(REDIRECTS_MAX), ..self }
    }

    /// A request with everything that the configuration says, or in words what is wrong with a file.
    pub fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, String> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = match &mut *ready {
            Some(ready) => self.holds(ready)?,
            None => false,
        };
        if !holds {
            *ready = None;
        }
        let ready = match &mut *ready {
            Some(ready) => ready,
            none => none.insert(self.prepare()?),
        };
        let Some(instead) = self.instead(url) else {
            return Ok(ready.client.request(method, url).headers(ready.headers.clone()));
        };
        let (to, host) = (instead.url.clone(), instead.host_header());
        let client = match ready.named.get(&instead) {
            Some(client) => client,
            None => {
                let client = self.client(&ready.files, Some(&instead))?;
                ready.named.keep(&instead, client.clone());
                client
            }
        };
        Ok(client.request(method, to).headers(ready.headers.clone()).header(HOST, host))
    }

    /// Whether the files are still what they were; looked at now and then.
    fn holds(&self, ready: &mut Ready) -> Result<bool, String> {
        if ready.files.is_empty() || ready.looked.elapsed() < LOOK_AGAIN {
            return Ok(true);
        }
        let is_same = Files::read(&self.config, &self.directory)? == ready.files;
        if is_same {
            ready.looked = Instant::now();
        }
        Ok(is_same)
    }

    fn prepare(&self) -> Result<Ready, String> {
        let files = Files::read(&self.config, &self.directory)?;
        let headers = credentials::headers(&self.config, &files)?;
        let client = self.client(&files, None)?;
        Ok(Ready { looked: Instant::now(), files, client, headers, named: Named::default() })
    }

    /// Where a server is to be called by another name than its address has. Through a proxy the address stays, since
    /// the proxy is told it and finds the server by it.
    fn instead(&self, url: &str) -> Option<Instead> {
        let has_proxy = self.config.proxy_url.is_some() || self.config.proxy_from_environment;
        let name = self.config.tls_config.server_name.as_deref().filter(|_| !has_proxy)?;
        Instead::of(Url::parse(url).ok()?, name)
    }

    fn client(&self, files: &Files, instead: Option<&Instead>) -> Result<Client, String> {
        let config = &self.config;
        let is_plain = config.tls_config == HttpClient::default().tls_config
            && config.proxy_url.is_none()
            && !config.proxy_from_environment
            && config.follow_redirects;
        if is_plain {
            return Ok(self.plain.clone());
        }
        let mut builder = self
            .follow
            .guard(Client::builder())
            .pool_idle_timeout(Duration::from_secs(300))
            .tcp_nodelay(true)
            .user_agent(AGENT);
        if !config.follow_redirects {
            builder = builder.redirect(redirect::Policy::none());
        }
        if !config.proxy_from_environment {
            builder = builder.no_proxy();
        }
        if let Some(url) = &config.proxy_url {
            let proxy = Proxy::all(url).map_err(|_| format!("`{url}` is no address of a proxy"))?;
            let around = config.no_proxy.as_deref().and_then(reqwest::NoProxy::from_string);
            builder = builder.proxy(proxy.no_proxy(around));
        }
        if let Some(tls) = tls::config(&config.tls_config, files)? {
            builder = builder.tls_backend_preconfigured(tls);
        }
        if let Some(instead) = instead {
            builder = builder.dns_resolver(instead.resolver());
        }
        builder.build().map_err(|error| format!("cannot make requests: {error}"))
    }
}

#[cfg(test)]
mod tests;
