//! PagerDuty's webhooks, version 3: one event of one incident.
//!
//! Assigning an incident pages whom it is assigned to, so everything that assigns is a page. Fields after PagerDuty's
//! "V3 webhooks" reference.

use andon_vocabulary::{IncumbentCase, IncumbentDeed, IncumbentDid, IncumbentParty, Labels, Timestamp};

use super::{Heard, WHOM_MAX, name, not_later, short};
use crate::fields::{self, Fields};
use crate::item::Refused;
use crate::limits::KEY_BYTES_MAX;

pub fn read(body: &[u8], now: Timestamp) -> Result<Heard, Refused> {
    let payload = fields::object(body)?;
    let event = Fields(&payload).of("event");
    let Some(kind) = event.text("event_type") else {
        return Err(Refused::new("`event.event_type` is missing: this is no webhook of version 3"));
    };
    let data = event.of("data");
    let incident = if data.has("incident") { data.of("incident") } else { data };
    let did = match &*kind {
        "incident.triggered"
        | "incident.escalated"
        | "incident.reassigned"
        | "incident.delegated"
        | "incident.reopened"
        | "incident.unacknowledged" => {
            // What is of low urgency is told of by day, at leisure: no page to compare with.
            if incident.text("urgency").as_deref() == Some("low") {
                return Ok(noted(format!("{kind}, and its urgency is low: that is no page")));
            }
            let whom: Vec<IncumbentParty> = people(incident);
            if whom.is_empty() {
                return Ok(noted(format!("{kind}, and it is assigned to nobody")));
            }
            IncumbentDid::Paged { whom }
        }
        "incident.responder.added" => match party(data.of("user")) {
            Some(user) => IncumbentDid::Paged { whom: vec![user] },
            None => return Ok(noted(format!("{kind}, and it names nobody"))),
        },
        "incident.acknowledged" => IncumbentDid::Acknowledged { by: party(event.of("agent")) },
        "incident.resolved" => IncumbentDid::Resolved,
        other => return Ok(noted(format!("{:?} pages nobody", other.chars().take(80).collect::<String>()))),
    };
    let key = incident.owned("incident_key").filter(|key| key.len() <= KEY_BYTES_MAX);
    let id = match incident.owned("id") {
        // A responder's incident may be no more than a reference.
        None => return Err(Refused::new("`event.data.id` is missing: nothing says which incident it is")),
        id => name("event.data.id", id)?,
    };
    let title = incident.owned("title").or_else(|| incident.owned("summary"));
    let deed = IncumbentDeed {
        id: name("event.id", event.owned("id"))?,
        at: not_later(event.time("occurred_at"), now),
        case: IncumbentCase {
            id,
            title: short(title).unwrap_or_default(),
            key,
            labels: Labels::default(),
            service: short(incident.of("service").owned("summary")),
            link: short(incident.owned("html_url")).filter(|link| link.starts_with("https://")),
        },
        did,
    };
    Ok(Heard { deeds: vec![deed], ..Heard::default() })
}

fn noted(why: String) -> Heard {
    Heard { notes: vec![why], ..Heard::default() }
}

fn people(incident: Fields<'_>) -> Vec<IncumbentParty> {
    incident.list("assignees").iter().take(WHOM_MAX).filter_map(|one| party(Fields(one))).collect()
}

/// A reference to a user: PagerDuty gives an id and a name, seldom an address.
fn party(user: Fields<'_>) -> Option<IncumbentParty> {
    let id = short(user.owned("id"));
    let name = short(user.owned("summary").or_else(|| user.owned("name")));
    let address = short(user.owned("email"));
    let name = name.or_else(|| address.clone()).or_else(|| id.clone())?;
    Some(IncumbentParty { name, id, address })
}
