//! A person's question, handed on whole: what the store says comes back in its own words, piece by piece, however long.

use std::time::Duration;

use reqwest::{Response, StatusCode};

use super::{AGAIN_AFTER, Elsewhere, credentials, wire};
use crate::http::in_words;

/// An answer of which the body is still to be read.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    response: Response,
}

/// Why nothing was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsaid {
    TimedOut,
    Silent(String),
}

impl Said {
    /// The next piece of the body; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, String> {
        let piece = self.response.chunk().await.map_err(|error| in_words(&error))?;
        Ok(piece.map(|piece| piece.to_vec()))
    }
}

/// These take no form but the one in their address.
const BY_ADDRESS: [&str; 2] = ["label", "metadata"];

impl Elsewhere {
    /// Asks `/api/v1/{path}`, its parts given apart. The whole answer comes within this time, and within the one that
    /// the definitions grant; a store that does not answer the rules is not waited for. An answer about credentials is
    /// no answer to whoever asks here: those are Andon's own.
    pub async fn pass(
        &self,
        path: &[String],
        form: &[(String, String)],
        within: Duration,
    ) -> Result<Said, Unsaid> {
        if let Some(why) = self.left_alone() {
            return Err(Unsaid::Silent(why));
        }
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut sent = self.send(path, &form, within).await?;
        // A connection that was kept may have ended meanwhile; a time that is over stays so.
        if sent.as_ref().is_err_and(|error| !error.is_timeout()) {
            tokio::time::sleep(AGAIN_AFTER).await;
            sent = self.send(path, &form, within).await?;
        }
        let response = sent.map_err(|error| match error.is_timeout() {
            true => Unsaid::TimedOut,
            false => Unsaid::Silent(in_words(&error)),
        })?;
        let status = response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Unsaid::Silent(credentials(status)));
        }
        Ok(Said { status: status.as_u16(), response })
    }

    async fn send(
        &self,
        path: &[String],
        form: &[(&str, &str)],
        within: Duration,
    ) -> Result<reqwest::Result<Response>, Unsaid> {
        let parts: Vec<String> = path.iter().map(|part| wire::escaped(part)).collect();
        let url = self.endpoint(&parts.join("/"));
        let is_by_address = path.first().is_some_and(|first| BY_ADDRESS.contains(&first.as_str()));
        let request = if is_by_address { self.access.get(&url, form) } else { self.access.post(&url, form) };
        let request = request.map_err(Unsaid::Silent)?;
        Ok(request.timeout(within.min(*self.asked.timeout)).send().await)
    }
}
