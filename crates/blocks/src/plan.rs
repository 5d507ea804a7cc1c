//! What is to be done to the blocks next: merged into longer ones, thinned out, or forgotten. A pure decision.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_vocabulary::Timestamp;

use crate::block::{Manifest, Resolution, Span};
use crate::cover::without;
use crate::settings::Settings;

/// A longer block spans this many of the shortest: 8 hours, a day, four days, sixteen days of two-hour blocks.
const LONGER: [u32; 4] = [4, 12, 48, 192];
/// What is thinned out spans this many: it is at rest by then.
const THINNED_FROM: u32 = 12;
/// No block spans more than this part of the time that it is kept, so that what is too old goes soon.
const PART_OF_RETENTION: u32 = 10;

/// One new block.
#[derive(Clone, Debug)]
pub struct Job {
    /// The numbers of the blocks it is made from, ascending.
    pub sources: Vec<u64>,
    pub span: Span,
}

/// The next job, if there is one; the most urgent first.
pub fn next(blocks: &[Manifest], settings: &Settings) -> Option<Job> {
    let of = |resolution: Resolution| {
        blocks.iter().filter(|block| block.resolution == resolution).collect::<Vec<&Manifest>>()
    };
    let raw = of(Resolution::Raw);
    let five = of(Resolution::FiveMinutes);
    let all = [raw.clone(), five.clone(), of(Resolution::Hour)];
    let merges = Resolution::ALL.iter().zip(&all);
    let merged = merges.filter_map(|(resolution, blocks)| merge(blocks, *resolution, settings)).next();
    merged.or_else(|| {
        let finer = [(Resolution::FiveMinutes, &raw), (Resolution::Hour, &five)];
        finer.into_iter().find_map(|(resolution, finer)| thin(finer, &all, resolution, settings))
    })
}

/// The end of the window of this length in which a time lies; windows are `(k·length - length, k·length]`.
pub fn window_end(at: Timestamp, length: Duration) -> Timestamp {
    crate::thin::step_end(at, length)
}

/// The next job on the way to as few blocks as there can be, at rest or not.
pub fn next_to_fewest(blocks: &[Manifest], settings: &Settings) -> Option<Job> {
    Resolution::ALL.into_iter().find_map(|resolution| {
        let blocks: Vec<&Manifest> = blocks.iter().filter(|block| block.resolution == resolution).collect();
        let lengths: Vec<Duration> = lengths(resolution, settings).collect();
        let groups = lengths.into_iter().rev().flat_map(|length| windows(&blocks, length).into_values());
        let several = groups.into_iter().find(|group| group.len() > 1);
        several.map(|group| job(&group, resolution)).or_else(|| overlapping(&blocks, resolution))
    })
}

/// Of the windows that blocks of this resolution may fill, from the shortest.
fn lengths(resolution: Resolution, settings: &Settings) -> impl Iterator<Item = Duration> {
    let (shortest, longest) = (settings.block, settings.retention.of(resolution) / PART_OF_RETENTION);
    let all = [1].into_iter().chain(LONGER).map(move |times| shortest * times);
    all.filter(move |length| *length == shortest || *length <= longest)
}

/// The blocks of each window of this length, by its end.
fn windows<'a>(blocks: &[&'a Manifest], length: Duration) -> BTreeMap<Timestamp, Vec<&'a Manifest>> {
    let mut windows: BTreeMap<Timestamp, Vec<&Manifest>> = BTreeMap::new();
    for block in blocks {
        let end = window_end(block.to, length);
        // One that reaches beyond the window belongs to a longer one.
        if block.from >= end - length {
            windows.entry(end).or_default().push(block);
        }
    }
    windows
}

fn merge(blocks: &[&Manifest], resolution: Resolution, settings: &Settings) -> Option<Job> {
    let newest = blocks.iter().map(|block| block.to).max()?;
    for length in lengths(resolution, settings) {
        for (end, group) in windows(blocks, length) {
            let overlaps =
                group.iter().any(|a| group.iter().any(|b| a.number != b.number && a.overlaps(b.from, b.to)));
            // A window is at rest when a later one has begun.
            if group.len() > 1 && (overlaps || (length > settings.block && end < newest)) {
                return Some(job(&group, resolution));
            }
        }
    }
    overlapping(blocks, resolution)
}

/// Two that overlap and share no window: what came late, next to a long block.
fn overlapping(blocks: &[&Manifest], resolution: Resolution) -> Option<Job> {
    let pair = blocks.iter().enumerate().find_map(|(at, a)| {
        let b = blocks[at + 1..].iter().find(|b| a.overlaps(b.from, b.to))?;
        Some([*a, *b])
    })?;
    Some(job(&pair, resolution))
}

/// The new block claims no time that none of its sources does.
fn job(group: &[&Manifest], resolution: Resolution) -> Job {
    let from = group.iter().map(|block| block.from).min().unwrap_or_default();
    let to = group.iter().map(|block| block.to).max().unwrap_or_default();
    let numbers: BTreeSet<u64> = group.iter().map(|block| block.number).collect();
    let sources: Vec<u64> = numbers.into_iter().collect();
    Job { span: Span { from, to, resolution, replaces: sources.clone() }, sources }
}

