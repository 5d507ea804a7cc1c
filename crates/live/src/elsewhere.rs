//! A Prometheus, Mimir, Thanos or VictoriaMetrics that keeps the samples: what it is asked, and what it says.

mod asking;
mod samples;
mod wire;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use andon_definitions::instance::Asked;
use andon_monitor::{Answer, Question};
use andon_timeseries::Series;
use andon_vocabulary::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, StatusCode};
use tokio::runtime::Handle;

use crate::deliver::secret;
use crate::http::{in_words, read_body};
pub use asking::Asking;

/// What people call it, in alerts and on pages.
pub const NAME: &str = "prometheus";

const BODY_BYTES_MAX: usize = 64 << 20;
/// One that does not answer is tried again after this; until then nobody waits for it.
const LEAVE_ALONE: Duration = Duration::from_secs(5);
/// A connection may break at any time: that is no silence.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

pub struct Elsewhere {
    asked: Asked,
    client: Client,
    headers: HeaderMap,
    runtime: Handle,
    /// Until when it is left alone, and why.
    down: Mutex<Option<(Instant, String)>>,
}

/// Its credentials are nobody's business.
impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elsewhere").field("url", &self.asked.url).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    Unreachable(String),
    Refused(String),
}

impl Elsewhere {
    /// Secrets and certificates are read here; relative paths begin at `base`.
    pub fn new(asked: Asked, base: &Path, runtime: Handle) -> Result<Elsewhere, String> {
        let mut headers = HeaderMap::new();
        let value = |text: &str| -> Result<HeaderValue, String> {
            let mut value = HeaderValue::from_str(&secret::resolve(text, base)?)
                .map_err(|_| "a header of `metrics.prometheus` holds what no header can".to_owned())?;
            value.set_sensitive(true);
            Ok(value)
        };
        for (name, text) in &asked.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| format!("`{name}` is not the name of a header"))?;
            headers.insert(name, value(text)?);
        }
        if let Some(token) = &asked.bearer {
            headers.insert(AUTHORIZATION, value(&format!("Bearer {}", secret::resolve(token, base)?))?);
        }
        let mut client =
            Client::builder().no_proxy().timeout(*asked.timeout).redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &asked.ca {
            let path = base.join(path);
            let read =
                std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let certificate = Certificate::from_pem(&read)
                .map_err(|_| format!("{} holds no certificate in PEM", path.display()))?;
            client = client.add_root_certificate(certificate);
        }
        let client = client.build().map_err(|error| format!("cannot make requests: {error}"))?;
        let asked = match &asked.password {
            Some(password) => {
                Asked { password: Some(secret::resolve(password, base)?.as_str().into()), ..asked }
            }
            None => asked,
        };
        Ok(Elsewhere { asked, client, headers, runtime, down: Mutex::new(None) })
    }

    pub fn url(&self) -> &str {
        &self.asked.url
    }

    /// The values of a query at each step of a stretch, both ends included.
    pub async fn range(
        &self,
        query: &str,
        from: Timestamp,
        to: Timestamp,
        step: Duration,
    ) -> Result<Vec<Series>, Silence> {
        let (start, end) = (wire::seconds(from), wire::seconds(to));
        let step = step.as_secs_f64().to_string();
        let form = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
        let body = self.post("query_range", &form).await?;
        let data = wire::data(&body)?;
        wire::series(&data["result"])
            .ok_or_else(|| Silence::Unreachable("its answer lacks what Prometheus's would have".to_owned()))
    }

    /// An answer to a rule's or a watch's question, in any case.
    pub async fn answer(&self, question: &Question) -> Answer {
        let time = wire::seconds(question.at);
        let form = [("query", question.query.as_str()), ("time", &time)];
        match self.post("query", &form).await.and_then(|body| wire::answer(&body)) {
            Ok(answer) => answer,
            Err(Silence::Unreachable(why)) => Answer::Unreachable(why),
            Err(Silence::Refused(why)) => Answer::Refused(why),
        }
    }

    /// The body of an answer that says `success`, tried twice.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, Silence> {
        if let Some((until, why)) = &*self.down.lock().unwrap_or_else(PoisonError::into_inner)
            && Instant::now() < *until
        {
            return Err(Silence::Unreachable(why.clone()));
        }
        let mut said = self.once(path, form).await;
        if let Err(Silence::Unreachable(_)) = &said {
            tokio::time::sleep(AGAIN_AFTER).await;
            said = self.once(path, form).await;
        }
        let down = match &said {
            Err(Silence::Unreachable(why)) => Some((Instant::now() + LEAVE_ALONE, why.clone())),
            _ => None,
        };
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = down;
        said
    }

    async fn once(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, Silence> {
        let url = format!("{}/api/v1/{path}", self.asked.url.trim_end_matches('/'));
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", wire::escaped(value))).collect();
        let mut request = self
            .client
            .post(url)
            .headers(self.headers.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        if let Some(username) = &self.asked.username {
            request = request.basic_auth(username, self.asked.password.as_deref());
        }
        let unreachable = |error: reqwest::Error| Silence::Unreachable(in_words(&error));
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut read = Vec::new();
        read_body(&mut response, BODY_BYTES_MAX, &mut read).await.map_err(Silence::Unreachable)?;
        match status {
            StatusCode::OK => Ok(read),
            // Prometheus's own words for a query that it does not take, or that it gives up on.
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(Silence::Refused(wire::error(&read)))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Silence::Unreachable(format!("it answers {status}: check its credentials")))
            }
            status => Err(Silence::Unreachable(format!("it answers {status}"))),
        }
    }
}
