//! What a person may silence: checked, held against what the instance allows, and completed.

use andon_definitions::alertmanager::AlertMatcher;
use andon_definitions::instance::Calendar;
use andon_definitions::{Catalog, Context, Period};
use andon_vocabulary::{
    LabelMatch, Labels, MatchOp, MonitorEvent, Name, Refusal, RefusalKind, Silence, SilenceEndedReason,
    SilenceId, Timestamp, Told,
};

use super::{SilencePhase, Silenced, nothing};
use crate::State;

/// Silences that have not been forgotten yet, at most.
const SILENCES_MAX: usize = 10_000;
const MATCHERS_MAX: usize = 100;
/// Of a name, a value, a comment.
const TEXT_MAX: usize = 4096;

impl Silenced {
    /// Whether `new` may be the same silence, changed: what was silenced in the past stays as it was.
    fn becomes(&self, new: &Silence, now: Timestamp) -> bool {
        let old = &self.silence;
        let in_time = match self.phase {
            _ if old.weekly.is_some() => new.starts_at >= old.starts_at && new.ends_at >= now,
            SilencePhase::Pending => new.starts_at >= now,
            SilencePhase::Active => new.starts_at == old.starts_at && new.ends_at >= now,
            SilencePhase::Ended { .. } => false,
        };
        let is_over = matches!(self.phase, SilencePhase::Ended { .. });
        in_time && !is_over && new.matchers == old.matchers && new.weekly == old.weekly
    }
}

impl State {
    pub(crate) fn set_silence(
        &self,
        asked: &Silence,
        replaces: Option<SilenceId>,
        cx: &Context,
    ) -> Result<Vec<MonitorEvent>, Refusal> {
        let now = cx.now;
        let old = match replaces {
            Some(id) => Some(self.silences.get(id).ok_or_else(|| unknown(id))?),
            None => None,
        };
        if let Some(maintained) = old.and_then(|old| old.silence.maintenance.as_ref()) {
            let what = format!("the files define it, as the maintenance {}", maintained.name);
            return Err(refusal(RefusalKind::Conflict, what, "change it there"));
        }
        checked(asked, now)?;
        let asked = self.completed(asked, old, cx)?;
        if let Some(old) = old
            && old.becomes(&asked, now)
        {
            let silence = Silence { id: old.silence.id, ..asked };
            let begins = !old.is_active() && Silenced::of(silence.clone(), now).is_on(now);
            let set = MonitorEvent::SilenceSet { silence: silence.clone() };
            let begun = begins.then(|| self.begins(&Silenced::of(silence, now), cx.catalog));
            return Ok([set].into_iter().chain(begun.into_iter().flatten()).collect());
        }
        if self.silences.all.len() >= SILENCES_MAX {
            let what = format!("there are {SILENCES_MAX} silences already");
            return Err(refusal(RefusalKind::Conflict, what, "ended ones are forgotten after five days"));
        }
        if self.silences.get(asked.id).is_some() {
            let what = format!("there is a silence {} already", asked.id);
            return Err(refusal(RefusalKind::Conflict, what, "make up another id"));
        }
        let by = asked.id;
        let silence = Silence { starts_at: asked.starts_at.max(now), ..asked };
        let set = Silenced::of(silence.clone(), now);
        let mut events = vec![MonitorEvent::SilenceSet { silence }];
        if set.is_on(now) {
            events.extend(self.begins(&set, cx.catalog));
        }
        // The new one first: what both match is never told of in between.
        if let Some(old) = old {
            events.extend(self.ends(old, SilenceEndedReason::Replaced { by }));
        }
        Ok(events)
    }

    pub(crate) fn lift_silence(
        &self,
        id: SilenceId,
        told: &Told,
        now: Timestamp,
    ) -> Result<Vec<MonitorEvent>, Refusal> {
        let silenced = self.silences.get(id).ok_or_else(|| unknown(id))?;
        if let (Some(maintained), Some(_)) = (&silenced.silence.maintenance, &silenced.silence.weekly) {
            // The files say that it comes again; what is lifted is this time of it.
            if silenced.is_active() {
                return Ok(self.rests(silenced, silenced.next(silenced.until(now))));
            }
            let what = format!("the maintenance {} silences nothing now", maintained.name);
            return Err(refusal(RefusalKind::Conflict, what, "the files say when it does; change it there"));
        }
        let events = self.ends(silenced, SilenceEndedReason::Lifted { who: told.who.clone() });
        if events.is_empty() {
            let what = format!("silence {id} has ended already");
            return Err(refusal(RefusalKind::Conflict, what, "there is nothing to lift"));
        }
        Ok(events)
    }

