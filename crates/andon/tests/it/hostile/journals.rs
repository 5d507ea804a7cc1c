//! A journal that another server writes, or that is not whole.

use std::fs::OpenOptions;
use std::path::Path;

use serde_json::json;

use crate::real::{Home, Pager, tell, wait};

/// A home whose journal holds some records, and the seq of its last; the server that wrote them was killed.
fn written() -> (Home, u64) {
    let home = Home::new(Pager::start().files(""));
    let server = home.start();
    for number in 0..20 {
        let command = match number % 2 {
            0 => json!({ "halt": { "reason": "a drill" } }),
            _ => json!({ "release": { "reason": "it is over" } }),
        };
        let answer = tell(server.address, &format!("key-{number}"), &command).expect("an answer");
        assert_eq!(answer.0, 200, "{answer:?}");
    }
    let records =
        server.get("/api/v1/andon/status").expect("an answer")["records"].as_u64().expect("a number");
    // The witness beside the journal follows within milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(200));
    server.kill();
    (home, records)
}

fn cut(file: &Path) {
    let file = OpenOptions::new().write(true).open(file).expect("a file");
    let long = file.metadata().expect("its length").len();
    file.set_len(long / 2).expect("it is cut");
}

fn verify(home: &Home) -> (Option<i32>, String) {
    let output = home.andon().args(["journal", "verify"]).arg(home.data()).output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_second_server_on_the_same_journal_is_told_who_has_it() {
    let home = Home::new(Pager::start().files(""));
    let server = home.start();
    let (code, said) = home.refused();
    assert_eq!(code, Some(1), "{said}");
    let journal = home.data().join("journal.db");
    assert!(said.contains(&format!("{} is in use by process", journal.display())), "{said}");
    assert!(said.contains("another data directory"), "{said}");
    wait("the first to go on", super::PATIENCE, || server.get("/api/v1/andon/status").ok());
}

#[test]
fn a_journal_without_its_end_is_refused_and_says_which_records_are_missing() {
    let (home, records) = written();
    assert_eq!(verify(&home).0, Some(0));
    // The newest records are in the log that SQLite writes ahead.
    cut(&home.data().join("journal.db-wal"));
    for (code, said) in [verify(&home), home.refused()] {
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&format!("to {records} are missing at the end")), "{said}");
    }
}

#[test]
fn a_journal_that_was_cut_through_is_refused_and_named() {
    let (home, _) = written();
    // A clean stop, of a server that nobody asked for history, leaves everything in the one file.
    home.start().stop();
    let journal = home.data().join("journal.db");
    cut(&journal);
    for (code, said) in [verify(&home), home.refused()] {
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&journal.display().to_string()) && said.contains("damaged"), "{said}");
    }
}
