//! What every fuzzed parser is put through: whatever comes, it ends, within its limits, and what it says can be used.

use andon_exposition::{Entry, Families, Format, Histograms, Limits, SeriesCache, parse};
use andon_remote::{Item, Room, Version};

/// Rows of text, looked up in a cache as a scrape does.
pub fn text(body: &[u8], format: Format) {
    let limits = Limits::default();
    let mut cache = SeriesCache::new(7);
    cache.begin();
    for entry in parse(body, format, limits) {
        if let Ok(Entry::Sample(row)) = entry {
            let labels = row.labels(&limits);
            assert!(labels.as_ref().is_ok_and(|labels| !labels.name().is_empty()) || labels.is_err());
            // An exemplar that cannot be read is as good as one that can.
            let _ = row.exemplar();
            if labels.is_ok() && cache.get(row.series).is_none() {
                cache.insert(row.series, ());
            }
        }
    }
    assert!(cache.end().is_empty());
}

pub fn protobuf(body: &[u8]) {
    let limits = Limits::default();
    for histograms in [Histograms::Classic, Histograms::Native, Histograms::Both] {
        let Ok(families) = Families::read(body, histograms, &limits) else { continue };
        for entry in families.entries() {
            match entry {
                Entry::Sample(row) => drop(row.labels(&limits)),
                Entry::Histogram(row) => {
                    assert!(row.labels(&limits).is_err() || row.histogram.check().is_ok())
                }
                Entry::Help { .. } | Entry::Type { .. } | Entry::Unit { .. } => {}
            }
        }
    }
}

pub fn remote_write(version: Version, body: &[u8]) {
    let limits = andon_remote::Limits::default();
    // Right or wrong, all that matters is that it ends.
    let _ = andon_remote::read(version, body, &limits, &mut Room::default(), &mut |item| {
        if let Item::Series(series) = item {
            let _ = series.labels();
            assert!(series.histograms.iter().all(|sample| sample.histogram.check().is_ok()));
        }
    });
}
