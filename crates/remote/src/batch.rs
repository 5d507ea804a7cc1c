//! A request that is being put together.

use std::collections::BTreeMap;

use andon_protobuf::Message;
use andon_timeseries::{Exemplar, HistogramSample, Metadata, MetricKind, Sample};
use andon_vocabulary::Labels;

use crate::{Version, histogram, pack};

/// What goes out in one request: each series once, its samples in the order in which they were added.
#[derive(Debug, Default)]
pub struct Batch {
    series: BTreeMap<Labels, Stretch>,
    /// By metric. Version 1.0 sends them all; version 2.0 with the series that are in the batch.
    described: BTreeMap<String, Metadata>,
    len: usize,
}

#[derive(Debug, Default)]
struct Stretch {
    samples: Vec<Sample>,
    histograms: Vec<HistogramSample>,
    exemplars: Vec<Exemplar>,
}

/// A request ready to be sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub version: Version,
    pub body: Vec<u8>,
}

impl Batch {
    pub fn sample(&mut self, labels: &Labels, sample: Sample) {
        self.of(labels).samples.push(sample);
        self.len += 1;
    }

    pub fn histogram(&mut self, labels: &Labels, sample: HistogramSample) {
        self.of(labels).histograms.push(sample);
        self.len += 1;
    }

    pub fn exemplar(&mut self, labels: &Labels, exemplar: Exemplar) {
        self.of(labels).exemplars.push(exemplar);
        self.len += 1;
    }

    /// What is known of a metric.
    pub fn describe(&mut self, metric: &str, metadata: Metadata) {
        self.described.insert(metric.to_owned(), metadata);
    }

    /// How many metrics are described.
    pub fn described(&self) -> usize {
        self.described.len()
    }

    /// Describes the metrics of its series, by what is known.
    pub fn describe_series(&mut self, known: &BTreeMap<String, Metadata>) {
        for labels in self.series.keys() {
            let stems = stems(labels.name());
            let found = stems.filter_map(|stem| Some((stem, known.get(stem)?))).next();
            if let Some((metric, metadata)) = found
                && !self.described.contains_key(metric)
            {
                self.described.insert(metric.to_owned(), metadata.clone());
            }
        }
    }

    /// Samples, histograms and exemplars.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn clear(&mut self) {
        *self = Batch::default();
    }

    fn of(&mut self, labels: &Labels) -> &mut Stretch {
        if !self.series.contains_key(labels) {
            self.series.insert(labels.clone(), Stretch::default());
        }
        self.series.get_mut(labels).expect("it is there now")
    }

    /// The body of a request, packed. None: it is beyond the 4 GiB that can be packed.
    pub fn packed(&self, version: Version) -> Option<Sent> {
        let message = match version {
            Version::V1 => self.v1(),
            Version::V2 => self.v2(),
        };
        Some(Sent { version, body: pack::packed(message.as_bytes())? })
    }

    fn v1(&self) -> Message {
        let mut request = Message::default();
        for (labels, Stretch { samples, histograms, exemplars }) in &self.series {
            request.message(1, |series| {
                pairs(series, labels);
                samples.iter().for_each(|sample| written(series, 2, sample));
                for exemplar in exemplars {
                    series.message(3, |message| {
                        pairs(message, &exemplar.labels);
                        message.double(2, exemplar.value);
                        message.int(3, exemplar.at.as_ms());
                    });
                }
                histograms.iter().for_each(|one| series.message(4, |message| histogram::write(message, one)));
            });
        }
        for (metric, Metadata { kind, help, unit }) in &self.described {
            request.message(3, |metadata| {
                metadata.int(1, number(*kind));
                metadata.text(2, metric);
                metadata.text(4, help);
                metadata.text(5, unit);
            });
        }
        request
    }

    fn v2(&self) -> Message {
        let mut symbols = Symbols::default();
        for (labels, stretch) in &self.series {
            let exemplars = stretch.exemplars.iter().map(|exemplar| &exemplar.labels);
            for labels in [labels].into_iter().chain(exemplars) {
                labels.iter().for_each(|(name, value)| {
                    symbols.add(name);
                    symbols.add(value);
                });
            }
            if let Some(Metadata { help, unit, .. }) = self.description(labels.name()) {
                symbols.add(help);
                symbols.add(unit);
            }
        }
        let mut request = Message::default();
        symbols.order.iter().for_each(|text| request.text(4, text));
        for (labels, Stretch { samples, histograms, exemplars }) in &self.series {
            request.message(5, |series| {
                series.uints(1, symbols.pairs(labels));
                samples.iter().for_each(|sample| written(series, 2, sample));
                histograms.iter().for_each(|one| series.message(3, |message| histogram::write(message, one)));
                for exemplar in exemplars {
                    series.message(4, |message| {
                        message.uints(1, symbols.pairs(&exemplar.labels));
                        message.double(2, exemplar.value);
                        message.int(3, exemplar.at.as_ms());
                    });
                }
                if let Some(Metadata { kind, help, unit }) = self.description(labels.name()) {
                    series.message(5, |message| {
                        message.int(1, number(*kind));
                        message.uint(3, symbols.numbers[&**help]);
                        message.uint(4, symbols.numbers[&**unit]);
                    });
                }
            });
        }
        request
    }

    fn description(&self, name: &str) -> Option<&Metadata> {
        stems(name).find_map(|stem| self.described.get(stem))
    }
}

/// What a series' metric may be called: a histogram, a summary or a counter is described by the name without a suffix.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    ["", "_total", "_bucket", "_count", "_sum"].iter().filter_map(move |suffix| name.strip_suffix(suffix))
}

/// The texts of a request of version 2.0, each once. The first is empty.
struct Symbols<'a> {
    numbers: BTreeMap<&'a str, u64>,
    order: Vec<&'a str>,
}

impl Default for Symbols<'_> {
    fn default() -> Self {
        Symbols { numbers: BTreeMap::from([("", 0)]), order: vec![""] }
    }
}

impl<'a> Symbols<'a> {
    fn add(&mut self, text: &'a str) {
        self.numbers.entry(text).or_insert_with(|| {
            self.order.push(text);
            self.order.len() as u64 - 1
        });
    }

    fn pairs(&self, labels: &Labels) -> impl Iterator<Item = u64> {
        labels.iter().flat_map(|(name, value)| [self.numbers[name], self.numbers[value]])
    }
}

fn pairs(message: &mut Message, labels: &Labels) {
    for (name, value) in labels.iter() {
        message.message(1, |label| {
            label.text(1, name);
            label.text(2, value);
        });
    }
}

/// Of both versions.
fn number(kind: MetricKind) -> i64 {
    match kind {
        MetricKind::Unknown => 0,
        MetricKind::Counter => 1,
        MetricKind::Gauge => 2,
        MetricKind::Histogram => 3,
        MetricKind::GaugeHistogram => 4,
        MetricKind::Summary => 5,
        MetricKind::Info => 6,
        MetricKind::StateSet => 7,
    }
}

fn written(series: &mut Message, number: u32, sample: &Sample) {
    series.message(number, |message| {
        message.double(1, sample.value);
        message.int(2, sample.at.as_ms());
    });
}
