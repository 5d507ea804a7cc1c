//! Asking over HTTP as a configuration says: with its credentials, its certificates, its proxy.

mod credentials;
mod files;
mod tls;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use andon_definitions::prometheus::HttpClient;
use reqwest::header::HeaderMap;
use reqwest::{Client, Proxy, redirect};

use crate::http::AGENT;
use files::Files;

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
    ready: Mutex<Option<Ready>>,
}

#[derive(Debug)]
struct Ready {
    looked: Instant,
    files: Files,
    client: Client,
    headers: HeaderMap,
}

impl Caller {
    pub fn new(config: &HttpClient, directory: &Path, plain: &Client) -> Caller {
        let (config, directory) = (config.clone(), directory.to_owned());
        Caller { config, directory, plain: plain.clone(), ready: Mutex::new(None) }
    }

    /// The client and the headers that each request carries, or in words what is wrong with a file.
    pub fn ready(&self) -> Result<(Client, HeaderMap), String> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = &mut *ready {
            let is_fresh = ready.files.is_empty() || ready.looked.elapsed() < LOOK_AGAIN;
            if is_fresh || Files::read(&self.config, &self.directory)? == ready.files {
                if !is_fresh {
                    ready.looked = Instant::now();
                }
                return Ok((ready.client.clone(), ready.headers.clone()));
            }
        }
        let files = Files::read(&self.config, &self.directory)?;
        let headers = credentials::headers(&self.config, &files)?;
        let client = self.client(&files)?;
        *ready =
            Some(Ready { looked: Instant::now(), files, client: client.clone(), headers: headers.clone() });
        Ok((client, headers))
    }

    fn client(&self, files: &Files) -> Result<Client, String> {
        let config = &self.config;
        let is_plain = config.tls_config == HttpClient::default().tls_config
            && config.proxy_url.is_none()
            && !config.proxy_from_environment
            && config.follow_redirects;
        if is_plain {
            return Ok(self.plain.clone());
        }
        let follow =
            if config.follow_redirects { redirect::Policy::limited(10) } else { redirect::Policy::none() };
        let mut builder = Client::builder()
            .redirect(follow)
            .pool_idle_timeout(Duration::from_secs(300))
            .tcp_nodelay(true)
            .user_agent(AGENT);
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
        builder.build().map_err(|error| format!("cannot make requests: {error}"))
    }
}

#[cfg(test)]
mod tests;
