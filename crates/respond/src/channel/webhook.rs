//! A notice as JSON, signed where the channel has a secret for it.

use andon_definitions::instance::Webhook;
use andon_intake::proof::sign;
use serde_json::{Map, json};

use super::{Notice, Secrets};
use crate::receiver::{Request, Unsendable, post_json};

pub(super) fn compose(webhook: &Webhook, notice: &Notice, secrets: &Secrets) -> Result<Request, Unsendable> {
    // A contact may have an address of its own.
    let url = match &notice.delivery.to {
        Some(_) => secrets.to(notice)?,
        None => secrets.read("url", &webhook.url)?,
    };
    let mut body = serde_json::to_value(notice.delivery).map_err(|error| Unsendable(error.to_string()))?;
    let mut links = Map::new();
    for deed in notice.deeds() {
        if let Some(link) = notice.link(&deed) {
            links.insert(deed.label().to_lowercase(), json!(link));
        }
    }
    if let Some(fields) = body.as_object_mut() {
        // Where the person's address is a secret, it is the receiver's address or nobody's business.
        fields.remove("to");
        if !links.is_empty() {
            fields.insert("links".to_owned(), links.into());
        }
        if let Some(why) = notice.unanswerable() {
            fields.insert("unanswerable".to_owned(), why.into());
        }
    }
    let mut request = post_json(url, &body)?;
    for (name, value) in &webhook.headers {
        request.headers.push((name.clone().into(), secrets.read(name, value)?));
    }
    if let Some(by) = &webhook.sign {
        let secret = secrets.read("sign.secret", &by.secret)?;
        let time = (notice.now.as_ms() / 1000).to_string();
        let signature = sign(secret.as_bytes(), &[time.as_bytes(), b":", request.body.as_bytes()]);
        request.headers.push(("X-Andon-Timestamp".into(), time));
        request.headers.push(("X-Andon-Signature".into(), format!("sha256={signature}")));
    }
    Ok(request)
}
