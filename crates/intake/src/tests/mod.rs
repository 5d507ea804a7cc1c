//! Payloads of each sender, written after its reference, and what is made of them.

mod bytes;
mod changes;
mod incumbents;
mod keyed;
mod mapped;
mod proof;
mod sns;
mod webhooks;

use std::time::Duration;

use andon_vocabulary::{Labels, Timestamp};
use expect_test::Expect;

use crate::{Item, Moment, Refused};

/// 2026-11-23T09:00:00Z.
const NOW: Timestamp = Timestamp::from_ms(1_795_424_400_000);

const MOMENT: Moment = Moment { now: NOW, expires: None };

const EXPIRING: Moment = Moment { now: NOW, expires: Some(Duration::from_secs(3600)) };

fn check(items: Result<Vec<Item>, Refused>, expect: Expect) {
    let said = match items {
        Err(refused) => format!("refused: {refused}\n"),
        Ok(items) => items.iter().map(line).collect(),
    };
    expect.assert_eq(&said);
}

fn check_one(item: Result<Item, Refused>, expect: Expect) {
    check(item.map(|item| vec![item]), expect);
}

fn line(item: &Item) -> String {
    match item {
        Item::Alert { key, alert } => {
            let end = match alert.ends_at {
                Timestamp::MAX => "goes on".to_owned(),
                at if at <= NOW => format!("ended {}", at.second()),
                at => {
                    format!("ends {}{}", at.second(), if alert.open_ended { " unless heard of" } else { "" })
                }
            };
            let key = key.as_ref().map(|key| format!(" ({key})")).unwrap_or_default();
            format!(
                "alert{key} since {}, {end}{}\n{}{}",
                alert.starts_at.second(),
                if alert.generator.is_empty() { String::new() } else { format!(", {}", alert.generator) },
                pairs("  ", &alert.labels),
                pairs("  # ", &alert.annotations),
            )
        }
        Item::End { key } => format!("end {key}\n"),
        Item::Acknowledge { key, by } => format!("acknowledge {key} by {by:?}\n"),
        Item::Change(change) => format!("{change:?}\n"),
        Item::Nothing { why } => format!("nothing: {why}\n"),
        Item::Refused { why } => format!("refused: {why}\n"),
    }
}

fn pairs(lead: &str, labels: &Labels) -> String {
    labels.iter().map(|(name, value)| format!("{lead}{name} = {value}\n")).collect()
}

#[test]
fn the_clock_of_these_tests() {
    assert_eq!(NOW.second().to_string(), "2026-11-23T09:00:00Z");
}
