//! The webhook of Alertmanager, version 4, as what it is to its receiver: a page for each alert that fires.
//!
//! It names no event, so a receiver's alert is one deed from when it fires to when it ends: Alertmanager says the same
//! again with each alert that joins the group, and every few hours.

use andon_vocabulary::{
    IncumbentCase, IncumbentDeed, IncumbentDid, IncumbentParty, ReceivedAlert, Timestamp,
};

use super::{Heard, name, short};
use crate::fields::{self, Fields};
use crate::item::{Item, Moment, Refused};

pub fn read(body: &[u8], now: Timestamp) -> Result<Heard, Refused> {
    let payload = fields::object(body)?;
    let receiver = name("receiver", Fields(&payload).owned("receiver"))?;
    // The same limits as of alerts; its annotations are not looked at.
    let moment = Moment { now, expires: None };
    let items = crate::alertmanager::webhook(Fields(&payload), "4", moment, |_, _| {})?;
    let mut heard = Heard::default();
    for item in items {
        match item {
            Item::Alert { alert, .. } => heard.deeds.push(deed(&receiver, alert, now)),
            Item::Nothing { why } => heard.notes.push(why),
            Item::Refused { why } => heard.refused.push(why),
            Item::End { .. } | Item::Acknowledge { .. } | Item::Change(_) => {}
        }
    }
    Ok(heard)
}

fn deed(receiver: &str, alert: ReceivedAlert, now: Timestamp) -> IncumbentDeed {
    let ReceivedAlert { labels, starts_at, ends_at, .. } = alert;
    let case = format!("{receiver}/{:016x}/{starts_at}", labels.fingerprint());
    let (what, at, did) = if ends_at <= now {
        ("resolved", ends_at, IncumbentDid::Resolved)
    } else {
        let told = IncumbentParty { name: receiver.to_owned(), id: None, address: None };
        ("firing", now, IncumbentDid::Paged { whom: vec![told] })
    };
    let title = labels.get("alertname").map(str::to_owned);
    IncumbentDeed {
        id: format!("{case}/{what}"),
        at,
        case: IncumbentCase {
            id: case,
            title: short(title).unwrap_or_default(),
            key: None,
            labels,
            service: None,
            link: None,
        },
        did,
    }
}
