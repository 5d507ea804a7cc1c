//! A Prometheus, Mimir, Thanos or VictoriaMetrics that keeps the samples: what it is asked, and what it says.

mod access;
mod asking;
mod pass;
mod samples;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use andon_definitions::instance::Asked;
use andon_monitor::{Answer, Question};
use andon_timeseries::Series;
use andon_vocabulary::Timestamp;
use reqwest::StatusCode;
use tokio::runtime::Handle;

use crate::http::{in_words, read_body};
use access::Access;
pub use asking::Asking;
pub use pass::{Said, Unsaid};

/// What people call it, in alerts and on pages.
pub const NAME: &str = "prometheus";

const BODY_BYTES_MAX: usize = 64 << 20;
/// One that does not answer is tried again after this; until then nobody waits for it.
const LEAVE_ALONE: Duration = Duration::from_secs(5);
/// A connection may break at any time: that is no silence.
const AGAIN_AFTER: Duration = Duration::from_millis(300);

pub struct Elsewhere {
    asked: Asked,
    access: Access,
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
    /// Relative paths begin at `base`.
    pub fn new(asked: Asked, base: &Path, runtime: Handle) -> Result<Elsewhere, String> {
        let access = Access::new(&asked, base)?;
        Ok(Elsewhere { asked, access, runtime, down: Mutex::new(None) })
    }

    pub fn url(&self) -> &str {
        &self.asked.url
    }

    /// Its address without the name and the password that may stand in it.
    pub fn place(&self) -> String {
        match (self.asked.url.split_once("://"), self.asked.url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
            _ => self.asked.url.clone(),
        }
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
        if let Some(why) = self.left_alone() {
            return Err(Silence::Unreachable(why));
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

    /// Why it did not answer lately, while nobody should wait for it.
    fn left_alone(&self) -> Option<String> {
        let down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.as_ref().filter(|(until, _)| Instant::now() < *until).map(|(_, why)| why.clone())
    }

    fn endpoint(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.asked.url.trim_end_matches('/'))
    }

    async fn once(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<u8>, Silence> {
        let request = self.access.post(&self.endpoint(path), form).map_err(Silence::Unreachable)?;
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
                Err(Silence::Unreachable(credentials(status)))
            }
            status => Err(Silence::Unreachable(format!("it answers {status}"))),
        }
    }
}

fn credentials(status: StatusCode) -> String {
    format!("it answers {status}: check its credentials")
}
