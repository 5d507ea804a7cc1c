//! Calendars elsewhere that rotations read: asked now and then, within bounds; what they say goes into the loop, and
//! from there into the journal, so that a replay decides the same without them.
//!
//! What cannot be read changes nobody's schedule: the loop hears why, and keeps what was said before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::oncall::{named, zone};
use andon_definitions::team::Subscription;
use andon_definitions::{Catalog, Team};
use andon_ical::Zones;
use andon_vocabulary::{CalendarRead, CalendarSays, Input, Stretch, Timestamp};
use reqwest::Client;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::deliver::secret;
use crate::http::{in_words, reach, read_body};
use crate::queue::Queue;
use crate::views::View;

/// A calendar of people's shifts is far smaller.
const BYTES_MAX: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(20);
/// One that cannot be read is tried again after this, if it is not asked more often anyway.
const AGAIN: Duration = Duration::from_secs(300);
/// Nothing is asked more often than this, whatever the definitions say.
const EVERY_LEAST: Duration = Duration::from_secs(10);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// The weeks that are kept: the one before, this one and those to come.
const WEEKS_AHEAD: u32 = 13;

pub struct Around {
    pub queue: Queue,
    pub clock: Arc<Clock>,
    /// Relative paths of secrets begin here.
    pub base: PathBuf,
    pub client: Client,
}

/// Which calendar: of a team, for a rotation.
type Key = (String, String);

/// Ends when the loop has. Each calendar is asked by itself: one that hangs holds up no other.
pub async fn keep(mut plans: View, around: Around) {
    let around = Arc::new(around);
    let mut asking: BTreeMap<Key, (Subscription, JoinHandle<()>)> = BTreeMap::new();
    loop {
        let catalog = plans.borrow_and_update().catalog().clone();
        let wanted: BTreeMap<_, _> = subscriptions(&catalog).collect();
        asking.retain(|key, (known, task)| {
            let stays = wanted.get(key).is_some_and(|wanted| *wanted == known);
            if !stays {
                task.abort();
            }
            stays
        });
        for (key, subscription) in wanted {
            asking.entry(key.clone()).or_insert_with(|| {
                let task = ask(key, subscription.clone(), plans.clone(), Arc::clone(&around));
                (subscription.clone(), tokio::spawn(task))
            });
        }
        if plans.changed().await.is_err() {
            break;
        }
    }
    asking.values().for_each(|(_, task)| task.abort());
}

/// Again and again, until the loop is gone.
async fn ask((team, rotation): Key, subscription: Subscription, plans: View, around: Arc<Around>) {
    loop {
        let catalog = plans.borrow().catalog().clone();
        let Some(team) = catalog.teams.get(&team) else { return };
        let says = match shifts(team, &rotation, &subscription, &around).await {
            Ok(says) => says,
            Err(error) => {
                tracing::warn!(team = %team.name, rotation = %rotation, "calendar: {error}");
                CalendarSays::Failed { error }
            }
        };
        let failed = matches!(says, CalendarSays::Failed { .. });
        let read = CalendarRead { team: team.name.as_str().into(), rotation: rotation.as_str().into(), says };
        if !around.queue.input(Input::Calendar(read)).await {
            return;
        }
        let every = (*subscription.every).max(EVERY_LEAST);
        tokio::time::sleep(if failed { every.min(AGAIN) } else { every }).await;
    }
}

fn subscriptions(catalog: &Catalog) -> impl Iterator<Item = (Key, &Subscription)> {
    catalog.teams.values().flat_map(|team| {
        team.oncall.iter().filter_map(|(rotation, turns)| {
            Some(((team.name.clone(), rotation.clone()), turns.ical.as_ref()?))
        })
    })
}

async fn shifts(
    team: &Team,
    rotation: &str,
    subscription: &Subscription,
    around: &Around,
) -> Result<CalendarSays, String> {
    let text = text(subscription, around).await?;
    let known = known(around.clock.now());
    let handover = team.oncall.get(rotation).and_then(|it| it.turns.handover.as_ref());
    let floating = handover.and_then(|it| zone(&it.timezone)).or_else(|| zone("UTC"));
    let floating = floating.ok_or("the zone of its hand-over is not known")?;
    let events = andon_ical::read(&text, known, &Zones { find: &zone, floating })?;
    let events = events.into_iter().map(|event| (event.summary, event.during));
    let shifts = named(events, team, subscription)?;
    if shifts.is_empty() {
        return Err("it has no event in the weeks to come".to_owned());
    }
    Ok(CalendarSays::Shifts { known, shifts })
}

/// Whole weeks, so that what is read again is the same until something changes.
fn known(now: Timestamp) -> Stretch {
    let week = i64::try_from(WEEK.as_millis()).unwrap_or(1);
    let this = Timestamp::from_ms(now.as_ms().div_euclid(week) * week);
    Stretch { from: this - WEEK, until: this + WEEK * WEEKS_AHEAD }
}

/// A secret may hold the address, or the calendar itself.
async fn text(subscription: &Subscription, around: &Around) -> Result<String, String> {
    let found = secret::resolve(&subscription.url, &around.base)?;
    if found.trim_start_matches('\u{feff}').starts_with("BEGIN:VCALENDAR") {
        return Ok(found);
    }
    let found = found.trim();
    if !found.contains(':') {
        return Err("it is neither an address nor a calendar".to_owned());
    }
    let url = reach::may_be_trusted(found)?;
    let asked = around.client.get(url).timeout(PATIENCE).header("accept", "text/calendar").send().await;
    let mut response = asked.map_err(|error| in_words(&error))?;
    if response.status().is_redirection() {
        return Err(format!("it answered {}: write the address that it leads to", response.status()));
    }
    if !response.status().is_success() {
        return Err(format!("it answered {}", response.status()));
    }
    let mut body = Vec::new();
    read_body(&mut response, BYTES_MAX, &mut body).await?;
    String::from_utf8(body).map_err(|_| "its text is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests;
