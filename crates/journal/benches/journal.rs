//! How fast the journal is made durable and read again. `cargo bench -p andon-journal`
//!
//! Absolute figures are those of the disk below. Compare the rows of one run.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use andon_journal::{Entry, Journal, MemoryJournal, Reader, Seq, SqliteJournal, verify};
use divan::Bencher;
use divan::counter::ItemsCount;
use tempfile::TempDir;

const BODY_BYTES: usize = 300;
const WRITERS: usize = 64;
/// As many as one turn of the loop takes.
const BATCH_MAX: usize = 256;

fn main() {
    divan::main();
}

fn event(n: u64) -> Entry {
    let mut body = format!("{{\"seq\":{n},\"at\":\"2026-03-01T14:02:07Z\",\"text\":\"").into_bytes();
    body.resize(BODY_BYTES, b'x');
    Entry { body, subjects: vec![format!("INC-{}", n / 40)] }
}

fn journal() -> (TempDir, SqliteJournal) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let journal = SqliteJournal::open(&dir.path().join("journal.db"), "bench").expect("a new journal");
    (dir, journal)
}

/// Each record waits for its own commit.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn append_alone(bencher: Bencher<'_, '_>) {
    const RECORDS: u64 = 500;
    bencher.counter(ItemsCount::new(RECORDS)).with_inputs(journal).bench_local_values(
        |(dir, mut journal)| {
            let term = journal.acquire("bench").expect("a term");
            for n in 0..RECORDS {
                journal.append(term, Seq(n), &[event(n)]).expect("an append");
            }
            (dir, journal)
        },
    );
}

/// 64 threads, each of which waits until its record is durable before it sends the next; one writer that takes what
/// is waiting and commits it together.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn append_from_64_writers(bencher: Bencher<'_, '_>) {
    const EACH: u64 = 200;
    let records = WRITERS as u64 * EACH;
    bencher.counter(ItemsCount::new(records)).with_inputs(journal).bench_local_values(
        |(dir, mut journal)| {
            let (send, inbox) = sync_channel(BATCH_MAX);
            thread::scope(|scope| {
                for _ in 0..WRITERS {
                    let send = send.clone();
                    scope.spawn(move || write_one_by_one(&send, EACH));
                }
                drop(send);
                commit_what_waits(&mut journal, &inbox);
            });
            assert_eq!(journal.head().seq, Seq(records));
            (dir, journal)
        },
    );
}

type Waiting = (Entry, SyncSender<()>);

fn write_one_by_one(send: &SyncSender<Waiting>, records: u64) {
    let (answer, durable) = sync_channel(1);
    for n in 0..records {
        send.send((event(n), answer.clone())).expect("a writer that listens");
        durable.recv().expect("an answer");
    }
}

fn commit_what_waits(journal: &mut SqliteJournal, inbox: &Receiver<Waiting>) {
    let term = journal.acquire("bench").expect("a term");
    while let Ok(first) = inbox.recv() {
        let more = inbox.try_iter().take(BATCH_MAX - 1);
        let (batch, answers): (Vec<Entry>, Vec<SyncSender<()>>) = std::iter::once(first).chain(more).unzip();
        let head = journal.head().seq;
        journal.append(term, head, &batch).expect("an append");
        for answer in answers {
            answer.send(()).expect("a writer that waits");
        }
    }
}

/// The same records in full batches without anybody waiting: what the store alone can do.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn append_full_batches(bencher: Bencher<'_, '_>) {
    const BATCHES: u64 = 100;
    let records = BATCHES * BATCH_MAX as u64;
    bencher.counter(ItemsCount::new(records)).with_inputs(journal).bench_local_values(
        |(dir, mut journal)| {
            fill(&mut journal, records);
            (dir, journal)
        },
    );
}

fn fill(journal: &mut SqliteJournal, records: u64) {
    let term = journal.acquire("bench").expect("a term");
    while journal.head().seq < Seq(records) {
        let head = journal.head().seq;
        let batch: Vec<Entry> = (head.0..records).take(BATCH_MAX).map(event).collect();
        journal.append(term, head, &batch).expect("an append");
    }
}

/// A million records of 300 bytes, each checked against the chain, a page at a time as a start-up reads them.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn replay_a_million(bencher: Bencher<'_, '_>) {
    const RECORDS: u64 = 1_000_000;
    let (dir, mut journal) = journal();
    fill(&mut journal, RECORDS);
    drop(journal);
    let reader = Reader::open(&dir.path().join("journal.db")).expect("a journal to read");
    bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| {
        let (mut next, mut bytes) = (Seq(1), 0);
        loop {
            let page = reader.read(next, 4096).expect("a page of records");
            let Some(last) = page.last() else { return bytes };
            next = last.seq.next();
            bytes += page.iter().map(|stored| stored.body.len()).sum::<usize>();
        }
    });
}

/// `andon journal verify` of 100,000 records: the chain, `journal.head` and every page.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn verify_a_hundred_thousand(bencher: Bencher<'_, '_>) {
    const RECORDS: u64 = 100_000;
    let (dir, mut journal) = journal();
    fill(&mut journal, RECORDS);
    drop(journal);
    let path = dir.path().join("journal.db");
    bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| verify(&path).expect("a verdict"));
}

/// The store of rehearsals, for comparison: what hashing and copying cost without a disk.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn append_in_memory(bencher: Bencher<'_, '_>) {
    const RECORDS: u64 = 10_000;
    bencher.counter(ItemsCount::new(RECORDS)).with_inputs(MemoryJournal::new).bench_local_values(
        |mut journal| {
            let term = journal.acquire("bench").expect("a term");
            for n in 0..RECORDS {
                journal.append(term, Seq(n), &[event(n)]).expect("an append");
            }
            journal
        },
    );
}
