//! One request for a target's metrics.

use std::io::Read;

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

use crate::http::{in_words, read_body, too_long};
use crate::scrape::Target;

/// Where a job sets no limit of its own: more is an accident or an attack.
const BODY_BYTES_MAX: usize = 256 << 20;
/// How long the target may take, in seconds: exporters that ask others in turn go by it.
const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// Fills `body`. Gives back the content type, or in words why the target is down.
pub async fn fetch(target: &Target, body: &mut Vec<u8>) -> Result<Option<String>, String> {
    body.clear();
    let settings = &target.settings;
    let limit = settings.job.limits.body_bytes.map_or(BODY_BYTES_MAX, size);
    let request = settings
        .caller
        .request(Method::GET, &target.url)?
        .header(ACCEPT, &settings.accept)
        .header(ACCEPT_ENCODING, if settings.job.compressed { "gzip" } else { "identity" })
        .header(HeaderName::from_static(TIMEOUT_HEADER), target.timeout.as_secs_f64().to_string())
        .timeout(target.timeout);
    let mut response = request.send().await.map_err(|error| in_words(&error))?;
    let status = response.status();
    if status.as_u16() != 200 {
        return Err(format!("answered {status}{}", hint(status.as_u16())));
    }
    let kind = text(response.headers(), CONTENT_TYPE);
    match text(response.headers(), CONTENT_ENCODING).as_deref() {
        None | Some("" | "identity") => read_body(&mut response, limit, body).await?,
        Some("gzip") => {
            let mut packed = Vec::new();
            read_body(&mut response, limit, &mut packed).await?;
            unpack(&packed, limit, body)?;
        }
        Some(other) => return Err(format!("answered in the encoding {other:?}, which was not asked for")),
    }
    Ok(kind)
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
