//! What every store must do: one list of checks, run over each of them.

use crate::{AppendError, Entry, Head, Journal, MemoryJournal, Seq, Snapshot, SqliteJournal, Stored};

/// Each is given an empty journal of its own.
const CHECKS: [fn(&mut dyn Journal); 8] = [
    an_empty_journal_has_the_empty_head,
    what_was_appended_is_read_back_in_order,
    the_chain_links_every_record,
    a_batch_lands_where_it_was_meant_to_or_not_at_all,
    a_later_term_fences_an_earlier_one,
    reading_starts_and_stops_where_asked,
    records_are_found_by_subject,
    a_snapshot_is_kept_while_the_chain_agrees,
];

#[test]
fn memory_keeps_the_contract() {
    for check in CHECKS {
        check(&mut MemoryJournal::new());
    }
}

#[test]
fn sqlite_keeps_the_contract() {
    for check in CHECKS {
        let dir = tempfile::tempdir().unwrap();
        check(&mut SqliteJournal::open(&dir.path().join("journal.db"), "shop").unwrap());
    }
}

pub(crate) fn entry(body: &str, subjects: &[&str]) -> Entry {
    Entry { body: body.into(), subjects: subjects.iter().map(|s| (*s).to_owned()).collect() }
}

pub(crate) fn bodies(records: &[Stored]) -> Vec<(u64, &str)> {
    records.iter().map(|stored| (stored.seq.0, str::from_utf8(&stored.body).unwrap())).collect()
}

fn an_empty_journal_has_the_empty_head(journal: &mut dyn Journal) {
    assert_eq!(journal.head(), Head::EMPTY);
    assert_eq!(journal.read(Seq(1), 10), Ok(vec![]));
    assert_eq!(journal.about("INC-1", Seq(1), 10), Ok(vec![]));
    assert_eq!(journal.load_snapshot(), Ok(None));
    let term = journal.acquire("a").unwrap();
    assert_eq!(journal.append(term, Seq::START, &[]), Ok(Seq::START));
    assert_eq!(journal.head(), Head::EMPTY);
}

fn what_was_appended_is_read_back_in_order(journal: &mut dyn Journal) {
    let term = journal.acquire("a").unwrap();
    let large = "x".repeat(1 << 20);
    assert_eq!(journal.append(term, Seq(0), &[entry("one", &[]), entry("", &[])]), Ok(Seq(2)));
    assert_eq!(journal.append(term, Seq(2), &[entry(&large, &[]), entry("four", &[])]), Ok(Seq(4)));
    let read = journal.read(Seq(1), 10).unwrap();
    assert_eq!(bodies(&read), [(1, "one"), (2, ""), (3, large.as_str()), (4, "four")]);
}

fn the_chain_links_every_record(journal: &mut dyn Journal) {
    let term = journal.acquire("a").unwrap();
    journal.append(term, Seq(0), &[entry("one", &["INC-1"]), entry("two", &[])]).unwrap();
    journal.append(term, Seq(2), &[entry("three", &[])]).unwrap();
    let mut head = Head::EMPTY;
    for stored in journal.read(Seq(1), 10).unwrap() {
        head = head.link(&stored.body);
        assert_eq!(head, Head { seq: stored.seq, hash: stored.hash });
    }
    assert_eq!(head, journal.head());
}

fn a_batch_lands_where_it_was_meant_to_or_not_at_all(journal: &mut dyn Journal) {
    let term = journal.acquire("a").unwrap();
    let batch = [entry("one", &["INC-1"]), entry("two", &[])];
    assert_eq!(journal.append(term, Seq(1), &batch), Err(AppendError::Conflict { head: Seq(0) }));
    assert_eq!(journal.append(term, Seq(0), &batch), Ok(Seq(2)));
    // The retry of a batch whose answer was lost.
    assert_eq!(journal.append(term, Seq(0), &batch), Err(AppendError::Conflict { head: Seq(2) }));
    assert_eq!(bodies(&journal.read(Seq(1), 10).unwrap()), [(1, "one"), (2, "two")]);
    assert_eq!(bodies(&journal.about("INC-1", Seq(1), 10).unwrap()), [(1, "one")]);
}

