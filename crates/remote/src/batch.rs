//! A request that is being put together.

use std::collections::BTreeMap;

use andon_protobuf::Message;
use andon_timeseries::{HistogramSample, Sample};
use andon_vocabulary::Labels;

use crate::{Version, histogram, pack};

/// What goes out in one request: each series once, its samples in the order in which they were added.
#[derive(Debug, Default)]
pub struct Batch {
    series: BTreeMap<Labels, (Vec<Sample>, Vec<HistogramSample>)>,
    len: usize,
}

/// A request ready to be sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub version: Version,
    pub body: Vec<u8>,
}

impl Batch {
    pub fn sample(&mut self, labels: &Labels, sample: Sample) {
        self.of(labels).0.push(sample);
        self.len += 1;
    }

    pub fn histogram(&mut self, labels: &Labels, sample: HistogramSample) {
        self.of(labels).1.push(sample);
        self.len += 1;
    }

    /// Samples and histograms.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn clear(&mut self) {
        *self = Batch::default();
    }

    fn of(&mut self, labels: &Labels) -> &mut (Vec<Sample>, Vec<HistogramSample>) {
        if !self.series.contains_key(labels) {
            self.series.insert(labels.clone(), Default::default());
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
        for (labels, (samples, histograms)) in &self.series {
            request.message(1, |series| {
                for (name, value) in labels.iter() {
                    series.message(1, |label| {
                        label.text(1, name);
                        label.text(2, value);
                    });
                }
                samples.iter().for_each(|sample| written(series, 2, sample));
                histograms.iter().for_each(|one| series.message(4, |message| histogram::write(message, one)));
            });
        }
        request
    }

    fn v2(&self) -> Message {
        let mut symbols: BTreeMap<&str, u64> = BTreeMap::from([("", 0)]);
        let mut order = vec![""];
        for labels in self.series.keys() {
            for text in labels.iter().flat_map(|(name, value)| [name, value]) {
                symbols.entry(text).or_insert_with(|| {
                    order.push(text);
                    order.len() as u64 - 1
                });
            }
        }
        let mut request = Message::default();
        order.iter().for_each(|text| request.text(4, text));
        for (labels, (samples, histograms)) in &self.series {
            request.message(5, |series| {
                series.uints(1, labels.iter().flat_map(|(name, value)| [symbols[name], symbols[value]]));
                samples.iter().for_each(|sample| written(series, 2, sample));
                histograms.iter().for_each(|one| series.message(3, |message| histogram::write(message, one)));
            });
        }
        request
    }
}

fn written(series: &mut Message, number: u32, sample: &Sample) {
    series.message(number, |message| {
        message.double(1, sample.value);
        message.int(2, sample.at.as_ms());
    });
}
