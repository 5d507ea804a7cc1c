//! Which of a night's alerts were worth a page.

use super::silences::Night;
use crate::Ledger;
use andon_vocabulary::{Command, IncidentId};
use expect_test::expect;

#[test]
fn what_nobody_does_anything_about_is_noise() {
    let mut night = Night::new("2026-11-20T21:00:00Z", "{ reopen_within: 1m }");
    // It pages, is acknowledged, and is over by itself: twice.
    for hour in ["22", "23"] {
        night.fires("Flaky", "critical");
        let incident = *night.state.respond.incidents.open.keys().next_back().unwrap();
        night.tell(Command::Acknowledge { incident });
        night.ends("Flaky", "critical");
        night.until(&format!("2026-11-20T{hour}:00:00Z"));
    }
    // It pages, and somebody rolls back.
    night.fires("Down", "critical");
    night.silence("alertname=Down", "2026-11-20T23:30:00Z", |_| {});
    night.fires("Ticket", "warning");
    night.tell(Command::Note { incident: IncidentId(3), text: "the disk is full".to_owned() });

    let mut ledger = Ledger::default();
    night.records.iter().for_each(|record| ledger.record(record));
    let lines: Vec<String> = ledger
        .rules()
        .iter()
        .map(|(rule, one)| {
            let (paged, acted) = (one.paged, one.acted);
            let share = one.share().map_or("-".to_owned(), |share| format!("{share}%"));
            format!(
                "{rule} fired {} paged {paged} acked {} acted {acted} by itself {} {share}",
                one.fired, one.acknowledged, one.by_itself
            )
        })
        .collect();
    expect![[r#"
        test/Flaky fired 2 paged 2 acked 2 acted 0 by itself 2 0%
        test/Down fired 1 paged 1 acked 0 acted 1 by itself 0 100%
        test/Ticket fired 1 paged 1 acked 0 acted 1 by itself 0 100%"#]]
    .assert_eq(&lines.join("\n"));
}
