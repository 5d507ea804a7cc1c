//! The store against a naive model: through restarts, cuts, compactions, late samples and deletions.

use std::collections::BTreeMap;

use andon_timeseries::{AppendError, Limits, Matcher, Sample, Series};
use andon_vocabulary::Labels;

use super::*;
use crate::{Copied, Fsync};

const MINUTE: i64 = 60_000;

fn settings() -> Settings {
    let limits = Limits { late_max: Duration::from_secs(300), ..Limits::default() };
    // Blocks of a quarter of an hour: the tests need not write days.
    Settings { limits, fsync: Fsync::Never, block: Duration::from_secs(900), ..Settings::default() }
}

fn labels(n: i64) -> Labels {
    Labels::new([("__name__", "m".to_owned()), ("n", n.to_string()), ("odd", (n % 2).to_string())])
}

fn at(ms: i64, value: f64) -> Sample {
    Sample { at: Timestamp::from_ms(ms), value }
}

fn all(store: &Store) -> Vec<Series> {
    store.select(&[], Timestamp::from_ms(-1), Timestamp::MAX).unwrap()
}

fn flat(series: &[Series]) -> BTreeMap<(Labels, i64), u64> {
    let one = |series: &Series| {
        let labels = series.labels.clone();
        let sample = move |s: &Sample| ((labels.clone(), s.at.as_ms()), s.value.to_bits());
        series.samples.iter().map(sample).collect::<Vec<_>>()
    };
    series.iter().flat_map(one).collect()
}

/// So many series, one sample a minute each.
fn filled(store: &Store, series: i64, minutes: std::ops::Range<i64>) {
    for minute in minutes {
        store.write(|appender| {
            for n in 0..series {
                appender.append(&labels(n), at(minute * MINUTE, (n * minute) as f64)).unwrap();
            }
        });
    }
}

#[test]
fn a_restart_forgets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 10, 1..30);
    let before = all(&store);
    assert!(matches!(Store::open(dir.path(), settings()), Err(OpenError::InUse(_))));
    store.close();
    let refused = store.write(|appender| appender.append(&labels(1), at(31 * MINUTE, 1.0)));
    assert_eq!(refused, Err(AppendError::Disk));
    assert!(all(&store) == before);
    let store = Store::open(dir.path(), settings()).unwrap();
    assert!(all(&store) == before);
    // Numbers of series mean other series now.
    store.write(|appender| appender.append(&labels(11), at(30 * MINUTE, 1.0)).unwrap());
    filled(&store, 10, 30..70);
    store.keep(Timestamp::from_ms(70 * MINUTE));
    let before = all(&store);
    assert_eq!(store.done_so_far().cuts, 4);
    drop(store);
    let store = Store::open(dir.path(), settings()).unwrap();
    assert!(all(&store) == before);
    assert_eq!(before.iter().map(|series| series.samples.len()).sum::<usize>(), 691);
    let recent = store.select(&[], Timestamp::from_ms(69 * MINUTE - 1), Timestamp::MAX).unwrap();
    assert_eq!(recent.len(), 10);
}

#[test]
fn blocks_are_merged_and_thinned_and_answer_alike() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 6, 1..400);
    let before = all(&store);
    store.keep(Timestamp::from_ms(400 * MINUTE));
    store.compact_all().unwrap();
    assert!(all(&store) == before);
    let held: Vec<(u64, &str)> = store
        .disk
        .iter()
        .flat_map(|disk| disk.past.all())
        .map(|block| (block.manifest.samples, block.manifest.resolution.name()))
        .collect();
    assert!(held.contains(&(1080, "raw")), "three hours in one: {held:?}");
    assert!(held.iter().any(|(_, resolution)| *resolution == "5m"), "{held:?}");
    for block in store.disk.iter().flat_map(|disk| disk.past.all()) {
        block.verify().unwrap();
    }
}

