//! Time on call that changes hands while Andon runs: taken over, given back, swapped; and what is remembered of it.

mod refused;
#[cfg(test)]
mod tests;
mod told;

use std::time::Duration;

use andon_definitions::oncall::{CalendarKept, Duty, Paged};
use andon_definitions::{Catalog, Context, Team};
use andon_vocabulary::{
    CalendarRead, CalendarSays, Command, Event, Input, Name, NoticeKind, OverrideId, Refusal, RespondEvent,
    ShiftOverride, Stretch, SwapId, SwapOffer, Timestamp, Told, Who,
};

use crate::command::said;
use crate::notice::Notices;
use refused::{conflict, invalid, not_found};

pub(crate) use told::react;

/// What is over for longer is history.
const KEPT: Duration = Duration::from_secs(62 * 86_400);
/// A stretch that begins later, or lasts longer, is a change of the rotation.
const AHEAD_MAX: Duration = Duration::from_secs(366 * 86_400);
const OVERRIDES_MAX: usize = 2_000;
const PAGES_MAX: usize = 20_000;

pub(crate) fn decide(duty: &Duty, input: &Input, cx: &Context) -> Result<Vec<Event>, Refusal> {
    match input {
        Input::Told(told) => commanded(duty, told, cx),
        Input::Calendar(read) if is_news(duty, read, cx) => {
            Ok(vec![RespondEvent::CalendarRead { calendar: read.clone() }.into()])
        }
        _ => Ok(Vec::new()),
    }
}

/// A calendar of a rotation that the definitions no longer have is nobody's.
fn is_news(duty: &Duty, read: &CalendarRead, cx: &Context) -> bool {
    let team = cx.catalog.teams.get(&*read.team);
    let subscribed = team.and_then(|team| team.oncall.get(&*read.rotation)?.ical.as_ref()).is_some();
    let kept = duty.calendar(&read.team, &read.rotation);
    let same = kept.is_some_and(|kept| match &read.says {
        CalendarSays::Shifts { known, shifts } => {
            kept.failing.is_none() && kept.known == *known && kept.shifts.iter().eq(shifts)
        }
        CalendarSays::Failed { error } => kept.failing.as_ref().is_some_and(|(_, known)| known == error),
    });
    subscribed && !same
}

