//! One series of the head: sealed chunks, the open one, and what came late.

mod forgetting;

use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{Labels, Timestamp};
use twox_hash::XxHash3_64;

use super::cardinality::Member;
use super::late::{self, Late, Timed};
use super::open::Open;
use crate::{AppendError, Chunk, Histogram, HistogramSample, RestoreError, Sample};

/// A million of these are kept: what few series need is in `rare`.
#[derive(Debug)]
pub struct Remembered {
    pub labels: Labels,
    pub member: Member,
    /// Each sort of sample in order of time.
    pub sealed: Vec<Chunk>,
    pub open: Option<Open>,
    pub rare: Option<Box<Rare>>,
    pub samples: u32,
    /// The newest time of all, as long as there are samples.
    newest: Timestamp,
}

#[derive(Debug, Default)]
pub struct Rare {
    /// Not yet sealed, in order of time.
    pub histograms: Vec<HistogramSample>,
    pub late: Late,
    /// What came for a stretch that is just being written to a block without it: it stays for the next block.
    pub next: Late,
}

const SOUND: &str = "a chunk that was sealed here is sound";

/// What a series can be worth at one time.
#[derive(Clone, Debug)]
pub enum Worth {
    Float(f64),
    Histogram(Arc<Histogram>),
}

/// How many histograms a chunk is sealed at: they are larger than floats.
const HISTOGRAMS: usize = 120;

/// Which times a series takes at the moment.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// In-order samples are not older than this: older ones are in a block already.
    pub floor: Timestamp,
    /// Samples before this stay out of the block that is being written.
    pub closing: Timestamp,
    pub latest: Timestamp,
    pub late_max: Duration,
    pub samples_max: usize,
}

/// How the head's sums change.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    pub samples: isize,
    pub bytes: isize,
}

impl Remembered {
    pub fn new(labels: Labels, member: Member) -> Remembered {
        let newest = Timestamp::default();
        Remembered { labels, member, sealed: Vec::new(), open: None, rare: None, samples: 0, newest }
    }

    /// The newest time of all.
    pub fn last_at(&self) -> Option<Timestamp> {
        (self.samples > 0).then_some(self.newest)
    }

    /// Some bits of everything that an append looks at.
    pub fn glance(&self) -> u64 {
        self.newest.as_ms() as u64 ^ u64::from(self.samples) ^ self.open.as_ref().map_or(0, Open::glance)
    }

    /// The newest sample that is a float.
    pub fn last(&self) -> Option<Sample> {
        let open = self.open.as_ref().map(Open::last).or_else(|| self.last_sealed());
        let late = self.rare.iter().flat_map(|rare| [&rare.late, &rare.next]);
        let late = late.filter_map(|late| late.samples.last().copied());
        late.chain(open).max_by_key(|sample| sample.at)
    }

    fn last_sealed(&self) -> Option<Sample> {
        let chunk = self.sealed.iter().rfind(|chunk| !chunk.is_histograms())?;
        let mut samples = Vec::new();
        chunk.read(&mut samples, &mut Vec::new()).expect(SOUND);
        samples.pop()
    }

    pub fn first_at(&self) -> Option<Timestamp> {
        let mut first = self.open.as_ref().map(Open::first_at);
        let mut see = |at: Option<Timestamp>| {
            if let Some(at) = at {
                first = Some(first.map_or(at, |first| first.min(at)));
            }
        };
        see(self.sealed.iter().map(Chunk::from).min());
        for rare in self.rare.iter() {
            see(rare.histograms.first().map(|sample| sample.at));
            for late in [&rare.late, &rare.next] {
                see(late.samples.first().map(|sample| sample.at));
                see(late.histograms.first().map(|sample| sample.at));
            }
        }
        first
    }

    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// Everything later than this is in the open chunk, or came late: whoever asks for no more need not look at the
    /// sealed ones.
    pub fn is_open_since(&self, from: Timestamp) -> bool {
        self.rare.is_none() && self.open.as_ref().is_some_and(|open| open.first_at() <= from)
    }

    /// Bytes on the heap, without labels.
    pub fn size(&self) -> usize {
        let sealed: usize = self.sealed.iter().map(Chunk::size).sum();
        let open = self.open.as_ref().map_or(0, Open::size);
        let rare = self.rare.as_ref().map_or(0, |rare| {
            size_of::<Rare>() + late::size(&rare.histograms) + rare.late.size() + rare.next.size()
        });
        sealed + open + rare
    }

