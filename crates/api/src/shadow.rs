//! A day beside the incumbent, from the state that the journal gives for its end, and the days that were reported.

use std::sync::Arc;

use andon_respond::comparison::{Comparison, Day, SETTLES, compare};
use andon_vocabulary::{Event, RespondEvent, ShadowCounts, Timestamp};
use serde::Serialize;

use crate::port::{Loop, View};

/// The subject under which reported days are found again.
const SUBJECT: &str = "shadow";
/// A year of them is a page.
const DAYS_MAX: usize = 366;

#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    /// The day, as the instance's zone counts it.
    pub day: String,
    /// Whether all that belongs to it has been heard.
    pub settled: bool,
    /// Whether this Andon is in shadow mode now.
    pub shadow: bool,
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// A day that the journal has a report of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reported {
    pub day: String,
    pub at: Timestamp,
    pub record: u64,
    pub counts: ShadowCounts,
}

/// Why there is no comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDay {
    /// That is no day, or none that has begun.
    Unasked(String),
    Unread(String),
}

/// Blocking: it may fold the journal. Without a day: today.
pub fn beside(shared: &dyn Loop, day: Option<&str>) -> Result<Beside, NoDay> {
    let (view, now) = (shared.view(), shared.now());
    let day = match day.map(str::trim).filter(|day| !day.is_empty()) {
        None => Day::containing(now, view.catalog()),
        Some(text) => Day::parse(text, view.catalog())
            .ok_or_else(|| NoDay::Unasked(format!("{text:?} is no day such as 2026-11-23")))?,
    };
    if day.from > now {
        return Err(NoDay::Unasked(format!("{} has not begun", day.date)));
    }
    let settled_at = day.until + SETTLES;
    let state: View = match settled_at >= now {
        true => Arc::clone(&view),
        false => shared.history().state_at(settled_at).map_err(NoDay::Unread)?,
    };
    Ok(Beside {
        day: day.date.to_string(),
        settled: settled_at <= now,
        shadow: view.catalog().instance.is_shadow(),
        comparison: compare(&state.respond.beside, state.catalog(), &day, now),
    })
}

/// The days that were reported, newest first. Blocking.
pub fn reported(shared: &dyn Loop) -> Result<Vec<Reported>, String> {
    let records = shared.history().about(SUBJECT, DAYS_MAX)?;
    let mut days = Vec::new();
    for (record, entry) in &records {
        for event in &entry.events {
            if let Event::Respond(RespondEvent::ShadowReported { day, counts, .. }) = event {
                let (day, counts) = (day.clone(), counts.clone());
                days.push(Reported { day, at: entry.at, record: *record, counts });
            }
        }
    }
    days.reverse();
    Ok(days)
}