fn commanded(duty: &Duty, told: &Told, cx: &Context) -> Result<Vec<Event>, Refusal> {
    let who = &told.who;
    match &told.command {
        Command::TakeOver { team, rotation, person, during, reason } => {
            let asked = Asked::of(team, rotation, cx)?;
            asked.must_be_of_team(person)?;
            let during = ahead(during, cx.now)?;
            asked.must_be_free(duty, &during)?;
            let (id, reason) = (OverrideId(duty.last_override + 1), optional(reason)?);
            let taken = asked.taken(id, person, during, reason);
            Ok(vec![asked.taken_event(duty, taken, who, None)?])
        }
        Command::GiveBack { taken } => {
            let taken = duty.overrides.get(taken).filter(|one| one.during.until > cx.now);
            let taken = taken.ok_or_else(|| not_found("that stretch was given back, or is over"))?;
            let other = duty.other_half(taken.id);
            // Whoever has had theirs is asked: else they would have both.
            if let Some(other) =
                other.filter(|other| other.during.from <= cx.now && who.person != other.person)
            {
                return Err(conflict(
                    format!("{} was swapped for {}, which {} has had", taken.id, other.id, other.person),
                    &format!("{} can give it back, or swap {} anew", other.person, taken.id),
                ));
            }
            let given_back = |one: &ShiftOverride| {
                RespondEvent::ShiftGivenBack { taken: one.clone(), who: who.clone() }.into()
            };
            let both = [Some(taken), other.filter(|other| other.during.from > cx.now)];
            Ok(both.into_iter().flatten().map(given_back).collect())
        }
        Command::OfferSwap { team, rotation, to, gives, takes, reason } => {
            let asked = Asked::of(team, rotation, cx)?;
            asked.must_be_of_team(&who.person)?;
            asked.must_be_of_team(to)?;
            if *to == who.person {
                return Err(invalid("a swap needs two people".to_owned(), "name somebody else of the team"));
            }
            let (gives, takes) = (ahead(gives, cx.now)?, takes.map(|it| ahead(&it, cx.now)).transpose()?);
            if takes.is_some_and(|takes| takes.overlaps(&gives)) {
                return Err(invalid(
                    format!("what is given, {gives}, and what is taken overlap"),
                    "swap two stretches that lie apart",
                ));
            }
            let offer = SwapOffer {
                id: SwapId(duty.last_swap + 1),
                team: team.clone(),
                rotation: rotation.clone(),
                by: who.person.clone(),
                to: to.clone(),
                gives,
                takes,
                reason: optional(reason)?,
            };
            asked.must_hold(duty, &offer)?;
            Ok(vec![RespondEvent::SwapOffered { offer, who: who.clone() }.into()])
        }
        Command::AcceptSwap { swap } => {
            let offer = offered(duty, *swap)?;
            if who.person != offer.to {
                return Err(refused::forbidden(
                    format!("{swap} is offered to {}", offer.to),
                    "only whom it is offered to can accept it",
                ));
            }
            let asked = Asked::of(&offer.team, &offer.rotation, cx)?;
            asked.must_be_of_team(&offer.by)?;
            asked.must_be_of_team(&offer.to)?;
            for stretch in [Some(offer.gives), offer.takes].into_iter().flatten() {
                if stretch.from < cx.now {
                    return Err(conflict(
                        format!("what {swap} is about has begun at {}", stretch.from.second()),
                        "take over the rest of it instead",
                    ));
                }
            }
            // Others may have taken it over since.
            asked.must_hold(duty, offer)?;
            let mut events =
                vec![RespondEvent::SwapAccepted { offer: offer.clone(), who: who.clone() }.into()];
            let halves = [Some((&offer.to, offer.gives)), offer.takes.map(|takes| (&offer.by, takes))];
            for (person, during) in halves.into_iter().flatten() {
                let id = OverrideId(duty.last_override + events.len() as u64);
                let taken = asked.taken(id, person, during, offer.reason.clone());
                events.push(asked.taken_event(duty, taken, who, Some(offer.id))?);
            }
            Ok(events)
        }
        Command::DeclineSwap { swap, reason } => {
            let offer = offered(duty, *swap)?;
            if ![&offer.by, &offer.to].contains(&&who.person) {
                return Err(refused::forbidden(
                    format!("{swap} is between {} and {}", offer.by, offer.to),
                    "one of them can decline it",
                ));
            }
            let (offer, who, reason) = (offer.clone(), who.clone(), optional(reason)?);
            Ok(vec![RespondEvent::SwapDeclined { offer, who, reason }.into()])
        }
        _ => Ok(Vec::new()),
    }
}

fn offered(duty: &Duty, swap: SwapId) -> Result<&SwapOffer, Refusal> {
    duty.offers.get(&swap).ok_or_else(|| not_found(&format!("{swap} was answered, or nobody offered it")))
}

/// The part of a stretch that is still to come.
fn ahead(during: &Stretch, now: Timestamp) -> Result<Stretch, Refusal> {
    let Stretch { from, until } = *during;
    if until <= from {
        return Err(invalid(
            format!("it ends at {}, and begins at {}", until.second(), from.second()),
            "say from when and until when, in that order",
        ));
    }
    if until <= now {
        return Err(invalid(format!("it is over since {}", until.second()), "name a time to come"));
    }
    if until > now + AHEAD_MAX {
        return Err(invalid(
            format!("{} is more than a year ahead", until.second()),
            "change the rotation in the team's file instead",
        ));
    }
    Ok(Stretch { from: from.max(now), until })
}

fn optional(reason: &str) -> Result<String, Refusal> {
    if reason.trim().is_empty() { Ok(String::new()) } else { said(reason, "a reason") }
}

/// The rotation that a command is about.
struct Asked<'a> {
    team: &'a Team,
    rotation: &'a Name,
}

