//! What every fuzzed parser is put through: whatever comes, it ends, within its limits, and what it says can be used.

use andon_exposition::{Entry, Families, Format, Histograms, Limits, SeriesCache, parse};
use andon_intake::sns::Envelope;
use andon_intake::{
    Moment, alertmanager, cloudevents, cloudwatch, forge, generic, goalert, grafana, oncall, opsgenie,
    pagerduty,
};
use andon_remote::{Item, Room, Take, Version};
use andon_timeseries::Sample;
use andon_vocabulary::Timestamp;

/// Rows of text, looked up in a cache as a scrape does, the second time with what the first has learned: that must say
/// the same.
pub fn text(body: &[u8], format: Format) {
    let limits = Limits::default();
    let mut cache = SeriesCache::new(7);
    let mut scrape = || {
        let (mut entries, mut rows) = (parse(body, format, limits), Vec::new());
        cache.begin();
        loop {
            while let Some(line) = cache.next_bytes().and_then(|bytes| entries.plain(bytes))
                && cache.get_next(line.series).is_some()
            {
                entries.pass(&line);
                rows.push((line.series, line.value.to_bits(), None));
            }
            let Some(entry) = entries.next() else { break };
            let Ok(Entry::Sample(row)) = entry else { continue };
            let labels = row.labels(&limits);
            assert!(labels.as_ref().is_ok_and(|labels| !labels.name().is_empty()) || labels.is_err());
            // An exemplar that cannot be read is as good as one that can.
            let _ = row.exemplar();
            if labels.is_ok() && cache.get(row.series).is_none() {
                cache.insert(row.series, ());
            }
            rows.push((row.series, row.value.to_bits(), row.at));
        }
        assert!(cache.end().is_empty());
        rows
    };
    assert_eq!(scrape(), scrape());
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
    let (mut keys, mut samples) = (Vec::new(), 0);
    // Right or wrong, all that matters is that it ends.
    let first = andon_remote::read(version, body, &limits, &mut Room::default(), &mut |item| {
        if let Item::Series(series) = item {
            let _ = series.labels();
            assert!(series.histograms.iter().all(|sample| sample.histogram.check().is_ok()));
            samples += series.samples.len();
            keys.extend(series.key.map(<[u8]>::to_vec));
        }
    });
    let mut knowing = Knowing { keys, next: 0, samples: 0 };
    let second = andon_remote::read_to(version, body, &limits, &mut Room::default(), &mut knowing);
    assert_eq!((first, samples), (second, knowing.samples));
}

/// Expects the series of a request in the order in which they came.
struct Knowing {
    keys: Vec<Vec<u8>>,
    next: usize,
    samples: usize,
}

impl Take for Knowing {
    fn item(&mut self, item: Item<'_>) {
        if let Item::Series(series) = item {
            self.samples += series.samples.len();
            self.next += usize::from(series.key.is_some());
        }
    }

    fn next_key_bytes(&self) -> Option<usize> {
        self.keys.get(self.next).map(Vec::len)
    }

    fn next(&mut self, key: &[u8], _sample: Sample) -> bool {
        let is_expected = self.keys.get(self.next).is_some_and(|expected| expected == key);
        self.samples += usize::from(is_expected);
        self.next += usize::from(is_expected);
        is_expected
    }
}

/// A test of queries: loaded, evaluated and judged.
pub fn script(text: &str) {
    // Few scripts mean anything; a number of failures is as good as a number of evaluations.
    let _ = andon_promql::script::run(text);
}

/// A query: read, written back, and read the same again.
pub fn query(text: &str) {
    let Ok(expr) = andon_promql::parse(text) else { return };
    let written = expr.to_string();
    let again = andon_promql::parse(&written);
    let again =
        again.unwrap_or_else(|error| panic!("{text:?} is written {written:?}, which is none: {error}"));
    assert_eq!(again.to_string(), written);
}

/// A payload, as every sender's: whatever is taken of it has a name and lies in its limits.
pub fn intake(body: &[u8]) {
    let moment = Moment { now: Timestamp::from_ms(1_795_424_400_000), expires: None };
    let text = String::from_utf8_lossy(body);
    let mut items: Vec<andon_intake::Item> = [
        pagerduty::Event::read(body).map(|event| event.item(moment)),
        opsgenie::create(body, moment),
        opsgenie::act(opsgenie::Action::Acknowledge, "key", None, body),
        cloudwatch::message(&text, moment),
        cloudwatch::event(body, moment),
        goalert::read(&text, None, body, moment),
        goalert::read("", Some("application/json"), body, moment),
        oncall::read(body, moment),
        forge::github("deployment_status", body),
        forge::github("push", body),
        forge::gitlab(body),
    ]
    .into_iter()
    .flatten()
    .collect();
    items.extend(alertmanager::read(body, moment).unwrap_or_default());
    items.extend(grafana::read(body, moment).unwrap_or_default());
    for item in items {
        let andon_intake::Item::Alert { alert, .. } = item else { continue };
        assert!(
            !alert.labels.is_empty() && alert.starts_at <= moment.now && alert.starts_at <= alert.ends_at
        );
    }
    // Right or wrong, all that matters is that it ends.
    let _ = (pagerduty::ChangeEvent::read(body), generic::read(body));
    let structured = [("content-type", "application/cloudevents+json")];
    let binary = [("ce-specversion", "1.0"), ("ce-id", &*text), ("ce-type", &*text), ("ce-source", "x")];
    for headers in [structured.as_slice(), &binary] {
        let _ = cloudevents::read(headers, body);
    }
    if let Ok(envelope) = Envelope::read(body) {
        assert!(envelope.certificate_url.starts_with("https://sns."));
        let _ = envelope.verify(body);
    }
}