#[test]
fn whoever_catches_up_is_not_late() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { late_max: Duration::from_secs(12 * 3600), ..Limits::default() };
    let store = Store::open(dir.path(), Settings { limits, ..settings() }).unwrap();
    let now = Timestamp::from_ms(200 * MINUTE);
    let here = |minute: i64| {
        store.write(|appender| {
            appender.append(&labels(1000), at(200 * MINUTE + minute, 1.0)).unwrap();
        });
        store.keep(now);
    };
    // His samples are hours old, while others are of now.
    for minute in 1..60 {
        here(minute);
        filled(&store, 10, minute..minute + 1);
    }
    assert_eq!(store.done_so_far().cuts, 3, "what he has passed: {:?}", store.done_so_far());
    let spans = |store: &Store| store.disk.as_ref().unwrap().past.all().len();
    assert_eq!(spans(&store), 3, "nothing was late, so that no two overlap");
    // When nothing more comes of it, it is at rest.
    (60..63).for_each(here);
    assert!(store.done_so_far().cuts > 3);
    assert_eq!(all(&store).iter().map(|series| series.samples.len()).sum::<usize>(), 59 * 10 + 62);
}

/// Of a chunk that was open when a block was cut, the rest is beyond the gap.
#[test]
fn where_nothing_was_written_nothing_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 3, 1..20);
    filled(&store, 3, 5_000..5_030);
    let before = all(&store);
    store.keep(Timestamp::from_ms(5_030 * MINUTE));
    assert_eq!(store.done_so_far().cuts, 3);
    assert!(all(&store) == before);
}

/// The newest block is gone, and with it what said how far the blocks reach.
#[test]
fn a_deleted_block_is_not_cut_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 3, 1..40);
    store.keep(Timestamp::from_ms(40 * MINUTE));
    store.delete(&[], Timestamp::from_ms(0), Timestamp::from_ms(32 * MINUTE)).unwrap();
    store.compact_all().unwrap();
    let before = all(&store);
    store.keep(Timestamp::from_ms(40 * MINUTE));
    assert_eq!(store.done_so_far().cuts, 2);
    assert!(all(&store) == before);
}

/// Of the time of a deletion, but after it: also where the process that deleted has ended meanwhile.
#[test]
fn what_comes_after_a_deletion_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 1, 1..3);
    store.delete(&[], Timestamp::from_ms(0), Timestamp::from_ms(9 * MINUTE)).unwrap();
    drop(store);
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 1, 5..8);
    store.flush().unwrap();
    assert_eq!(all(&store)[0].samples.len(), 3);
}

#[test]
fn what_was_deleted_stays_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 4, 1..60);
    store.keep(Timestamp::from_ms(60 * MINUTE));
    let odd = [Matcher::equal("odd", "1")];
    store.delete(&odd, Timestamp::from_ms(10 * MINUTE), Timestamp::from_ms(58 * MINUTE)).unwrap();
    let left = |store: &Store| all(store).iter().map(|series| series.samples.len()).collect::<Vec<_>>();
    assert_eq!(left(&store), [59, 10, 59, 10]);
    store.compact_all().unwrap();
    assert_eq!(left(&store), [59, 10, 59, 10]);
    assert!(store.disk.as_ref().is_some_and(|disk| disk.tombstones.is_empty()));
    drop(store);
    let store = Store::open(dir.path(), settings()).unwrap();
    assert_eq!(left(&store), [59, 10, 59, 10]);
}

#[test]
fn a_damaged_block_is_put_aside_and_the_rest_answers() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 4, 1..60);
    store.keep(Timestamp::from_ms(60 * MINUTE));
    let blocks = store.disk.as_ref().unwrap().past.all();
    let chunks = &blocks[1].files()[0];
    let mut bytes = fs::read(chunks).unwrap();
    bytes[20] ^= 4;
    fs::write(chunks, bytes).unwrap();
    let error = store.select(&[], Timestamp::from_ms(-1), Timestamp::MAX).unwrap_err();
    assert!(error.0.contains("in quarantine now"), "{error}");
    let minutes: Vec<i64> = all(&store)[0].samples.iter().map(|sample| sample.at.as_ms() / MINUTE).collect();
    assert_eq!(minutes, (1..=15).chain(31..60).collect::<Vec<i64>>());
    assert_eq!(store.quarantined().len(), 1);
    drop((blocks, store));
    let store = Store::open(dir.path(), settings()).unwrap();
    assert_eq!(store.quarantined().len(), 1);
    assert_eq!(all(&store)[0].samples.len(), 44);
}