impl<'a> Asked<'a> {
    fn of(team: &Name, rotation: &'a Name, cx: &Context<'a>) -> Result<Asked<'a>, Refusal> {
        let found = cx.catalog.teams.get(&**team);
        let found = found.ok_or_else(|| refused::no_team(team, cx.catalog))?;
        if !found.oncall.contains_key(&**rotation) {
            return Err(refused::no_rotation(rotation, found));
        }
        Ok(Asked { team: found, rotation })
    }

    fn must_be_of_team(&self, person: &str) -> Result<(), Refusal> {
        if self.team.people.contains_key(person) {
            return Ok(());
        }
        Err(refused::not_of_team(person, self.team))
    }

    fn must_be_free(&self, duty: &Duty, during: &Stretch) -> Result<(), Refusal> {
        if duty.overrides.len() >= OVERRIDES_MAX {
            return Err(conflict(
                format!("{OVERRIDES_MAX} stretches are taken over already"),
                "change the rotations in the files instead",
            ));
        }
        let mut others = duty.overrides.values().filter(|one| {
            *one.team == *self.team.name && one.rotation == *self.rotation && one.during.overlaps(during)
        });
        match others.next() {
            None => Ok(()),
            Some(one) => Err(conflict(
                format!("{} has it {} already, by {}", one.person, one.during, one.id),
                "give that back first, or take what lies beside it",
            )),
        }
    }

    /// Both have what they are to give, for all of it.
    fn must_hold(&self, duty: &Duty, offer: &SwapOffer) -> Result<(), Refusal> {
        let halves = [Some((&offer.by, offer.gives)), offer.takes.map(|takes| (&offer.to, takes))];
        for (person, during) in halves.into_iter().flatten() {
            let schedule = duty.schedule(self.team, self.rotation);
            let shifts = schedule.map(|it| it.shifts(during.from, during.until)).unwrap_or_default();
            let whole = shifts.first().is_some_and(|first| first.from == during.from)
                && shifts.windows(2).all(|pair| pair[0].until == pair[1].from)
                && shifts.last().is_some_and(|last| last.until == during.until);
            if !whole || shifts.iter().any(|shift| *shift.person != **person) {
                return Err(conflict(
                    format!("{person} does not have {}/{} {during}", self.team.name, self.rotation),
                    "`andon oncall --days 28` says who has it when",
                ));
            }
        }
        Ok(())
    }

    fn taken(&self, id: OverrideId, person: &Name, during: Stretch, reason: String) -> ShiftOverride {
        let (team, rotation) = (self.team.name.as_str().into(), self.rotation.clone());
        ShiftOverride { id, team, rotation, person: person.clone(), during, reason }
    }

    fn taken_event(
        &self,
        duty: &Duty,
        taken: ShiftOverride,
        who: &Who,
        swap: Option<SwapId>,
    ) -> Result<Event, Refusal> {
        let schedule = duty.schedule(self.team, self.rotation);
        let shifts = schedule.map(|it| it.shifts(taken.during.from, taken.during.until)).unwrap_or_default();
        let mut instead_of: Vec<Name> = Vec::new();
        for shift in &shifts {
            if !instead_of.iter().any(|one| **one == *shift.person) {
                instead_of.push(shift.person.as_str().into());
            }
        }
        if instead_of == [taken.person.clone()] && schedule_is_whole(&shifts, &taken.during) {
            return Err(conflict(
                format!("{} has it {} anyway", taken.person, taken.during),
                "nothing needs to be taken over",
            ));
        }
        Ok(RespondEvent::ShiftTaken { taken, who: who.clone(), instead_of, swap }.into())
    }
}

fn schedule_is_whole(shifts: &[andon_definitions::Shift], during: &Stretch) -> bool {
    let held: Duration = shifts.iter().map(|shift| shift.until.since(shift.from)).sum();
    held == during.until.since(during.from)
}

/// Who would have been woken in shadow mode was not: nobody rests from that once Andon pages people. What was lost with
/// its rotation holds again where that is back.
pub(crate) fn defined_anew(duty: &mut Duty, catalog: &Catalog) {
    if !catalog.instance.is_shadow() {
        duty.pages.retain(|page| !page.withheld);
    }
    let found = |id: &OverrideId| duty.overrides.get(id).is_none_or(|one| has_rotation(catalog, one));
    for back in duty.lost.iter().copied().filter(found).collect::<Vec<_>>() {
        duty.lost.remove(&back);
    }
}

