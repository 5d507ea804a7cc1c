//! Another program's schedule, or a calendar, as a `Team`.

use std::path::Path;
use std::time::Duration;

use andon_definitions::SourceFile;
use andon_definitions::import::{Imported, calendar_team, opsgenie_schedule, pagerduty_schedule};
use andon_definitions::oncall::zone;
use andon_ical::Zones;
use andon_vocabulary::{Stretch, Timestamp};
use jiff::tz::TimeZone;

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;
use crate::written::write_new;

/// Where they are written, in the directory of the definitions.
const FOLDER: &str = "teams";
/// What of a calendar is written down.
const AHEAD: Duration = Duration::from_secs(26 * 7 * 86_400);

#[derive(Clone, Copy)]
pub enum From {
    PagerDuty,
    Opsgenie,
    Calendar,
}

pub fn import(from: From, source: &SourceFile, file: &Path, into: &Path) -> Outcome {
    let now = Timestamp::from_jiff(jiff::Timestamp::now());
    let imported = match from {
        From::PagerDuty => pagerduty_schedule(&source.text, now),
        From::Opsgenie => opsgenie_schedule(&source.text, now),
        From::Calendar => calendar(source, file, now),
    };
    let imported = imported.map_err(|why| {
        Failure::new(Exit::Failed, format!("{} cannot be read: {why}", file.display()))
            .hint("nothing was written; --as says whose file it is")
    })?;
    write_new(&into.join(FOLDER), std::slice::from_ref(&imported.file))?;
    for said in &imported.said {
        terminal::out(format_args!("note: {said}"));
    }
    if let Some(entries) = imported.compared {
        terminal::out(format_args!("held against {entries} entries of the schedule's own"));
    }
    terminal::out(format_args!("\nnext: read it, then `andon check {}`", into.display()));
    Ok(Exit::Well)
}

fn calendar(source: &SourceFile, file: &Path, now: Timestamp) -> Result<Imported, String> {
    let within = Stretch { from: now, until: now + AHEAD };
    let events = andon_ical::read(&source.text, within, &Zones { find: &zone, floating: TimeZone::UTC })?;
    let events: Vec<(String, Stretch)> =
        events.into_iter().map(|event| (event.summary, event.during)).collect();
    let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let name = if name.is_empty() { "imported".to_owned() } else { name };
    let file = calendar_team(&name, "UTC", &events)?;
    let said = vec![
        format!(
            "its events of the next 26 weeks, {} of them, are overrides: a rotation of turns may say the same",
            events.len()
        ),
        "to go on reading it instead, write `ical: { url: … }` at a rotation".to_owned(),
        "everybody is reached on the page only, in UTC: write each person's `contact` and `timezone`"
            .to_owned(),
    ];
    Ok(Imported { file, said, compared: None })
}
