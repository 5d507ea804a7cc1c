//! Real damage to real files: every kind must be noticed, none may be read as if it were whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::{Journal, Reader, SqliteJournal};
use crate::conformance::entry;
use crate::{Head, JournalError, Seq, Stored, Verdict, verify};

const RECORDS: u64 = 300;

/// A journal on disk and what it held when it was whole.
struct Specimen {
    _dir: TempDir,
    path: PathBuf,
    records: Vec<Stored>,
}

impl Specimen {
    /// After a clean stop: all in the main file.
    fn stopped() -> Specimen {
        let running = Specimen::running();
        drop(SqliteJournal::open(&running.path, "shop").unwrap());
        assert!(!running.wal().exists());
        running
    }

    /// As `kill -9` leaves it: half in the main file, half in the write-ahead log.
    fn running() -> Specimen {
        let live = tempfile::tempdir().unwrap();
        let source = live.path().join("journal.db");
        let mut journal = SqliteJournal::open(&source, "shop").unwrap();
        let term = journal.acquire("test").unwrap();
        for seq in 0..RECORDS {
            let body = format!("{{\"record\":{},\"text\":\"{}\"}}", seq + 1, "lorem ipsum ".repeat(20));
            journal.append(term, Seq(seq), &[entry(&body, &["checkout"])]).unwrap();
            if seq == RECORDS / 2 {
                journal.db.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            }
        }
        let records = journal.read(Seq(1), usize::MAX).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        for file in ["journal.db", "journal.db-wal", "journal.head"] {
            fs::copy(live.path().join(file), dir.path().join(file)).unwrap();
        }
        let specimen = Specimen { _dir: dir, path, records };
        assert!(fs::metadata(specimen.wal()).unwrap().len() > 50_000);
        specimen
    }

    fn wal(&self) -> PathBuf {
        self.path.with_extension("db-wal")
    }

    fn sql(&self, sql: &str) {
        Connection::open(&self.path).unwrap().execute_batch(sql).unwrap();
    }

    fn verdict(&self) -> Verdict {
        verify(&self.path).unwrap()
    }
}

/// Runs `harm` on a stopped journal and expects what is said about it, by `verify` and by whoever reads or opens it.
fn check(harm: impl Fn(&Specimen), seq: Option<u64>, says: &str) {
    let specimen = Specimen::stopped();
    assert!(matches!(specimen.verdict(), Verdict::Ok { records: RECORDS, .. }));
    harm(&specimen);
    let Verdict::Damaged(damage) = specimen.verdict() else { panic!("not noticed: {says}") };
    assert_eq!(damage.seq, seq.map(Seq), "{damage}");
    assert!(damage.to_string().contains(says), "{damage}");
    let opened =
        SqliteJournal::open(&specimen.path, "shop").and_then(|journal| journal.read(Seq(1), usize::MAX));
    assert!(opened.is_err(), "read as if it were whole: {says}");
}

#[test]
fn changed_records_are_named() {
    let flip = |column: &str, at: u32| {
        format!(
            "UPDATE record SET {column} = CAST(substr({column}, 1, {at}) || X'00' || substr({column}, {at} + 2) AS BLOB)
             WHERE seq = 7"
        )
    };
    check(|it| it.sql(&flip("body", 40)), Some(7), "record 7 does not match its hash");
    check(|it| it.sql(&flip("hash", 11)), Some(7), "record 7 does not match its hash");
    check(
        |it| it.sql("DELETE FROM record WHERE seq = 7"),
        Some(7),
        "record 7 is missing: the next one found is 8",
    );
    check(|it| it.sql("DELETE FROM record WHERE seq = 1"), Some(1), "record 1 is missing");
    check(
        |it| it.sql("UPDATE record SET body = X'00' WHERE seq = 7"),
        Some(7),
        "record 7 does not match its hash",
    );
    check(|it| it.sql("UPDATE record SET hash = X'00' WHERE seq = 7"), Some(7), "a stored value is damaged");
}

