//! Whom a change of hands concerns hears of it.

use andon_definitions::Context;
use andon_vocabulary::{Event, InstanceEvent, Name, NoticeKind, PageReason, RespondEvent, ShiftOverride};

use super::has_rotation;
use crate::called;
use crate::notice::{self, Draft};

pub(crate) fn react(event: &Event, cx: &Context) -> Vec<Event> {
    let event = match event {
        Event::Instance(InstanceEvent::CatalogChanged { .. }) => return lost(cx),
        Event::Respond(event) => event,
        _ => return Vec::new(),
    };
    let (who, concerned, why, said): (&Name, Vec<&Name>, PageReason, String) = match event {
        RespondEvent::ShiftTaken { taken, who, instead_of, swap: None } => {
            let said = format!("{} has {}/{} {}", taken.person, taken.team, taken.rotation, taken.during);
            let concerned = instead_of.iter().chain([&taken.person]).collect();
            (&who.person, concerned, PageReason::ShiftChanged, said)
        }
        RespondEvent::ShiftGivenBack { taken, who } => {
            let (team, rotation) = (&taken.team, &taken.rotation);
            let said = format!("{} no longer has {team}/{rotation} {}", taken.person, taken.during);
            let whose = cx.catalog.teams.get(&**team).and_then(|team| {
                let schedule = cx.duty.schedule(team, rotation)?.without_overrides();
                schedule.person(taken.during.from.max(cx.now)).map(Name::from)
            });
            return tell(
                Some(&who.person),
                whose.iter().chain([&taken.person]),
                PageReason::ShiftChanged,
                &said,
                cx,
            );
        }
        RespondEvent::ShiftLost { taken } => {
            let ShiftOverride { id, team, rotation, person, during, .. } = taken;
            let said = format!(
                "{person} no longer has {team}/{rotation} {during}: the rotation is gone, and {id} with it"
            );
            let first = called::first(team, cx);
            return tell(None, first.iter().chain([person]), PageReason::ShiftChanged, &said, cx);
        }
        RespondEvent::SwapOffered { offer, who } => {
            let takes = offer.takes.map_or_else(String::new, |takes| format!(" and would have it {takes}"));
            let (by, team, rotation, id) = (&offer.by, &offer.team, &offer.rotation, offer.id);
            let said = format!("{by} asks whether you take {team}/{rotation} {}{takes}: {id}", offer.gives);
            (&who.person, vec![&offer.to], PageReason::SwapOffered, said)
        }
        RespondEvent::SwapAccepted { offer, who } => {
            let said = format!("{} accepts {}: they have {}", offer.to, offer.id, offer.gives);
            (&who.person, vec![&offer.by], PageReason::ShiftChanged, said)
        }
        RespondEvent::SwapDeclined { offer, who, .. } => {
            let said = format!("{} declines {}", who.person, offer.id);
            (&who.person, vec![&offer.by, &offer.to], PageReason::SwapOffered, said)
        }
        _ => return Vec::new(),
    };
    tell(Some(who), concerned, why, &said, cx)
}

/// What is to come of rotations that new definitions no longer have.
fn lost(cx: &Context) -> Vec<Event> {
    let duty = cx.duty;
    let to_come = duty.overrides.values().filter(|one| one.during.until > cx.now);
    let gone = to_come.filter(|one| !has_rotation(cx.catalog, one) && !duty.lost.contains(&one.id));
    gone.map(|taken| RespondEvent::ShiftLost { taken: taken.clone() }.into()).collect()
}

/// Whoever did it knows.
fn tell<'a>(
    who: Option<&Name>,
    concerned: impl IntoIterator<Item = &'a Name>,
    why: PageReason,
    said: &str,
    cx: &Context,
) -> Vec<Event> {
    let draft = Draft {
        kind: NoticeKind::Tell,
        incident: None,
        run: None,
        subject: said.to_owned(),
        body: said.to_owned(),
        why,
    };
    let mut people: Vec<&Name> = Vec::new();
    for person in concerned {
        if Some(person) != who && !people.contains(&person) {
            people.push(person);
        }
    }
    let mut events = Vec::new();
    for person in people {
        events.extend(notice::owe(&draft, person, 0, cx.next_intent + events.len() as u64, cx));
    }
    events
}