/// Whatever is done to it in between, the store says what a map says.
#[test]
fn it_says_what_a_naive_model_says() {
    arbtest::arbtest(|u| {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), settings()).unwrap();
        let mut model: BTreeMap<(Labels, i64), u64> = BTreeMap::new();
        let mut now = 1_000_000_i64;
        for _ in 0..u.int_in_range(1..=60)? {
            match u.int_in_range(0..=11_u8)? {
                0 => {
                    drop(store);
                    store = Store::open(dir.path(), settings()).unwrap();
                }
                1 => store.keep(Timestamp::from_ms(now)),
                2 => store.compact_all().unwrap(),
                3 => store.flush().unwrap(),
                4 => {
                    let n = u.int_in_range(0..=5_i64)?;
                    let (from, to) =
                        (now - u.int_in_range(0..=3_000_000)?, now - u.int_in_range(0..=600_000)?);
                    let matchers = [Matcher::equal("n", n.to_string())];
                    store.delete(&matchers, Timestamp::from_ms(from), Timestamp::from_ms(to)).unwrap();
                    model.retain(|(series, at), _| *series != labels(n) || *at < from || *at > to);
                }
                _ => {
                    let n = u.int_in_range(0..=5_i64)?;
                    now += u.int_in_range(0..=400_000_i64)?;
                    let late = if u.ratio(1, 4)? { u.int_in_range(0..=400_000_i64)? } else { 0 };
                    let sample = at(now - late, f64::from(u.int_in_range(0..=3_u8)?));
                    let taken = store.write(|appender| appender.append(&labels(n), sample).is_ok());
                    if taken {
                        // A time that a block holds already is not compared with it: what came first counts.
                        model.entry((labels(n), sample.at.as_ms())).or_insert(sample.value.to_bits());
                    }
                }
            }
            let said = flat(&all(&store));
            assert!(said == model, "said {} samples, not {}", said.len(), model.len());
        }
        Ok(())
    })
    .budget_ms(4_000);
}

/// A log cut anywhere gives back a beginning of what was written.
#[test]
fn a_cut_log_gives_a_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    for minute in 1..20 {
        store.write(|appender| appender.append(&labels(1), at(minute * MINUTE, minute as f64)).unwrap());
    }
    drop(store);
    let log = fs::read_dir(dir.path().join(LOG)).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&log).unwrap();
    for cut in (0..whole.len()).rev().step_by(5) {
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join(LOG)).unwrap();
        fs::write(copy.path().join(LOG).join(log.file_name().unwrap()), &whole[..cut]).unwrap();
        let store = Store::open(copy.path(), settings()).unwrap();
        let found = all(&store);
        let times: Vec<i64> =
            found.iter().flat_map(|series| &series.samples).map(|s| s.at.as_ms() / MINUTE).collect();
        assert_eq!(times, (1..=times.len() as i64).collect::<Vec<_>>());
        assert!(store.quarantined().is_empty(), "a torn tail is no damage");
        drop(store);
        let again = Store::open(copy.path(), settings()).unwrap();
        assert!(again.quarantined().is_empty(), "nor does it become one");
        assert!(all(&again) == found);
    }
}

/// Other bytes anywhere cost at most the records they are in, and are named.
#[test]
fn a_flipped_bit_in_the_log_is_named_and_never_a_value() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 3, 1..20);
    let before = flat(&all(&store));
    drop(store);
    let log = fs::read_dir(dir.path().join(LOG)).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&log).unwrap();
    for byte in (0..whole.len()).step_by(3) {
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join(LOG)).unwrap();
        let mut bytes = whole.clone();
        bytes[byte] ^= 1 << (byte % 8);
        fs::write(copy.path().join(LOG).join(log.file_name().unwrap()), &bytes).unwrap();
        let store = Store::open(copy.path(), settings()).unwrap();
        let found = flat(&all(&store));
        assert!(found.iter().all(|(at, value)| before.get(at) == Some(value)), "byte {byte}");
    }
}

