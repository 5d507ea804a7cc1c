//! JSON of any shape, through a mapping that the definitions give: what it makes of a payload comes in as [`Mapped`].

use serde_json::Value;

use crate::fields;
use crate::item::{Draft, Item, Moment, Refused};
use crate::limits::KEY_BYTES_MAX;

/// What a mapping made of one alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    pub key: String,
    pub says: Says,
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
    /// RFC 3339; what is none means now.
    pub starts_at: Option<String>,
    pub link: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Says {
    #[default]
    Fires,
    Ended,
    Acknowledged,
    /// The mapping passes it over.
    Nothing,
}

/// The payload, for a mapping to be applied to.
pub fn read(body: &[u8]) -> Result<Value, Refused> {
    fields::json(body)
}

pub fn item(mapped: Mapped, moment: Moment) -> Item {
    if mapped.says == Says::Nothing {
        return Item::Nothing { why: "the source's mapping passes it over".to_owned() };
    }
    let key = mapped.key;
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        let bytes = key.len();
        return Item::Refused {
            why: format!("the mapping's key has {bytes} bytes, and 1 to {KEY_BYTES_MAX} are allowed"),
        };
    }
    match mapped.says {
        Says::Ended => return Item::End { key },
        Says::Acknowledged => return Item::Acknowledge { key, by: None },
        Says::Fires | Says::Nothing => {}
    }
    let mut draft = Draft::keyed(key);
    for (name, value) in mapped.labels {
        draft.label(&name, Some(value));
    }
    for (name, value) in mapped.annotations {
        draft.annotation(&name, Some(value));
    }
    draft.starts_at = mapped.starts_at.as_deref().and_then(fields::time);
    draft.generator = mapped.link.unwrap_or_default();
    draft.item(moment)
}
