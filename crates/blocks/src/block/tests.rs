//! A block gives back what was put in, and says so when its bytes are other ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use andon_timeseries::{MatchOp, Matcher};
use andon_vocabulary::{Labels, Timestamp};

use super::*;

fn labels(n: usize) -> Labels {
    let mut pairs = vec![("__name__", format!("metric_{}", n % 3)), ("instance", format!("i{:03}", n))];
    if n.is_multiple_of(2) {
        pairs.push(("even", "yes".to_owned()));
    }
    Labels::new(pairs)
}

fn samples(n: usize) -> Vec<Sample> {
    (1..=50).map(|i| Sample { at: Timestamp::from_ms(i * 1000), value: (n as i64 * i) as f64 }).collect()
}

pub fn written(dir: &Path, count: usize) -> Block {
    let mut all: Vec<(Labels, usize)> = (0..count).map(|n| (labels(n), n)).collect();
    all.sort();
    let symbols: BTreeSet<Arc<str>> =
        all.iter().flat_map(|(labels, _)| labels.shared()).flat_map(|(name, value)| [name, value]).collect();
    let span = Span {
        from: Timestamp::EPOCH,
        to: Timestamp::from_ms(7_200_000),
        resolution: Resolution::Raw,
        replaces: vec![],
    };
    let mut block = BlockWriter::begin(dir, 7, span, symbols.into_iter().collect()).unwrap();
    for (labels, n) in &all {
        let samples = samples(*n);
        let (a, b) = samples.split_at(20);
        block
            .series(labels, &[(Column::Samples, Chunk::seal(a)), (Column::Samples, Chunk::seal(b))])
            .unwrap();
    }
    Block::open(&block.finish().unwrap()).unwrap()
}

fn found(block: &Block, matchers: &[Matcher]) -> Result<Vec<(Labels, Vec<Sample>)>, Unreadable> {
    let numbers = block.index.find(matchers)?;
    let mut entries = Vec::new();
    block.index.entries(&numbers, |entry| entries.push(entry))?;
    let mut found = Vec::new();
    for entry in entries {
        let mut samples = Vec::new();
        block.read(&entry.chunks, &mut Vec::new(), &mut samples, &mut Vec::new())?;
        found.push((entry.labels, samples));
    }
    Ok(found)
}

#[test]
fn every_matcher_finds_what_a_scan_finds() {
    let dir = tempfile::tempdir().unwrap();
    let block = written(dir.path(), 100);
    block.verify().unwrap();
    let conditions = [
        (MatchOp::Equal, "__name__", "metric_1"),
        (MatchOp::NotEqual, "__name__", "metric_1"),
        (MatchOp::Equal, "even", ""),
        (MatchOp::NotEqual, "even", ""),
        (MatchOp::Regex, "instance", "i0[2-4].|"),
        (MatchOp::Regex, "instance", "i0[2-4]."),
        (MatchOp::NotRegex, "instance", "i.*"),
        (MatchOp::NotRegex, "even", "no"),
        (MatchOp::Equal, "nothing", "x"),
        (MatchOp::NotEqual, "nothing", "x"),
    ];
    let all = found(&block, &[]).unwrap();
    assert_eq!(all.len(), 100);
    assert!(all.is_sorted_by(|a, b| a.0 < b.0));
    for a in conditions {
        for b in conditions {
            let matchers = [a, b].map(|(op, name, value)| Matcher::new(op, name, value).unwrap());
            let scanned: Vec<_> = all
                .iter()
                .filter(|(labels, _)| matchers.iter().all(|m| m.matches(labels)))
                .cloned()
                .collect();
            assert!(found(&block, &matchers).unwrap() == scanned, "{a:?} {b:?}");
        }
    }
    let values: Vec<&str> = block.index.values("__name__").collect();
    assert_eq!(values, ["metric_0", "metric_1", "metric_2"]);
    assert_eq!(block.index.names().collect::<Vec<_>>(), ["__name__", "even", "instance"]);
}

/// Whatever byte is another one: an error, or the very same samples.
#[test]
fn a_changed_byte_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let block = written(dir.path(), 8);
    let all = found(&block, &[]).unwrap();
    let path = block.path().to_owned();
    for file in block.files() {
        let whole = fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(3) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&file, &bytes).unwrap();
            if let Ok(block) = Block::open(&path)
                && let Ok(found) = found(&block, &[])
            {
                assert!(found == all, "byte {at} of {}", file.display());
            }
            fs::write(&file, &whole[..at]).unwrap();
            assert!(Block::open(&path).is_err(), "cut at {at} of {}", file.display());
        }
        fs::write(&file, &whole).unwrap();
    }
    assert!(found(&Block::open(&path).unwrap(), &[]).unwrap() == all);
}

#[test]
fn a_superseded_block_stays_for_its_readers() {
    let dir = tempfile::tempdir().unwrap();
    let block = Arc::new(written(dir.path(), 3));
    let reader = block.clone();
    block.supersede();
    drop(block);
    assert_eq!(found(&reader, &[]).unwrap().len(), 3);
    let path = reader.path().to_owned();
    drop(reader);
    assert!(!path.exists());
}