#[test]
fn a_snapshot_opens_as_the_store_was() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 4, 1..60);
    store.keep(Timestamp::from_ms(60 * MINUTE));
    store.sync().unwrap();
    let copy = dir.path().join("copies").join("today");
    crate::snapshot(dir.path(), &copy, Copied::Everything).unwrap();
    let before = all(&store);
    store.compact_all().unwrap();
    filled(&store, 4, 60..69);
    let (soundness, copied) = (crate::verify(dir.path()).unwrap(), crate::verify(&copy).unwrap());
    assert!(
        soundness.iter().chain(&copied).all(|checked| checked.result.is_ok()),
        "{soundness:?} {copied:?}"
    );
    assert!(all(&Store::open(&copy, settings()).unwrap()) == before);
    assert_eq!(crate::list(&copy).unwrap().len(), 3);
    assert!(crate::snapshot(dir.path(), &copy, Copied::Everything).is_err(), "nothing is written over");
}

#[test]
fn a_snapshot_may_leave_out_what_is_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 4, 1..60);
    store.keep(Timestamp::from_ms(60 * MINUTE));
    store.sync().unwrap();
    let copy = dir.path().join("blocks-only");
    crate::snapshot(dir.path(), &copy, Copied::Blocks).unwrap();
    assert!(crate::verify(&copy).unwrap().iter().all(|checked| checked.result.is_ok()));
    let listed: u64 = crate::list(&copy).unwrap().iter().map(|block| block.samples).sum();
    let copied = Store::open(&copy, settings()).unwrap();
    assert_eq!(copied.status().head.samples, 0);
    assert!(listed > 0 && store.status().head.samples > 0 && all(&copied) != all(&store));
}

#[test]
fn a_closed_store_is_written_into_as_few_blocks_as_there_can_be() {
    let dir = tempfile::tempdir().unwrap();
    let late = Limits { late_max: Duration::from_secs(3600), ..settings().limits };
    let store = Store::open(dir.path(), Settings { limits: late, ..settings() }).unwrap();
    filled(&store, 4, 100..160);
    store.keep(Timestamp::from_ms(160 * MINUTE));
    store.write(|appender| appender.append(&labels(1), at(125 * MINUTE + 1, 7.0)).unwrap());
    let before = all(&store);
    assert!(matches!(crate::compact(dir.path()), Err(OpenError::InUse(_))));
    drop(store);
    crate::compact(dir.path()).unwrap();
    let listed = crate::list(dir.path()).unwrap();
    assert_eq!(listed.iter().map(|block| block.samples).collect::<Vec<_>>(), [241]);
    assert!(crate::verify(dir.path()).unwrap().iter().all(|checked| checked.result.is_ok()));
    assert!(all(&Store::open(dir.path(), settings()).unwrap()) == before);
}

/// A disk that takes nothing, as far as a test can make one: the log's directory is gone for a while.
#[test]
fn while_the_disk_takes_nothing_samples_are_refused_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), settings()).unwrap();
    filled(&store, 3, 1..20);
    let before = all(&store);
    let (log, away) = (dir.path().join(LOG), dir.path().join("away"));
    fs::rename(&log, &away).unwrap();
    assert!(store.flush().is_err(), "no new segment can begin");
    let append = |minute| store.write(|appender| appender.append(&labels(1), at(minute * MINUTE, 1.0)));
    assert_eq!(append(20), Err(AppendError::Disk));
    assert!(store.status().trouble.is_some());
    assert!(all(&store) == before, "what is there is served");
    fs::rename(&away, &log).unwrap();
    let began = std::time::Instant::now();
    while store.status().trouble.is_some() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    append(21).unwrap();
    store.sync().unwrap();
    let before = all(&store);
    drop(store);
    assert!(all(&Store::open(dir.path(), settings()).unwrap()) == before);
}
