//! Envelopes of SNS: proven before anything of them is believed, and before anything but the certificate is fetched.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use andon_definitions::Source;
use andon_intake::sns::{Envelope, Kind};
use andon_intake::{Item, cloudwatch};

use super::{Doors, Trouble};

/// SNS tries for an hour; what is older is somebody else who says it again.
const SENT_WITHIN: Duration = Duration::from_secs(3600);

/// SNS has one for each region, and another every year or so.
const CERTIFICATES_MAX: usize = 64;

/// By their address.
#[derive(Default)]
pub(super) struct Certificates(Mutex<BTreeMap<String, Arc<Vec<u8>>>>);

impl Doors {
    pub(super) async fn sns(&self, source: &Source, body: &[u8]) -> Result<Vec<Item>, Trouble> {
        let envelope = Envelope::read(body)?;
        if !source.topics.iter().any(|topic| topic.0 == envelope.topic) {
            return Err(Trouble::Denied("the topic is none of this source's".to_owned()));
        }
        let now = self.shared.now();
        if now.since(envelope.sent_at) > SENT_WITHIN || envelope.sent_at.since(now) > SENT_WITHIN {
            return Err(Trouble::Denied("the envelope was not sent within the last hour".to_owned()));
        }
        let certificate = self.certificate(&envelope.certificate_url).await?;
        envelope.verify(&certificate).map_err(|unproven| Trouble::Denied(unproven.to_string()))?;
        self.certificates.keep(&envelope.certificate_url, certificate);
        match envelope.kind {
            Kind::Notification => {
                let item = cloudwatch::message(&envelope.message, self.moment(source));
                item.map(|item| vec![item]).map_err(Trouble::Refused)
            }
            Kind::Subscription { url } => {
                let confirmed = self.shared.reach().fetch(url).await;
                confirmed.map_err(|why| {
                    Trouble::Unavailable(format!("the subscription could not be confirmed: {why}"))
                })?;
                Ok(vec![Item::Nothing { why: format!("{} may send here from now on", envelope.topic) }])
            }
            Kind::Unsubscription => {
                Ok(vec![Item::Nothing { why: format!("{} no longer sends here", envelope.topic) }])
            }
        }
    }

    async fn certificate(&self, url: &str) -> Result<Arc<Vec<u8>>, Trouble> {
        if let Some(known) = self.certificates.get(url) {
            return Ok(known);
        }
        let fetched = self.shared.reach().fetch(url.to_owned()).await;
        fetched.map(Arc::new).map_err(|why| {
            Trouble::Unavailable(format!("the certificate of SNS could not be fetched: {why}"))
        })
    }
}

impl Certificates {
    fn get(&self, url: &str) -> Option<Arc<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    /// One that has proven an envelope.
    fn keep(&self, url: &str, certificate: Arc<Vec<u8>>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CERTIFICATES_MAX && !known.contains_key(url) {
            known.clear();
        }
        known.insert(url.to_owned(), certificate);
    }
}
