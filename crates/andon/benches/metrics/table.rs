//! What was measured, peer beside peer, with ratios to Andon.

use std::collections::BTreeMap;
use std::fmt;

use crate::QUERIES;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    IngestCpu,
    IngestWall,
    ScrapeCpu,
    BytesASample,
    PeakResident,
    ResidentOverIdle,
    PeakResidentAsked,
    RangeWall(usize),
    RangeCpu(usize),
    InstantWall(usize),
    InstantCpu(usize),
}

impl Row {
    pub fn show(self, value: f64) -> String {
        match self {
            Row::IngestCpu | Row::IngestWall | Row::ScrapeCpu => format!("{:.2} M/s", value / 1e6),
            Row::BytesASample => format!("{value:.2}"),
            Row::PeakResident | Row::ResidentOverIdle | Row::PeakResidentAsked => {
                format!("{:.0} MiB", value / 1024.0 / 1024.0)
            }
            Row::RangeWall(_) | Row::RangeCpu(_) | Row::InstantWall(_) | Row::InstantCpu(_) => {
                format!("{:.1} ms", value * 1e3)
            }
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Row::IngestCpu => f.write_str("remote write, samples a CPU second"),
            Row::IngestWall => f.write_str("remote write, samples a second"),
            Row::ScrapeCpu => f.write_str("scraped text, samples a CPU second"),
            Row::BytesASample => f.write_str("bytes a sample on disk, compacted"),
            Row::PeakResident => f.write_str("peak memory, taking in"),
            Row::ResidentOverIdle => f.write_str("memory over idle, after"),
            Row::PeakResidentAsked => f.write_str("peak memory, queries too"),
            Row::RangeWall(at) => write!(f, "1 h at 60 s: {}, wall", QUERIES[*at].1),
            Row::RangeCpu(at) => write!(f, "1 h at 60 s: {}, CPU", QUERIES[*at].1),
            Row::InstantWall(at) => write!(f, "instant: {}, wall", QUERIES[*at].1),
            Row::InstantCpu(at) => write!(f, "instant: {}, CPU", QUERIES[*at].1),
        }
    }
}

#[derive(Default)]
pub struct Table(BTreeMap<Row, Vec<(&'static str, f64)>>);

impl Table {
    pub fn put(&mut self, peer: &'static str, row: Row, value: f64) {
        self.0.entry(row).or_default().push((peer, value));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (row, values) in &self.0 {
            write!(f, "{:44}", row.to_string())?;
            let own = values.iter().find(|(peer, _)| *peer == "andon").map(|(_, value)| *value);
            for (peer, value) in values {
                write!(f, " | {peer} {}", row.show(*value))?;
                if let Some(own) = own.filter(|_| *peer != "andon") {
                    write!(f, " ({:.2} × Andon's)", value / own)?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
