//! A notification as a POST of JSON.

use std::time::Duration;

use andon_vocabulary::{Delivery, Outcome};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode};

use crate::http::in_words;

/// Where to, with every secret resolved.
pub struct Receiver {
    pub url: String,
    pub headers: Vec<(String, String)>,
}

/// 2xx is a receipt. A request that the receiver will never take is a lasting failure; a receiver that is busy,
/// broken or away may take it later.
pub async fn deliver(client: &Client, to: &Receiver, delivery: &Delivery, patience: Duration) -> Outcome {
    let headers = match headers(to, &delivery.key) {
        Ok(headers) => headers,
        Err(error) => return lasting(error),
    };
    let sent = client.post(&to.url).headers(headers).timeout(patience).json(delivery).send().await;
    match sent {
        Ok(response) => judge(response.status()),
        Err(error) if error.is_builder() => lasting(in_words(&error)),
        Err(error) => Outcome::NotDelivered { error: in_words(&error), lasting: false },
    }
}

/// The receiver drops repetitions by `Idempotency-Key`.
fn headers(to: &Receiver, key: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let own = [("idempotency-key", key)];
    let given = to.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in own.into_iter().chain(given) {
        let wrong = |_| format!("header {name:?} of the webhook cannot be sent");
        headers.insert(
            name.parse::<HeaderName>().map_err(|_| wrong(()))?,
            HeaderValue::from_str(value).map_err(|_| wrong(()))?,
        );
    }
    Ok(headers)
}

fn judge(status: StatusCode) -> Outcome {
    if status.is_success() {
        return Outcome::Delivered { receipt: status.to_string() };
    }
    let busy = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    Outcome::NotDelivered {
        error: if status.is_redirection() {
            format!("the receiver answers {status}; name the address it redirects to")
        } else {
            format!("the receiver answers {status}")
        },
        lasting: !busy && !status.is_server_error(),
    }
}

fn lasting(error: String) -> Outcome {
    Outcome::NotDelivered { error, lasting: true }
}