fn a_later_term_fences_an_earlier_one(journal: &mut dyn Journal) {
    let first = journal.acquire("a").unwrap();
    journal.append(first, Seq(0), &[entry("one", &[])]).unwrap();
    let second = journal.acquire("b").unwrap();
    assert!(second > first);
    // Fenced wins over a conflict: whoever is fenced must not reload and go on.
    assert_eq!(journal.append(first, Seq(1), &[entry("two", &[])]), Err(AppendError::Fenced));
    assert_eq!(journal.append(first, Seq(7), &[entry("two", &[])]), Err(AppendError::Fenced));
    assert_eq!(journal.append(second, Seq(1), &[entry("two", &[])]), Ok(Seq(2)));
}

fn reading_starts_and_stops_where_asked(journal: &mut dyn Journal) {
    let term = journal.acquire("a").unwrap();
    journal.append(term, Seq(0), &[entry("one", &[]), entry("two", &[]), entry("three", &[])]).unwrap();
    assert_eq!(bodies(&journal.read(Seq(0), 2).unwrap()), [(1, "one"), (2, "two")]);
    assert_eq!(bodies(&journal.read(Seq(2), 1).unwrap()), [(2, "two")]);
    assert_eq!(bodies(&journal.read(Seq(3), usize::MAX).unwrap()), [(3, "three")]);
    assert_eq!(journal.read(Seq(1), 0), Ok(vec![]));
    for past in [4, 5, u64::MAX] {
        assert_eq!(journal.read(Seq(past), 10), Ok(vec![]));
    }
}

fn records_are_found_by_subject(journal: &mut dyn Journal) {
    let term = journal.acquire("a").unwrap();
    let odd = "a 'quoted' \"subject\"\nπ";
    journal
        .append(term, Seq(0), &[entry("one", &["INC-1", "checkout"]), entry("two", &["checkout"])])
        .unwrap();
    journal.append(term, Seq(2), &[entry("three", &["INC-1", "INC-1", odd]), entry("four", &[])]).unwrap();
    let about = |subject, from, limit| journal.about(subject, Seq(from), limit).unwrap();
    assert_eq!(bodies(&about("INC-1", 0, 10)), [(1, "one"), (3, "three")]);
    assert_eq!(bodies(&about("INC-1", 2, 10)), [(3, "three")]);
    assert_eq!(bodies(&about("checkout", 1, 1)), [(1, "one")]);
    assert_eq!(bodies(&about(odd, 1, 10)), [(3, "three")]);
    assert_eq!(about("INC", 1, 10), []);
    assert_eq!(about("INC-1", u64::MAX, 10), []);
}

fn a_snapshot_is_kept_while_the_chain_agrees(journal: &mut dyn Journal) {
    let term = journal.acquire("a").unwrap();
    journal.append(term, Seq(0), &[entry("one", &[]), entry("two", &[])]).unwrap();
    let good = Snapshot { at: Head::EMPTY.link(b"one"), bytes: b"state".to_vec() };
    journal.save_snapshot(&good).unwrap();
    assert_eq!(journal.load_snapshot(), Ok(Some(good.clone())));
    for at in [Head::EMPTY.link(b"other"), Head { seq: Seq(9), ..good.at }, Head { seq: Seq(0), ..good.at }] {
        journal.save_snapshot(&Snapshot { at, ..good.clone() }).unwrap();
        assert_eq!(journal.load_snapshot(), Ok(None));
    }
    let start = Snapshot { at: Head::EMPTY, bytes: vec![] };
    journal.save_snapshot(&start).unwrap();
    assert_eq!(journal.load_snapshot(), Ok(Some(start)));
}
