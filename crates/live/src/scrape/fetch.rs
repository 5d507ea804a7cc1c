//! One request for a target's metrics.

use andon_exposition::{Escaping, Protocol, accept};
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};

use crate::http::{in_words, read_body};
use crate::scrape::Target;

/// Fills `body`, which is kept from scrape to scrape for its room. Gives back the content type, or in words why the
/// target is down.
pub async fn fetch(client: &Client, target: &Target, body: &mut Vec<u8>) -> Result<String, String> {
    body.clear();
    let wanted = accept(Protocol::DEFAULT, Escaping::AllowUtf8);
    let request = client.get(&target.url).header(ACCEPT, wanted).timeout(target.timeout);
    let mut response = request.send().await.map_err(|error| in_words(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("answered {status}"));
    }
    let kind = content_type(response.headers());
    read_body(&mut response, target.body_bytes_max, body).await?;
    Ok(kind)
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or("text/plain").to_owned()
}
