//! What only a journal on a disk can meet: a second server, a copy, a full disk, another version, a kill.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::conformance::{bodies, entry};
use crate::verify::{Verdict, verify};

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    (dir, path)
}

/// A journal of `n` records, closed.
fn written(path: &Path, n: u64) {
    let mut journal = SqliteJournal::open(path, "shop").unwrap();
    let term = journal.acquire("test").unwrap();
    for seq in 0..n {
        journal.append(term, Seq(seq), &[entry(&format!("record {}", seq + 1), &["checkout"])]).unwrap();
    }
}

#[test]
fn a_restart_finds_everything_and_a_higher_term() {
    let (_dir, path) = place();
    let (first, head) = {
        let mut journal = SqliteJournal::open(&path, "shop").unwrap();
        let term = journal.acquire("a").unwrap();
        journal.append(term, Seq(0), &[entry("one", &["INC-1"])]).unwrap();
        (term, journal.head())
    };
    let mut journal = SqliteJournal::open(&path, "shop").unwrap();
    assert_eq!(journal.head(), head);
    assert_eq!(journal.standing(), &Standing::Home);
    assert_eq!(bodies(&journal.about("INC-1", Seq(1), 9).unwrap()), [(1, "one")]);
    assert_eq!(journal.append(first, Seq(1), &[]), Ok(Seq(1)), "still the newest term");
    assert!(journal.acquire("a").unwrap() > first);
    assert_eq!(journal.append(first, Seq(1), &[]), Err(AppendError::Fenced));
}

#[test]
fn a_second_server_is_told_who_holds_the_journal() {
    let (_dir, path) = place();
    let first = SqliteJournal::open(&path, "shop").unwrap();
    let error = SqliteJournal::open(&path, "shop").unwrap_err();
    assert!(matches!(&error, JournalError::InUse { pid: Some(pid), .. } if *pid == std::process::id()));
    let said = error.to_string();
    assert!(said.contains("journal.db is in use by process") && said.contains("journal.lock"), "{said}");
    drop(first);
    SqliteJournal::open(&path, "shop").unwrap();
}

#[test]
fn readers_see_what_is_durable_while_the_writer_writes() {
    let (_dir, path) = place();
    let mut journal = SqliteJournal::open(&path, "shop").unwrap();
    let term = journal.acquire("a").unwrap();
    let reader = journal.reader().unwrap();
    assert_eq!(reader.head(), Ok(Head::EMPTY));
    let reading = thread::spawn(move || {
        let mut seen = Seq(0);
        while seen < Seq(200) {
            let records = reader.read(seen.next(), 50).unwrap();
            seen = records.last().map_or(seen, |last| last.seq);
        }
        (reader.head().unwrap(), reader.about("checkout", Seq(150), 99).unwrap().len())
    });
    for seq in 0..200 {
        journal.append(term, Seq(seq), &[entry("x", &["checkout"])]).unwrap();
        if seq % 50 == 0 {
            assert!(matches!(verify(&path), Ok(Verdict::Ok { .. })), "a tool looks on meanwhile");
        }
    }
    assert_eq!(reading.join().unwrap(), (journal.head(), 51));
}

#[test]
fn a_copy_a_rename_and_another_instance_are_not_at_home_until_a_person_says_so() {
    let (dir, path) = place();
    written(&path, 2);
    let copy = dir.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(path.with_extension("head"), copy.with_extension("head")).unwrap();

    let other = SqliteJournal::open(&path, "another").unwrap();
    assert!(
        matches!(other.standing(), Standing::Moved { was, now } if was.instance == "shop" && now.instance == "another")
    );
    drop(other);
    for _ in 0..2 {
        let moved = SqliteJournal::open(&copy, "shop").unwrap();
        assert!(
            matches!(moved.standing(), Standing::Moved { was, now } if was.inode != now.inode),
            "each time"
        );
    }
    SqliteJournal::open(&copy, "shop").unwrap().settle().unwrap();
    assert_eq!(SqliteJournal::open(&copy, "shop").unwrap().standing(), &Standing::Home);

    // Restored over the original: the path is the same, the file is not.
    let contents = fs::read(&path).unwrap();
    fs::rename(&path, dir.path().join("old.db")).unwrap();
    fs::write(&path, contents).unwrap();
    assert!(matches!(SqliteJournal::open(&path, "shop").unwrap().standing(), Standing::Moved { .. }));
}

#[test]
fn a_journal_whose_head_file_is_gone_waits_for_a_person() {
    let (_dir, path) = place();
    written(&path, 3);
    fs::remove_file(path.with_extension("head")).unwrap();
    for _ in 0..2 {
        let journal = SqliteJournal::open(&path, "shop").unwrap();
        assert_eq!(journal.standing(), &Standing::Unwitnessed, "each time");
    }
    SqliteJournal::open(&path, "shop").unwrap().settle().unwrap();
    assert_eq!(SqliteJournal::open(&path, "shop").unwrap().standing(), &Standing::Home);
}