#[test]
fn lost_ends_are_noticed() {
    check(
        |it| it.sql("DELETE FROM record WHERE seq > 290"),
        Some(291),
        "records 291 to 300 are missing at the end",
    );
    check(|it| it.sql("DELETE FROM record"), Some(1), "records 1 to 300 are missing at the end");
    check(|it| fs::write(&it.path, b"").unwrap(), None, "empty");
    check(
        |it| it.sql("UPDATE record SET hash = zeroblob(32) WHERE seq = 300"),
        Some(300),
        "record 300 does not match its hash",
    );
    // A chain that fits in itself, but does not end in what was acknowledged.
    let forge = |it: &Specimen| {
        let before = &it.records[RECORDS as usize - 2];
        let forged = Head { seq: before.seq, hash: before.hash }.link(b"forged");
        let row = params![b"forged", forged.hash.0];
        let update = "UPDATE record SET body = ?1, hash = ?2 WHERE seq = 300";
        Connection::open(&it.path).unwrap().execute(update, row).unwrap();
    };
    check(forge, Some(300), "record 300 is not the one that was written");
    let truncate = |it: &Specimen| {
        let file = File::options().write(true).open(&it.path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    check(truncate, None, "a page is damaged");
    check(|it| fs::write(&it.path, vec![0xA5; 100_000]).unwrap(), None, "not a sqlite database");
}

#[test]
fn a_changed_byte_of_a_body_is_located_in_the_file() {
    let specimen = Specimen::stopped();
    let mut bytes = fs::read(&specimen.path).unwrap();
    let body = &specimen.records[41].body;
    let at = bytes.windows(body.len()).position(|piece| piece == body).unwrap();
    bytes[at + 30] ^= 0x10;
    fs::write(&specimen.path, &bytes).unwrap();
    let Verdict::Damaged(damage) = specimen.verdict() else { panic!("not noticed") };
    let offset = usize::try_from(damage.offset.unwrap()).unwrap();
    assert_eq!(damage.seq, Some(Seq(42)));
    assert!((at..at + body.len()).contains(&offset), "{damage}");
}

#[test]
fn a_lost_or_spoilt_head_file_is_not_taken_for_a_good_one() {
    let specimen = Specimen::stopped();
    let beside = specimen.path.with_extension("head");
    fs::write(&beside, b"short").unwrap();
    assert!(specimen.verdict().to_string().contains("journal.head cannot be read"), "{}", specimen.verdict());
    let error = SqliteJournal::open(&specimen.path, "shop").unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    fs::remove_file(&beside).unwrap();
    assert!(specimen.verdict().to_string().contains("journal.head is missing"), "{}", specimen.verdict());
}

#[test]
fn no_flipped_bit_in_the_main_file_passes_for_another_record() {
    let specimen = Specimen::stopped();
    let noticed = flip_and_look(&specimen, &specimen.path, 400);
    assert!(noticed > 200, "{noticed} of 400: most of the file is records");
}

/// Here SQLite itself says nothing: it drops the log from the first frame that does not fit.
#[test]
fn no_flipped_bit_in_the_log_drops_the_end_unnoticed() {
    let specimen = Specimen::running();
    assert!(matches!(specimen.verdict(), Verdict::Ok { records: RECORDS, .. }));
    let noticed = flip_and_look(&specimen, &specimen.wal(), 200);
    assert!(noticed > 100, "{noticed} of 200");
}

/// What SQLite would drop may be all that is left for whoever comes to rescue it.
#[test]
fn a_refused_start_leaves_the_damaged_log_as_it_is() {
    let specimen = Specimen::running();
    let mut log = fs::read(specimen.wal()).unwrap();
    let middle = log.len() / 2;
    log[middle] ^= 1;
    fs::write(specimen.wal(), &log).unwrap();
    let main = fs::read(&specimen.path).unwrap();
    let error = SqliteJournal::open(&specimen.path, "shop").unwrap_err();
    assert!(error.to_string().contains("are missing at the end"), "{error}");
    assert_eq!(fs::read(specimen.wal()).unwrap(), log);
    assert_eq!(fs::read(&specimen.path).unwrap(), main);
}

#[test]
fn verifying_changes_no_file() {
    for specimen in [Specimen::stopped(), Specimen::running()] {
        let look = || {
            ["db", "db-wal", "head"]
                .map(|kind| fs::read(specimen.path.with_extension(kind)).unwrap_or_default())
        };
        let before = look();
        assert!(matches!(specimen.verdict(), Verdict::Ok { .. }));
        assert_eq!(look(), before);
    }
}

/// Flips one bit at each of `places` spread over `file`. Returns how often that was noticed; where it was not, what is
/// read must be what was written.
fn flip_and_look(specimen: &Specimen, file: &Path, places: usize) -> usize {
    let whole = fs::read(&specimen.path).unwrap();
    let log = fs::read(specimen.wal()).ok();
    let target = fs::read(file).unwrap();
    let mut noticed = 0;
    for place in 0..places {
        fs::write(&specimen.path, &whole).unwrap();
        if let Some(log) = &log {
            fs::write(specimen.wal(), log).unwrap();
        }
        let _ = fs::remove_file(specimen.path.with_extension("db-shm"));
        let at = place * target.len() / places + place % 97;
        let mut spoilt = target.clone();
        spoilt[at.min(target.len() - 1)] ^= 1 << (place % 8);
        fs::write(file, &spoilt).unwrap();
        match verify(&specimen.path) {
            Ok(Verdict::Ok { .. }) => {
                let read = Reader::open(&specimen.path).unwrap().read(Seq(1), usize::MAX).unwrap();
                assert_eq!(
                    read,
                    specimen.records,
                    "bit {} of byte {at} changed a record unnoticed",
                    place % 8
                );
            }
            Ok(Verdict::Damaged(_)) | Err(_) => noticed += 1,
        }
        // Whoever reads without verifying gets the true records or an error, perhaps fewer of them, never others.
        if let Ok(read) = Reader::open(&specimen.path).and_then(|reader| reader.read(Seq(1), usize::MAX)) {
            assert_eq!(read, specimen.records[..read.len()], "byte {at}");
        }
    }
    noticed
}
