//! The envelope of Amazon SNS: who says they sent it, and where their certificate is.
//!
//! Nothing in it may be fetched before [`Envelope::read`] has looked at the address: it must be SNS's own, in the
//! region of the topic, over https. Whoever fetched the certificate from there knows by TLS whose it is.

mod signature;

pub use signature::Unproven;

use andon_vocabulary::Timestamp;
use serde_json::Value;

use crate::fields::{self, Fields};
use crate::item::Refused;

/// An envelope whose addresses are SNS's own. Its signature is proven by [`Envelope::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub kind: Kind,
    pub message_id: String,
    pub topic: String,
    pub message: String,
    pub sent_at: Timestamp,
    pub certificate_url: String,
    /// What is signed: names and values, one a line.
    signed: String,
    hash: Hash,
    signature: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Notification,
    /// Asks whether this topic may send here; asking for the address says yes.
    Subscription {
        url: String,
    },
    /// The topic no longer sends here.
    Unsubscription,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
}

impl Envelope {
    pub fn read(body: &[u8]) -> Result<Envelope, Refused> {
        let payload = fields::object(body)?;
        let field = |name: &str| {
            let text = payload.get(name).and_then(Value::as_str);
            text.map(str::to_owned)
                .ok_or_else(|| Refused::new(format!("{name} is missing: this is no envelope of SNS")))
        };
        let (topic, certificate_url, said) = (field("TopicArn")?, field("SigningCertURL")?, field("Type")?);
        let region = region_of(&topic).ok_or_else(|| Refused::new("TopicArn is no topic of SNS"))?;
        let path = own_path(&certificate_url, region).ok_or_else(|| {
            Refused::new("SigningCertURL is not an address of this region's SNS over https")
        })?;
        if !path.ends_with(".pem") || path.contains(['?', '#', '%']) || path.contains("..") {
            return Err(Refused::new("SigningCertURL names no certificate"));
        }
        let hash = match field("SignatureVersion")?.as_str() {
            "1" => Hash::Sha1,
            "2" => Hash::Sha256,
            said => return Err(Refused::new(format!("SignatureVersion is {said:?}, and 1 and 2 are known"))),
        };
        let (kind, names): (Kind, &[&str]) = match said.as_str() {
            "Notification" => {
                (Kind::Notification, &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"])
            }
            "SubscriptionConfirmation" => {
                let url = field("SubscribeURL")?;
                let path = own_path(&url, region);
                if !path.is_some_and(|path| path.starts_with("/?Action=ConfirmSubscription&")) {
                    return Err(Refused::new(
                        "SubscribeURL is not a confirmation by this region's SNS over https",
                    ));
                }
                (Kind::Subscription { url }, &CONFIRMATION)
            }
            "UnsubscribeConfirmation" => (Kind::Unsubscription, &CONFIRMATION),
            said => return Err(Refused::new(format!("Type is {said:?}, which SNS does not send"))),
        };
        let sent_at =
            Fields(&payload).time("Timestamp").ok_or_else(|| Refused::new("Timestamp is no time"))?;
        let signed = signed_text(&payload, names)?;
        Ok(Envelope {
            kind,
            message_id: field("MessageId")?,
            message: field("Message")?,
            signature: field("Signature")?,
            sent_at,
            topic,
            certificate_url,
            signed,
            hash,
        })
    }
}

const CONFIRMATION: [&str; 7] =
    ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

/// Each name and its value on a line of its own; only a subject may be missing.
fn signed_text(payload: &Value, names: &[&str]) -> Result<String, Refused> {
    let mut signed = String::new();
    for name in names {
        match payload.get(name).and_then(Value::as_str) {
            Some(value) => {
                for line in [*name, value] {
                    signed.push_str(line);
                    signed.push('\n');
                }
            }
            None if *name == "Subject" && !Fields(payload).has(name) => {}
            None => return Err(Refused::new(format!("{name} is missing: this is no envelope of SNS"))),
        }
    }
    Ok(signed)
}

/// `arn:aws:sns:REGION:ACCOUNT:NAME`.
fn region_of(topic: &str) -> Option<&str> {
    let mut parts = topic.split(':');
    let (arn, partition, service, region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let well = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_region = !region.is_empty() && region.len() <= 32 && region.chars().all(well);
    (arn == "arn" && partition.starts_with("aws") && service == "sns" && is_region).then_some(region)
}

/// What follows the host of an address that is `https://sns.REGION.amazonaws.com`, or the same in China. Nothing else
/// may stand there: no user, no port, no other host that only begins so.
fn own_path<'a>(url: &'a str, region: &str) -> Option<&'a str> {
    let rest = url.strip_prefix("https://sns.")?.strip_prefix(region)?.strip_prefix(".amazonaws.com")?;
    let rest = if region.starts_with("cn-") { rest.strip_prefix(".cn")? } else { rest };
    let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (rest.starts_with('/') && is_plain).then_some(rest)
}
