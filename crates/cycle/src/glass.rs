//! Broken glass: an admin's authority that somebody takes in an emergency, for a short time and for a reason, and that
//! stays in sight until somebody else has looked at what was done with it.

use std::time::Duration;

use andon_definitions::Catalog;
use andon_vocabulary::{Event, GlassId, InstanceEvent, Name, Refusal, RefusalKind, Timestamp, Told};
use imbl::OrdMap;

const REASON_BYTES_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glass {
    pub person: Name,
    pub reason: String,
    pub at: Timestamp,
    /// When the authority ends. It stays in sight after that.
    pub until: Timestamp,
}

pub(crate) fn broken(
    open: &OrdMap<GlassId, Glass>,
    next: GlassId,
    catalog: &Catalog,
    told: &Told,
    reason: &str,
    minutes: u32,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let Some(identity) = &catalog.instance.identity else {
        let hint = "`identity` in the instance's spec makes people sign in";
        return Err(refusal(
            RefusalKind::Conflict,
            "there is no glass to break: everybody here may do everything",
            hint,
        ));
    };
    let reason = said(reason)?;
    let most = identity.glass.0;
    let lasts = Duration::from_secs(u64::from(minutes) * 60);
    if lasts.is_zero() || lasts > most {
        let what = format!("it may last 1 to {} minutes", most.as_secs() / 60);
        return Err(refusal(RefusalKind::Invalid, &what, "break it again if that is too short"));
    }
    let person = &told.who.person;
    if open.values().any(|glass| glass.person == *person && glass.until > now) {
        let what = format!("{person} has broken the glass already");
        return Err(refusal(RefusalKind::Conflict, &what, "do what needs doing"));
    }
    let who = told.who.clone();
    Ok(vec![InstanceEvent::GlassBroken { glass: next, who, reason, until: now + lasts }.into()])
}

pub(crate) fn reviewed(
    open: &OrdMap<GlassId, Glass>,
    id: GlassId,
    told: &Told,
    note: &str,
) -> Result<Vec<Event>, Refusal> {
    let Some(glass) = open.get(&id) else {
        let what = format!("{id} waits for no review");
        return Err(refusal(RefusalKind::NotFound, &what, "it was reviewed, or there never was one"));
    };
    if glass.person == told.who.person {
        let what = format!("{} broke {id}, so somebody else reviews it", glass.person);
        return Err(refusal(RefusalKind::Forbidden, &what, "ask another admin"));
    }
    let note = said(note)?;
    Ok(vec![InstanceEvent::GlassReviewed { glass: id, who: told.who.clone(), note }.into()])
}

fn said(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.len() > REASON_BYTES_MAX {
        let what = format!("say why, in at most {REASON_BYTES_MAX} bytes");
        return Err(refusal(
            RefusalKind::Invalid,
            &what,
            "it stands in the journal, for whoever looks later",
        ));
    }
    Ok(text.to_owned())
}

fn refusal(kind: RefusalKind, what: &str, hint: &str) -> Refusal {
    Refusal { kind, what: what.to_owned(), hint: Some(hint.to_owned()) }
}
