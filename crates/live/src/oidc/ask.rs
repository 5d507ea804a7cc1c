//! Asking a provider: only over https or on this machine, never by way of another address, and little at a time.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    AsyncHttpClient, DiscoveryError, HttpRequest, HttpResponse, RequestTokenError, StandardErrorResponse,
    http,
};
use reqwest::{Client, Url};
use serde_json::{Map, Value};

use super::NotSaid;
use crate::http::{far_client, in_words, reach, read_body};

const PATIENCE: Duration = Duration::from_secs(10);
/// Keys and claims are a few kilobytes.
const ANSWER_BYTES_MAX: usize = 512 * 1024;

#[derive(Debug, Default)]
pub(super) struct Asker {
    /// Made when first needed: it reads this machine's certificates.
    client: OnceLock<Client>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unanswered(String);

impl<'c> AsyncHttpClient<'c> for Asker {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

impl Asker {
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        may_be_asked(&request.uri().to_string()).map_err(Unanswered)?;
        let asked = reqwest::Request::try_from(request).map_err(|error| Unanswered(in_words(&error)))?;
        self.send(asked).await
    }

    /// What the provider says of somebody beside the id token.
    pub async fn user_info(&self, url: &Url, token: &str) -> Result<Map<String, Value>, NotSaid> {
        may_be_asked(url.as_str()).map_err(NotSaid::Away)?;
        let client = self.client().map_err(|Unanswered(why)| NotSaid::Away(why))?;
        let asked = client.get(url.clone()).bearer_auth(token).header("accept", "application/json").build();
        let asked = asked.map_err(|error| NotSaid::Away(in_words(&error)))?;
        let answer = self.send(asked).await.map_err(|Unanswered(why)| NotSaid::Away(why))?;
        match serde_json::from_slice(answer.body()) {
            Ok(Value::Object(said)) if answer.status().is_success() => Ok(said),
            _ => Err(NotSaid::Away(format!(
                "the provider says nothing of them: it answers {} to the question for their claims",
                answer.status()
            ))),
        }
    }

    async fn send(&self, mut asked: reqwest::Request) -> Result<HttpResponse, Unanswered> {
        *asked.timeout_mut() = Some(PATIENCE);
        let host = asked.url().host_str().unwrap_or_default().to_owned();
        let unanswered = |why: String| Unanswered(format!("{host}: {why}"));
        let sent = self.client()?.execute(asked).await;
        let mut response = sent.map_err(|error| unanswered(in_words(&error)))?;
        if response.status().is_redirection() {
            return Err(unanswered(format!("it answers {}, and nothing is followed", response.status())));
        }
        let mut body = Vec::new();
        read_body(&mut response, ANSWER_BYTES_MAX, &mut body).await.map_err(unanswered)?;
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        Ok(answer)
    }

    fn client(&self) -> Result<&Client, Unanswered> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = far_client().map_err(|error| Unanswered(in_words(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// What a provider names is asked only where nobody on the way can read or change it, and never where a cloud keeps
/// its machines' credentials.
pub(super) fn may_be_asked(url: &str) -> Result<(), String> {
    reach::may_be_trusted(url).map(drop).map_err(|why| format!("{url:?} is not asked: {why}"))
}

pub(super) fn not_found(error: DiscoveryError<Unanswered>) -> NotSaid {
    NotSaid::Away(match error {
        DiscoveryError::Request(Unanswered(why)) => format!("the provider does not answer: {why}"),
        DiscoveryError::Validation(why) => {
            format!("the provider is another than the definitions name: {why}")
        }
        other => format!("the provider does not say how to sign in: {other}"),
    })
}

pub(super) fn not_exchanged(
    error: RequestTokenError<Unanswered, StandardErrorResponse<CoreErrorResponseType>>,
) -> NotSaid {
    match error {
        RequestTokenError::ServerResponse(said) => {
            NotSaid::Unproven(format!("the provider does not take the code: {}", said.error()))
        }
        RequestTokenError::Request(Unanswered(why)) => {
            NotSaid::Away(format!("the provider does not answer: {why}"))
        }
        // The body may hold a token.
        RequestTokenError::Parse(..) => NotSaid::Unproven("the provider's answer cannot be read".to_owned()),
        RequestTokenError::Other(why) => NotSaid::Unproven(format!("the provider's answer is none: {why}")),
    }
}