    /// What is asked for, if the instance allows it, with what follows from the moment: how urgent the alerts are that
    /// it silences, and when its owner is reminded.
    fn completed(&self, asked: &Silence, old: Option<&Silenced>, cx: &Context) -> Result<Silence, Refusal> {
        let policy = &cx.catalog.instance.silences;
        let refused = |what: String, hint: String| Err(refusal(RefusalKind::Invalid, what, &hint));
        let start = asked.starts_at.max(cx.now);
        let lasts = asked.ends_at.since(start);
        if let Some(max) = policy.max.filter(|max| asked.weekly.is_none() && lasts > **max) {
            let what = format!("it would last {}, and silences last at most {max} here", Period(lasts));
            return refused(what, format!("let it end by {}, and extend it later", (start + *max).second()));
        }
        let least = policy.matchers_min as usize;
        if asked.matchers.len() < least {
            let what = format!("it has {} of at least {least} matchers", asked.matchers.len());
            return refused(what, "say more of what the alerts have, such as service=\"…\"".to_owned());
        }
        if policy.reason_required && asked.comment.trim().is_empty() {
            return refused("it has no reason".to_owned(), "say why in the comment".to_owned());
        }
        let matchers: Vec<AlertMatcher> =
            asked.matchers.iter().filter_map(|matcher| AlertMatcher::of(matcher).ok()).collect();
        let alerts: Vec<_> = self.silenced_by(&matchers).map(|id| &self.alerts[&id]).collect();
        if let Some(max) = policy.alerts_max.filter(|max| alerts.len() > *max as usize) {
            let what = format!("it would silence {} alerts, and at most {max} may be", alerts.len());
            return refused(what, "narrow it: say which service or which instances".to_owned());
        }
        if let Some(alert) = alerts.iter().find(|alert| cx.catalog.never_silenced(&alert.labels)) {
            let what = format!("people are told of {}, whatever silences it", alert.labels);
            return refused(what, "leave it out; `silences.deny` of the Instance says so".to_owned());
        }
        let up_to =
            match old.filter(|old| old.silence.lift_on_severity && old.silence.matchers == asked.matchers) {
                Some(old) => old.silence.up_to,
                None => alerts.iter().map(|alert| alert.urgency).max(),
            };
        // Whose owner has left the definitions can still be changed.
        let is_old = |owner: &Name| old.is_some_and(|old| old.silence.owner.as_ref() == Some(owner));
        if let Some(owner) =
            asked.owner.as_ref().filter(|owner| !is_known(cx.catalog, owner) && !is_old(owner))
        {
            let what = format!("there is nobody called {owner:?} to be reminded of it");
            let hint = "name a person or a team of the definitions, such as team:shop";
            return Err(refusal(RefusalKind::NotFound, what, hint));
        }
        let owner = asked
            .owner
            .clone()
            .or_else(|| is_known(cx.catalog, &asked.created_by).then(|| asked.created_by.as_str().into()));
        let before = *policy.remind_before;
        let is_long = !before.is_zero() && lasts >= before * 2;
        Ok(Silence {
            up_to: up_to.filter(|_| asked.lift_on_severity),
            remind_at: (is_long && owner.is_some()).then(|| asked.ends_at - before),
            owner,
            maintenance: None,
            ..asked.clone()
        })
    }
}

fn checked(silence: &Silence, now: Timestamp) -> Result<(), Refusal> {
    let invalid = |what: String, hint: &str| Err(refusal(RefusalKind::Invalid, what, hint));
    if silence.matchers.is_empty() || silence.matchers.len() > MATCHERS_MAX {
        let what = format!("a silence has 1 to {MATCHERS_MAX} matchers, not {}", silence.matchers.len());
        return invalid(what, "say which labels the alerts have");
    }
    let mut is_narrow = false;
    for matcher in &silence.matchers {
        let LabelMatch { name, value, .. } = matcher;
        if name.is_empty() || name.len() > TEXT_MAX || value.len() > TEXT_MAX {
            let what = format!("a matcher's name has 1 to {TEXT_MAX} bytes, its value no more");
            return invalid(what, "shorten it");
        }
        let compiled = AlertMatcher::of(matcher).or_else(|why| {
            invalid(format!("{matcher}: {why}"), "mend the regular expression").map(|()| nothing())
        })?;
        // One that denies counts as narrow, as in Alertmanager: `team!="db"` is asked for, `.*` is a slip.
        let denies = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRegex);
        is_narrow |= denies || !compiled.matches(&Labels::default());
    }
    if !is_narrow {
        let what = "every matcher matches a label that is not there".to_owned();
        return invalid(what, "at least one must demand something, such as alertname=\"…\"");
    }
    if silence.ends_at <= silence.starts_at || silence.ends_at <= now {
        let what = format!("it would end at {} and so silence nothing", silence.ends_at.second());
        return invalid(what, "let it end later than it begins, and than now");
    }
    let authors = [Some(&silence.created_by), silence.posted_by.as_ref()];
    if silence.comment.len() > TEXT_MAX || authors.into_iter().flatten().any(|one| one.len() > TEXT_MAX) {
        return invalid(format!("the comment and the author have at most {TEXT_MAX} bytes"), "shorten it");
    }
    if let Some(weekly) = &silence.weekly {
        if let Err(why) = Calendar::of(weekly) {
            let hint = "write the days, the hours and the zone, such as tue 02:00-04:00 Europe/Madrid";
            return invalid(why, hint);
        }
        if Silenced::of(silence.clone(), now).next(now) >= silence.ends_at {
            let (from, until) = (silence.starts_at.max(now).second(), silence.ends_at.second());
            let what = format!("{weekly} never comes between {from} and {until}: it would silence nothing");
            return invalid(what, "let it end later, or say other hours");
        }
    }
    Ok(())
}

/// A person, or `team:NAME`.
fn is_known(catalog: &Catalog, owner: &str) -> bool {
    match owner.strip_prefix("team:") {
        Some(team) => catalog.teams.contains_key(team),
        None => catalog.teams.values().any(|team| team.people.contains_key(owner)),
    }
}

fn unknown(id: SilenceId) -> Refusal {
    refusal(RefusalKind::NotFound, format!("there is no silence {id}"), "ended ones are kept for five days")
}

fn refusal(kind: RefusalKind, what: String, hint: &str) -> Refusal {
    Refusal { kind, what, hint: Some(hint.to_owned()) }
}