fn has_rotation(catalog: &Catalog, taken: &ShiftOverride) -> bool {
    catalog.teams.get(&*taken.team).is_some_and(|team| team.oncall.contains_key(&*taken.rotation))
}

/// `notices` as they are before the event: it says only which of them a provider took.
pub(crate) fn apply(duty: &mut Duty, event: &RespondEvent, notices: &Notices, at: Timestamp) {
    match event {
        RespondEvent::ShiftTaken { taken, swap, .. } => {
            duty.swapped.extend(swap.map(|swap| (taken.id, swap)));
            duty.last_override = duty.last_override.max(taken.id.0);
            duty.overrides.insert(taken.id, taken.clone());
            forget(duty, at);
        }
        // What was had of it stays so.
        RespondEvent::ShiftGivenBack { taken, .. } => match duty.overrides.get_mut(&taken.id) {
            Some(kept) if kept.during.from < at => kept.during.until = at,
            _ => {
                duty.overrides.remove(&taken.id);
                duty.swapped.remove(&taken.id);
                duty.lost.remove(&taken.id);
            }
        },
        RespondEvent::ShiftLost { taken } => {
            duty.lost.insert(taken.id);
        }
        RespondEvent::SwapOffered { offer, .. } => {
            duty.last_swap = duty.last_swap.max(offer.id.0);
            duty.offers.insert(offer.id, offer.clone());
            forget(duty, at);
        }
        RespondEvent::SwapAccepted { offer, .. } | RespondEvent::SwapDeclined { offer, .. } => {
            duty.offers.remove(&offer.id);
        }
        RespondEvent::CalendarRead { calendar } => read(duty, calendar, at),
        RespondEvent::Escalated { team, step, .. } => {
            *duty.rounds.entry((team.clone(), *step)).or_insert(0) += 1;
        }
        RespondEvent::NoticeSent { intent, .. } | RespondEvent::NoticeWithheld { intent, .. } => {
            let notice = notices.delivery(*intent);
            let Some(page) = notice.filter(|it| it.kind == NoticeKind::Page) else { return };
            let (person, incident) = (page.person.clone(), page.incident);
            let withheld = matches!(event, RespondEvent::NoticeWithheld { .. });
            duty.pages.push_back(Paged { person, at, incident, withheld });
            while duty.pages.len() > PAGES_MAX
                || duty.pages.front().is_some_and(|oldest| oldest.at + KEPT < at)
            {
                duty.pages.pop_front();
            }
        }
        _ => {}
    }
}

/// A calendar that can no longer be read still says what it said.
fn read(duty: &mut Duty, calendar: &CalendarRead, at: Timestamp) {
    let key = (calendar.team.clone(), calendar.rotation.clone());
    let kept = match &calendar.says {
        CalendarSays::Shifts { known, shifts } => CalendarKept {
            read_at: at,
            known: *known,
            shifts: shifts.iter().cloned().collect(),
            failing: None,
        },
        CalendarSays::Failed { error } => {
            let nothing = || CalendarKept {
                read_at: at,
                known: Stretch { from: at, until: at },
                shifts: imbl::Vector::new(),
                failing: None,
            };
            let kept = duty.calendars.get(&key).cloned().unwrap_or_else(nothing);
            let since = kept.failing.as_ref().map_or(at, |(since, _)| *since);
            CalendarKept { failing: Some((since, error.clone())), ..kept }
        }
    };
    duty.calendars.insert(key, kept);
}

fn forget(duty: &mut Duty, at: Timestamp) {
    let over: Vec<OverrideId> =
        duty.overrides.values().filter(|one| one.during.until + KEPT < at).map(|one| one.id).collect();
    for id in over {
        duty.overrides.remove(&id);
        duty.swapped.remove(&id);
        duty.lost.remove(&id);
    }
    let begun =
        |offer: &&SwapOffer| offer.gives.from <= at || offer.takes.is_some_and(|takes| takes.from <= at);
    let void: Vec<SwapId> = duty.offers.values().filter(begun).map(|offer| offer.id).collect();
    for id in void {
        duty.offers.remove(&id);
    }
}