#[test]
fn a_newer_format_and_a_foreign_database_are_refused_and_left_as_they_are() {
    let (dir, path) = place();
    written(&path, 1);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", db::FORMAT + 1).unwrap();
    let before = fs::read(&path).unwrap();
    for error in [SqliteJournal::open(&path, "shop").unwrap_err(), verify(&path).unwrap_err()] {
        assert!(error.to_string().contains("has format 2 and this andon reads up to 1"), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);

    let nowhere = dir.path().join("nowhere.db");
    assert!(verify(&nowhere).unwrap_err().to_string().ends_with("nowhere.db: there is no journal here"));
    assert!(!nowhere.exists());

    let foreign = dir.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = fs::read(&foreign).unwrap();
    let error = SqliteJournal::open(&foreign, "shop").unwrap_err();
    assert!(error.to_string().contains("another program's sqlite database"), "{error}");
    assert_eq!(fs::read(&foreign).unwrap(), before);
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let (_dir, path) = place();
    let mut journal = SqliteJournal::open(&path, "shop").unwrap();
    let term = journal.acquire("a").unwrap();
    journal.db.connection.pragma_update(None, "max_page_count", 40).unwrap();
    let batch = vec![entry(&"x".repeat(3000), &["checkout"]); 3];
    let mut head = Seq(0);
    let refused = loop {
        match journal.append(term, head, &batch) {
            Ok(seq) => head = seq,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, AppendError::Full);
    assert_eq!(journal.append(term, head, &batch), Err(AppendError::Full));
    assert!(head.0 > 10 && journal.head().seq == head);
    assert_eq!(journal.read(Seq(1), 1000).unwrap().len() as u64, head.0);
    assert_eq!(journal.about("checkout", Seq(1), 1000).unwrap().len() as u64, head.0);

    journal.db.connection.pragma_update(None, "max_page_count", 400).unwrap();
    assert_eq!(journal.append(term, head, &batch), Ok(Seq(head.0 + 3)));
    drop(journal);
    assert!(matches!(verify(&path), Ok(Verdict::Ok { records, .. }) if records == head.0 + 3));
}

#[test]
fn after_an_io_error_nothing_is_written_until_a_restart() {
    let (_dir, path) = place();
    let mut journal = SqliteJournal::open(&path, "shop").unwrap();
    let term = journal.acquire("a").unwrap();
    journal.append(term, Seq(0), &[entry("one", &[])]).unwrap();
    // The head cannot be written down through a handle that only reads: the commit is done, the answer is not.
    journal.witness.replace_file(Arc::new(File::open(path.with_extension("head")).unwrap()));
    let error = journal.append(term, Seq(1), &[entry("two", &[])]).unwrap_err();
    assert!(matches!(&error, AppendError::Ambiguous(why) if why.contains("journal.head")), "{error}");
    assert_eq!(journal.append(term, Seq(2), &[entry("three", &[])]), Err(error));
    assert!(journal.acquire("a").is_err());
    drop(journal);
    let journal = SqliteJournal::open(&path, "shop").unwrap();
    assert_eq!(bodies(&journal.read(Seq(1), 9).unwrap()), [(1, "one"), (2, "two")]);
}

#[test]
fn the_index_of_subjects_can_be_made_anew() {
    let (_dir, path) = place();
    written(&path, 3);
    let mut journal = SqliteJournal::open(&path, "shop").unwrap();
    journal.reindex(&mut |stored| vec![format!("odd-{}", stored.seq.0 % 2)]).unwrap();
    assert_eq!(journal.about("checkout", Seq(1), 9), Ok(vec![]));
    assert_eq!(bodies(&journal.about("odd-1", Seq(1), 9).unwrap()), [(1, "record 1"), (3, "record 3")]);
}

/// Names the journal to write, in the process that is to be killed.
const VICTIM: &str = "ANDON_JOURNAL_VICTIM";

/// The other half of the test below: does something only when that test starts it in a process of its own.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else {
        return;
    };
    let mut journal = SqliteJournal::open(Path::new(&path), "shop").unwrap();
    let term = journal.acquire("victim").unwrap();
    let mut head = journal.head().seq;
    loop {
        let batch = vec![entry("a record that is acknowledged once it is durable", &["checkout"]); 3];
        head = journal.append(term, head, &batch).unwrap();
        println!("\nacknowledged {head}");
    }
}

#[test]
fn kill_9_loses_nothing_acknowledged_and_raises_no_false_alarm() {
    let (_dir, path) = place();
    let mut acknowledged = 0;
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::tests::victim", "--nocapture"])
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let listening = thread::spawn(move || {
            let lines = said.lines().map_while(Result::ok);
            lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok()).last()
        });
        thread::sleep(Duration::from_millis(60 + 7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = listening.join().unwrap().unwrap_or(acknowledged);
        match verify(&path) {
            Ok(Verdict::Ok { head, .. }) => assert!(head.seq.0 >= acknowledged && head.seq.0 % 3 == 0),
            // Killed before there was a journal at all.
            Err(JournalError::Io { .. }) | Ok(Verdict::Damaged(_)) if acknowledged == 0 => {}
            other => panic!("after {acknowledged} acknowledged: {other:?}"),
        }
    }
    assert!(acknowledged > 100, "the victims did write: {acknowledged}");
}