    pub fn append(&mut self, sample: Sample, gate: &Gate) -> Result<Change, AppendError> {
        // Later than everything that is here, of whatever sort.
        if let Some(open) = &mut self.open
            && sample.at > self.newest
            && sample.at >= gate.floor.max(gate.closing)
            && sample.at <= gate.latest
            && !open.is_full()
        {
            let before = open.size();
            open.push(sample);
            self.samples += 1;
            self.newest = sample.at;
            return Ok(Change { samples: 1, bytes: open.size() as isize - before as isize });
        }
        self.append_any(sample.at, Worth::Float(sample.value), gate)
    }

    pub fn append_histogram(&mut self, sample: HistogramSample, gate: &Gate) -> Result<Change, AppendError> {
        self.append_any(sample.at, Worth::Histogram(sample.histogram), gate)
    }

    fn append_any(&mut self, at: Timestamp, worth: Worth, gate: &Gate) -> Result<Change, AppendError> {
        if at > gate.latest {
            return Err(AppendError::TooFarAhead { latest: gate.latest });
        }
        let last = self.last_at();
        if last.is_none_or(|last| at > last) && at >= gate.floor {
            if at >= gate.closing {
                let had = self.samples;
                let bytes = self.push(at, worth) + self.forget_beyond(gate.samples_max);
                return Ok(Change { samples: self.samples as isize - had as isize, bytes });
            }
            return self.keep_aside(at, worth, gate);
        }
        if let Some(there) = self.at(at, gate.floor) {
            return if there.same(&worth) {
                Ok(Change::default())
            } else {
                Err(AppendError::Duplicate { at })
            };
        }
        match last {
            Some(last) if at < last - gate.late_max => Err(AppendError::OutOfOrder { last }),
            _ if at < gate.floor - gate.late_max => {
                Err(AppendError::TooOld { oldest: gate.floor - gate.late_max })
            }
            _ => self.keep_aside(at, worth, gate),
        }
    }

    /// A chunk that this series had before a restart: one that continues the series stays as it is, any other is taken
    /// sample by sample, however late.
    pub fn restore(&mut self, chunk: Chunk, gate: &Gate) -> Result<Change, RestoreError> {
        // Whatever is sealed here counts as sound from now on.
        let (mut samples, mut histograms) = (Vec::new(), Vec::new());
        chunk.read(&mut samples, &mut histograms)?;
        let mut sum = Change::default();
        let mut add = |change: Change| {
            sum.samples += change.samples;
            sum.bytes += change.bytes;
        };
        if self.last_at().is_none_or(|last| chunk.from() > last) && chunk.to() >= gate.floor {
            // The open chunk is the newest one of its kind.
            if let Some(open) = self.open.take() {
                let bytes = self.seal(Chunk::seal(&open.samples())) - open.size() as isize;
                add(Change { samples: 0, bytes });
            }
            if chunk.is_histograms() {
                self.rare.get_or_insert_default();
            }
            self.samples += chunk.len() as u32;
            self.newest = chunk.to();
            add(Change { samples: chunk.len() as isize, bytes: self.seal(chunk) });
            return Ok(sum);
        }
        let gate = Gate { late_max: Duration::MAX, ..*gate };
        for sample in samples {
            add(self.append(sample, &gate)?);
        }
        for sample in histograms {
            add(self.append_histogram(sample, &gate)?);
        }
        Ok(sum)
    }

    /// Later than everything. Says how many bytes that took.
    fn push(&mut self, at: Timestamp, worth: Worth) -> isize {
        self.samples += 1;
        self.newest = at;
        match worth {
            Worth::Float(value) => {
                let sample = Sample { at, value };
                let before = self.open.as_ref().map_or(0, Open::size) as isize;
                let mut sealed = 0;
                match &mut self.open {
                    None => self.open = Some(Open::first_of_series(sample, self.phase())),
                    Some(open) if open.is_full() => {
                        let full = std::mem::replace(open, Open::new(sample)).samples();
                        sealed = self.seal(Chunk::seal(&full));
                    }
                    Some(open) => open.push(sample),
                }
                self.open.as_ref().map_or(0, Open::size) as isize - before + sealed
            }
            Worth::Histogram(histogram) => {
                let sample = HistogramSample { at, histogram };
                let mut bytes = sample.size() as isize;
                let first = !self.sealed.iter().any(Chunk::is_histograms);
                let enough =
                    if first { HISTOGRAMS / 2 + self.phase() as usize % HISTOGRAMS } else { HISTOGRAMS };
                let rare = self.rare.get_or_insert_default();
                if rare.histograms.len() >= enough {
                    let full = std::mem::take(&mut rare.histograms);
                    bytes += self.seal(Chunk::seal_histograms(&full)) - late::size(&full) as isize;
                }
                self.rare.get_or_insert_default().histograms.push(sample);
                bytes
            }
        }
    }

