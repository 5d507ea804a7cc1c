//! The instances of another service: each call goes to the next one in turn, and to the one after that when
//! nobody answers there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::addresses::Addresses;
use crate::place::Service;
use crate::shop::{REQUEST_ID, RequestId};

const ANSWER_BYTES_MAX: usize = 1024 * 1024;

#[derive(Debug)]
pub struct Peers {
    service: Service,
    addresses: Addresses,
    next: AtomicUsize,
    client: Client<HttpConnector, Body>,
    /// For the whole call, whichever instances it tries.
    patience: Duration,
}

#[derive(Debug)]
pub struct Answer {
    pub code: StatusCode,
    pub body: Value,
}

impl Peers {
    pub fn from_env(service: Service, patience: Duration) -> Result<Peers, String> {
        let addresses = Addresses::from_env(service)?;
        let client =
            Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(20)).build_http();
        Ok(Peers { service, addresses, next: AtomicUsize::new(0), client, patience })
    }

    pub async fn get(&self, path: &str, id: &RequestId) -> Result<Answer, String> {
        self.call(Method::GET, path, None, id).await
    }

    pub async fn post(&self, path: &str, body: &Value, id: &RequestId) -> Result<Answer, String> {
        self.call(Method::POST, path, Some(body), id).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        id: &RequestId,
    ) -> Result<Answer, String> {
        let name = self.service.name();
        tokio::time::timeout(self.patience, self.try_each(method, path, body, id))
            .await
            .map_err(|_| format!("{name} did not answer within {} ms", self.patience.as_millis()))?
            .map_err(|last| format!("no instance of {name} answers: {last}"))
    }

    async fn try_each(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        id: &RequestId,
    ) -> Result<Answer, String> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let urls = self.addresses.now();
        let mut last = String::new();
        for turn in 0..urls.len() {
            let url = &urls[first.wrapping_add(turn) % urls.len()];
            let request = Request::builder()
                .method(method.clone())
                .uri(format!("{url}{path}"))
                .header(header::CONTENT_TYPE, "application/json")
                .header(REQUEST_ID, &id.0)
                .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
                .map_err(|error| format!("{url}{path} cannot be asked for: {error}"))?;
            match self.client.request(request).await {
                Ok(response) => {
                    let code = response.status();
                    let bytes = to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX)
                        .await
                        .map_err(|error| format!("{url} broke off its answer: {error}"))?;
                    return Ok(Answer { code, body: read(&bytes) });
                }
                // What was sent and not answered may have been done: only a question is asked again.
                Err(error) if !error.is_connect() && method != Method::GET => {
                    return Err(format!("{url} broke off: {error}"));
                }
                Err(error) => last = format!("{url}: {error}"),
            }
        }
        Err(last)
    }
}

/// A body that is not JSON is kept as text: it may say what went wrong.
fn read(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}
