//! Whom an event of a calendar means: what it is called, as a handle of the team.

use andon_vocabulary::{CalendarShift, Stretch};

use crate::team::{Subscription, Team};

/// The events as shifts. One that means nobody, or two people, makes the whole calendar unreadable: a schedule with a
/// silent hole is worse than yesterday's.
pub fn named(
    events: impl IntoIterator<Item = (String, Stretch)>,
    team: &Team,
    subscription: &Subscription,
) -> Result<Vec<CalendarShift>, String> {
    let shifts = events.into_iter().map(|(called, during)| {
        let person = meant(&called, team, subscription)?.into();
        Ok(CalendarShift { person, during })
    });
    shifts.collect()
}

/// A name of `names`, a handle, or a text in which exactly one handle stands as a word.
fn meant<'a>(called: &str, team: &'a Team, subscription: &'a Subscription) -> Result<&'a str, String> {
    let text = called.trim();
    let same = |other: &str| other.trim().to_lowercase() == text.to_lowercase();
    let mut given = subscription.names.iter().filter(|(name, _)| same(name));
    if let Some((_, person)) = given.next() {
        return Ok(person);
    }
    if let Some(handle) = team.people.keys().find(|handle| same(handle)) {
        return Ok(handle);
    }
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .map(str::to_lowercase)
        .collect();
    let mut handles = team.people.keys().filter(|handle| words.contains(&handle.to_lowercase()));
    match (handles.next(), handles.next()) {
        (Some(handle), None) => Ok(handle),
        (None, _) => Err(format!("nobody of {} is meant by {}", team.name, shown(text))),
        (Some(one), Some(other)) => Err(format!("both {one} and {other} are meant by {}", shown(text))),
    }
}

fn shown(text: &str) -> String {
    format!("{:?}; `names` can say who is meant", text.chars().take(80).collect::<String>())
}
