//! One request for a target's metrics.

use std::io::Read;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::{Method, Response};

use crate::http::{in_words, read_body, read_portions, too_long};
use crate::scrape::Target;

/// Where a job sets no limit of its own: more is an accident or an attack.
const BODY_BYTES_MAX: usize = 256 << 20;
/// How long the target may take, in seconds: exporters that ask others in turn go by it.
const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    /// The content type.
    pub kind: Option<String>,
    /// By gzip.
    pub is_packed: bool,
    limit: usize,
}

/// Asks. The error says in words why the target is down.
pub async fn ask(target: &Target) -> Result<Answer, String> {
    let settings = &target.settings;
    let limit = settings.job.limits.body_bytes.map_or(BODY_BYTES_MAX, size);
    let request = settings
        .caller
        .request(Method::GET, &target.url)?
        .header(ACCEPT, &settings.accept)
        .header(ACCEPT_ENCODING, if settings.job.compressed { "gzip" } else { "identity" })
        .header(HeaderName::from_static(TIMEOUT_HEADER), target.timeout.as_secs_f64().to_string())
        .timeout(target.timeout);
    let response = request.send().await.map_err(|error| in_words(&error))?;
    let status = response.status();
    if status.as_u16() != 200 {
        return Err(format!("answered {status}{}", hint(status.as_u16())));
    }
    let kind = text(response.headers(), CONTENT_TYPE);
    let is_packed = match text(response.headers(), CONTENT_ENCODING).as_deref() {
        None | Some("" | "identity") => false,
        Some("gzip") => true,
        Some(other) => return Err(format!("answered in the encoding {other:?}, which was not asked for")),
    };
    Ok(Answer { response, kind, is_packed, limit })
}

impl Answer {
    /// Hands the body on as it arrives, packed or not.
    pub async fn portions(mut self, take: impl FnMut(&[u8])) -> Result<(), String> {
        read_portions(&mut self.response, self.limit, take).await
    }

    /// Fills `body`, unpacked.
    pub async fn whole(mut self, body: &mut Vec<u8>) -> Result<(), String> {
        body.clear();
        if !self.is_packed {
            return read_body(&mut self.response, self.limit, body).await;
        }
        let mut packed = Vec::new();
        read_body(&mut self.response, self.limit, &mut packed).await?;
        unpack(&packed, self.limit, body)
    }
}

/// What comes out of a few bytes can be without end: never more than the limit is held.
fn unpack(packed: &[u8], limit: usize, body: &mut Vec<u8>) -> Result<(), String> {
    let mut unpacked = flate2::read::MultiGzDecoder::new(packed).take(limit as u64 + 1);
    unpacked.read_to_end(body).map_err(|error| format!("the answer is no gzip: {error}"))?;
    if body.len() > limit {
        body.clear();
        return Err(format!("{} (unpacked, from {} bytes of gzip)", too_long(limit), packed.len()));
    }
    Ok(())
}

fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "; it wants credentials: see `basic_auth` and `authorization`",
        404 => "; see `metrics_path`",
        _ => "",
    }
}

fn size(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
