//! One request to a receiver, and what its answer means.

use std::time::Duration;

use andon_remote::{Sent, Version, Written};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};

use crate::http::{in_words, read_body};

/// So much of an answer is read for its words.
const WORDS_BYTES_MAX: usize = 8 * 1024;
/// A receiver that wants to be left alone for longer is asked again all the same.
const PATIENCE_MAX: Duration = Duration::from_secs(300);

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// It will never be taken, and why.
    Refused(String),
    /// It should be sent again, not before this time has passed, and why.
    Again(String, Duration),
    /// The same, if whoever sends has that patience: it asks for fewer requests.
    Busy(String, Duration),
}

pub async fn post(asking: RequestBuilder, sent: Sent, timeout: Duration) -> Outcome {
    let version = sent.version;
    let request = asking
        .header(CONTENT_TYPE, version.content_type())
        .header(CONTENT_ENCODING, "snappy")
        .header("x-prometheus-remote-write-version", version.number())
        .timeout(timeout)
        .body(sent.body);
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Outcome::Again(in_words(&error), Duration::ZERO),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let mut words = Vec::new();
    if !status.is_success() {
        // What was read before it became too long is enough.
        let _ = read_body(&mut response, WORDS_BYTES_MAX, &mut words).await;
    }
    meant(version, status, &headers, &String::from_utf8_lossy(&words))
}

/// As the specification wants it: 5xx again, 429 perhaps, any other 4xx never.
fn meant(version: Version, status: StatusCode, headers: &HeaderMap, body: &str) -> Outcome {
    if status.is_success() {
        let is_told = headers.contains_key(Written::SAMPLES) || headers.contains_key(Written::HISTOGRAMS);
        if version == Version::V2 && !is_told {
            let why = "it answers a request of version 2.0 without saying what it wrote, as a receiver of 1.0 does; \
                set protobuf_message to prometheus.WriteRequest";
            return Outcome::Refused(why.to_owned());
        }
        return Outcome::Taken;
    }
    let words = body.lines().next().unwrap_or_default().trim();
    let words = words.chars().take(300).collect::<String>();
    let why =
        if words.is_empty() { format!("answered {status}") } else { format!("answered {status}: {words}") };
    match status {
        StatusCode::TOO_MANY_REQUESTS => Outcome::Busy(why, patience(headers)),
        status if status.is_server_error() => Outcome::Again(why, patience(headers)),
        _ => Outcome::Refused(why),
    }
}

fn patience(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(Duration::ZERO, Duration::from_secs).min(PATIENCE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(version: Version, status: u16, headers: &[(&'static str, &str)], body: &str) -> Outcome {
        let headers = headers
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
        meant(version, StatusCode::from_u16(status).unwrap(), &headers.collect(), body)
    }

    #[test]
    fn an_answer_says_whether_it_is_sent_again() {
        assert_eq!(outcome(Version::V1, 204, &[], ""), Outcome::Taken);
        assert_eq!(outcome(Version::V2, 204, &[(Written::SAMPLES, "0")], ""), Outcome::Taken);
        assert!(matches!(outcome(Version::V2, 200, &[], ""), Outcome::Refused(why) if why.contains("1.0")));
        let refused = Outcome::Refused("answered 400 Bad Request: out of order sample".to_owned());
        assert_eq!(outcome(Version::V1, 400, &[], "out of order sample\nmore"), refused);
        let again = |why: &str, seconds| Outcome::Again(why.to_owned(), Duration::from_secs(seconds));
        assert_eq!(outcome(Version::V1, 503, &[], ""), again("answered 503 Service Unavailable", 0));
        let busy = outcome(Version::V1, 429, &[("retry-after", "7")], "slow down");
        let why = "answered 429 Too Many Requests: slow down".to_owned();
        assert_eq!(busy, Outcome::Busy(why, Duration::from_secs(7)));
        let long = outcome(Version::V1, 503, &[("retry-after", "86400")], "");
        assert_eq!(long, again("answered 503 Service Unavailable", 300));
    }
}
