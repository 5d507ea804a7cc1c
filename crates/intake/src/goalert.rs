//! GoAlert's generic API: `summary`, `details`, `action=close` and `dedup`, in the address, a form or JSON.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

use crate::fields::{self, Fields};
use crate::item::{Draft, Item, Moment, Refused};
use crate::limits::{KEY_BYTES_MAX, cut};
use crate::pagerduty::hex;

/// Of GoAlert's own reference, in characters there.
const SUMMARY_BYTES_MAX: usize = 1024;

/// A field of the body goes before the same one of the address.
pub fn read(query: &str, content_type: Option<&str>, body: &[u8], moment: Moment) -> Result<Item, Refused> {
    let mut said: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        let payload = fields::object(body)?;
        let scalars = Fields(&payload).scalars();
        said.extend(scalars.map(|(name, value)| (name.to_owned(), value.into_owned())));
    } else {
        said.extend(form_urlencoded::parse(body).into_owned());
    }
    let mut take = |name: &str| said.remove(name).filter(|text| !text.is_empty());
    let (summary, details, dedup) = (take("summary"), take("details"), take("dedup"));
    let key = match (&dedup, &summary) {
        (Some(dedup), _) if dedup.len() > KEY_BYTES_MAX => {
            return Err(Refused::new(format!("dedup may have {KEY_BYTES_MAX} bytes")));
        }
        (Some(dedup), _) => dedup.clone(),
        (None, Some(summary)) => {
            let text = format!("{summary}\0{}", details.as_deref().unwrap_or_default());
            format!("auto:{}", &hex(digest(&SHA256, text.as_bytes()).as_ref())[..32])
        }
        (None, None) => return Err(Refused::new("summary is required")),
    };
    match take("action").as_deref() {
        Some("close") => return Ok(Item::End { key }),
        None => {}
        Some(said) => return Err(Refused::new(format!("the action is {said:?}, and only close is known"))),
    }
    let Some(mut summary) = summary else { return Err(Refused::new("summary is required")) };
    cut(&mut summary, SUMMARY_BYTES_MAX);
    let mut draft = Draft::keyed(key);
    draft.label("alertname", Some(&summary));
    draft.annotation("summary", Some(&summary));
    draft.annotation("description", details);
    Ok(draft.item(moment))
}