/// A block at rest that nothing coarser covers yet.
fn thin(
    finer: &[&Manifest],
    all: &[Vec<&Manifest>; 3],
    resolution: Resolution,
    settings: &Settings,
) -> Option<Job> {
    if settings.retention.of(resolution) <= settings.retention.raw {
        return None;
    }
    let covered: Vec<_> = all[resolution as usize].iter().map(|block| (block.from, block.to)).collect();
    let length = settings.block * THINNED_FROM;
    let newest = finer.iter().map(|block| block.to).max()?;
    let rests = |block: &&&Manifest| {
        let is_over = block.to.since(block.from) >= length || window_end(block.to, length) < newest;
        is_over && !without((block.from, block.to), &covered).is_empty()
    };
    finer.iter().find(rests).map(|block| {
        let span = Span { from: block.from, to: block.to, resolution, replaces: Vec::new() };
        Job { sources: vec![block.number], span }
    })
}

/// The numbers of the blocks to forget: too old, or the oldest of more than there may be.
pub fn forgotten(blocks: &[Manifest], settings: &Settings, now: Timestamp) -> Vec<u64> {
    let is_old = |block: &Manifest| block.to < now - settings.retention.of(block.resolution);
    let mut gone: BTreeSet<u64> =
        blocks.iter().filter(|block| is_old(block)).map(|block| block.number).collect();
    if let Some(limit) = settings.retention.bytes {
        let mut left: Vec<&Manifest> = blocks.iter().filter(|block| !gone.contains(&block.number)).collect();
        // Of two that end together the denser one goes: the other still answers for it.
        left.sort_by_key(|block| (block.to, block.resolution));
        let mut bytes: u64 = left.iter().map(|block| block.bytes()).sum();
        for block in left {
            if bytes <= limit {
                break;
            }
            bytes -= block.bytes();
            gone.insert(block.number);
        }
    }
    gone.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::VERSION;

    const HOUR: i64 = 3_600_000;

    fn block(number: u64, from: i64, to: i64) -> Manifest {
        Manifest {
            version: VERSION,
            number,
            resolution: Resolution::Raw,
            from: Timestamp::from_ms(from * HOUR),
            to: Timestamp::from_ms(to * HOUR),
            series: 1,
            samples: 1,
            chunks: 1,
            chunk_bytes: 600,
            index_bytes: 400,
            replaces: vec![],
        }
    }

    fn planned(blocks: &[Manifest]) -> Option<(Vec<u64>, i64, i64, &'static str)> {
        let job = next(blocks, &Settings::default())?;
        let hours = |at: Timestamp| at.as_ms() / HOUR;
        Some((job.sources, hours(job.span.from), hours(job.span.to), job.span.resolution.name()))
    }

    #[test]
    fn short_blocks_become_longer_ones_when_a_window_is_at_rest() {
        let blocks: Vec<Manifest> = (0..4).map(|n| block(n, n as i64 * 2, n as i64 * 2 + 2)).collect();
        assert_eq!(planned(&blocks), None);
        let mut more = blocks.clone();
        more.push(block(9, 8, 10));
        assert_eq!(planned(&more), Some((vec![0, 1, 2, 3], 0, 8, "raw")));
        let day = [block(1, 0, 8), block(2, 8, 16), block(3, 16, 24), block(4, 24, 26)];
        assert_eq!(planned(&day), Some((vec![1, 2, 3], 0, 24, "raw")));
    }

    #[test]
    fn what_came_late_is_merged_at_once() {
        assert_eq!(planned(&[block(1, 0, 2), block(2, 0, 2)]), Some((vec![1, 2], 0, 2, "raw")));
        assert_eq!(planned(&[block(1, 0, 8), block(5, 4, 6)]), Some((vec![1, 5], 0, 8, "raw")));
        assert_eq!(planned(&[block(1, 0, 8), block(5, 6, 10)]), Some((vec![1, 5], 0, 10, "raw")));
    }

    #[test]
    fn the_fewest_blocks_wait_for_nothing() {
        let to_fewest =
            |blocks: &[Manifest]| next_to_fewest(blocks, &Settings::default()).map(|job| job.sources);
        let blocks = [block(1, 0, 2), block(2, 2, 4), block(3, 10, 11), block(4, 26, 28)];
        assert_eq!(planned(&blocks[..2]), None);
        assert_eq!(to_fewest(&blocks), Some(vec![1, 2, 3]));
        assert_eq!(to_fewest(&[block(4, 26, 28), block(5, 0, 11)]), None);
        assert_eq!(to_fewest(&[block(4, 22, 28), block(5, 0, 23)]), Some(vec![4, 5]));
    }

    #[test]
    fn a_day_is_thinned_out_once() {
        let day = block(1, 0, 24);
        let Some(job) = planned(std::slice::from_ref(&day)) else { panic!("nothing to do") };
        assert_eq!(job, (vec![1], 0, 24, "5m"));
        let five = Manifest { number: 2, resolution: Resolution::FiveMinutes, ..day.clone() };
        assert_eq!(planned(&[day.clone(), five.clone()]), Some((vec![2], 0, 24, "1h")));
        let hour = Manifest { number: 3, resolution: Resolution::Hour, ..day.clone() };
        assert_eq!(planned(&[day, five, hour]), None);
    }

    #[test]
    fn the_oldest_go() {
        let blocks = [block(1, 0, 24), block(2, 24, 48), block(3, 48, 72)];
        let now = Timestamp::from_ms((24 + 15 * 24 + 1) * HOUR);
        let settings = Settings::default();
        assert_eq!(forgotten(&blocks, &settings, now), [1]);
        let mut small = settings.clone();
        small.retention.bytes = Some(1500);
        assert_eq!(forgotten(&blocks, &small, Timestamp::EPOCH), [1, 2]);
    }
}
