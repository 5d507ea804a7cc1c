//! The formatted webhook of Grafana OnCall: `alert_uid`, `title`, `state`, `message`, two links.

use crate::fields::{self, Fields};
use crate::item::{Draft, Item, Moment, Refused};
use crate::limits::{KEY_BYTES_MAX, cut};

const TITLE_BYTES_MAX: usize = 1024;

pub fn read(body: &[u8], moment: Moment) -> Result<Item, Refused> {
    let payload = fields::object(body)?;
    let alert = Fields(&payload);
    let title = alert.owned("title").map(|mut title| {
        cut(&mut title, TITLE_BYTES_MAX);
        title
    });
    let uid = alert.owned("alert_uid");
    if uid.as_ref().is_some_and(|uid| uid.len() > KEY_BYTES_MAX) {
        return Err(Refused::new(format!("alert_uid may have {KEY_BYTES_MAX} bytes")));
    }
    let Some(key) = uid.or_else(|| title.clone().filter(|title| title.len() <= KEY_BYTES_MAX)) else {
        return Err(Refused::new("alert_uid is missing, and there is no title to know the alert by"));
    };
    match alert.text("state").as_deref() {
        Some("alerting") | None => {}
        Some("ok") => return Ok(Item::End { key }),
        Some(said) => {
            return Err(Refused::new(format!("the state is {said:?}, and only alerting and ok are known")));
        }
    }
    let mut draft = Draft::keyed(key.clone());
    draft.label("alertname", Some(title.as_ref().unwrap_or(&key)));
    draft.annotation("summary", title);
    draft.annotation("description", alert.text("message"));
    draft.annotation("image_url", alert.text("image_url"));
    draft.generator = alert.owned("link_to_upstream_details").unwrap_or_default();
    Ok(draft.item(moment))
}