    /// Differs between series and is the same in each run: when the first chunk is sealed depends on it.
    fn phase(&self) -> u64 {
        XxHash3_64::oneshot(self.labels.packed().as_bytes())
    }

    fn seal(&mut self, chunk: Chunk) -> isize {
        let size = chunk.size() as isize;
        self.sealed.reserve_exact(1);
        self.sealed.push(chunk);
        size
    }

    fn keep_aside(&mut self, at: Timestamp, worth: Worth, gate: &Gate) -> Result<Change, AppendError> {
        let rare = self.rare.get_or_insert_default();
        let list = if at < gate.closing { &mut rare.next } else { &mut rare.late };
        if list.len() >= Late::MAX {
            return Err(AppendError::LateLimit { max: Late::MAX });
        }
        let size = match worth {
            Worth::Float(value) => late::insert(&mut list.samples, Sample { at, value }),
            Worth::Histogram(histogram) => {
                late::insert(&mut list.histograms, HistogramSample { at, histogram })
            }
        };
        self.newest = self.last_at().map_or(at, |newest| newest.max(at));
        self.samples += 1;
        Ok(Change { samples: 1, bytes: size as isize })
    }

    /// The time of the first in-order sample that is not earlier.
    pub fn first_since(&self, floor: Timestamp) -> Option<Timestamp> {
        let within = |chunk: &Chunk| {
            let (mut samples, mut histograms) = (Vec::new(), Vec::new());
            chunk.read(&mut samples, &mut histograms).expect(SOUND);
            let times =
                samples.iter().map(|sample| sample.at).chain(histograms.iter().map(|sample| sample.at));
            times.filter(|at| *at >= floor).min()
        };
        let reaching = self.sealed.iter().filter(|chunk| chunk.to() >= floor);
        let sealed = reaching
            .filter_map(|chunk| Some(chunk.from()).filter(|at| *at >= floor).or_else(|| within(chunk)));
        let open = self.open.iter().flat_map(Open::samples).map(|sample| sample.at);
        let histograms = self.rare.iter().flat_map(|rare| &rare.histograms).map(|sample| sample.at);
        sealed.chain(open.chain(histograms).filter(|at| *at >= floor)).min()
    }

    /// What the series is worth at exactly this time.
    fn at(&self, at: Timestamp, floor: Timestamp) -> Option<Worth> {
        let float = |sample: &Sample| Worth::Float(sample.value);
        let histogram = |sample: &HistogramSample| Worth::Histogram(Arc::clone(&sample.histogram));
        for late in self.rare.iter().flat_map(|rare| [&rare.late, &rare.next]) {
            let found = late::at(&late.samples, at).map(float);
            if let Some(found) = found.or_else(|| late::at(&late.histograms, at).map(histogram)) {
                return Some(found);
            }
        }
        if at < floor {
            return None;
        }
        if let Some(found) = self.rare.as_ref().and_then(|rare| late::at(&rare.histograms, at)) {
            return Some(histogram(found));
        }
        let (mut samples, mut histograms) = (Vec::new(), Vec::new());
        for chunk in self.sealed.iter().filter(|chunk| chunk.from() <= at && at <= chunk.to()) {
            chunk.read(&mut samples, &mut histograms).expect(SOUND);
        }
        if let Some(open) = self.open.as_ref().filter(|open| open.first_at() <= at && at <= open.last().at) {
            let mut bytes = Vec::new();
            open.tail(at, &mut bytes).read(&bytes, &mut samples);
        }
        let found = late::at(&samples, at).map(float);
        found.or_else(|| late::at(&histograms, at).map(histogram))
    }
}

impl Worth {
    fn same(&self, other: &Worth) -> bool {
        match (self, other) {
            (Worth::Float(a), Worth::Float(b)) => a.to_bits() == b.to_bits(),
            (Worth::Histogram(a), Worth::Histogram(b)) => a.same(b),
            _ => false,
        }
    }
}
