//! One series of a request, as far as it has been read.

use andon_protobuf::{Broken, Fields};
use andon_timeseries::{BadHistogram, Exemplar, HistogramSample, MetricKind, Sample};
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use crate::Malformed;

/// A series with what a request brings of it.
#[derive(Debug)]
pub struct Series<'r> {
    /// Equal for two series of the same labels, so that whoever knows one need not build the labels again. None: the
    /// labels stand there in an unusual way.
    pub key: Option<&'r [u8]>,
    pub samples: &'r [Sample],
    pub histograms: &'r [HistogramSample],
    /// Histograms that cannot be, and are left out.
    pub refused: &'r [BadHistogram],
    pub exemplars: &'r [Exemplar],
    pub metadata: Option<Metadata<'r>>,
    /// When it began to count.
    pub created: Option<Timestamp>,
    pub(crate) names: Names<'r>,
    pub(crate) labels_max: usize,
}

/// Where the labels stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Names<'r> {
    /// In a `TimeSeries` of version 1.0.
    Pairs(&'r [u8]),
    /// As numbers of a request's texts, name and value in turn.
    Symbols { numbers: &'r [u32], texts: &'r [&'r str] },
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata<'r> {
    /// Empty in version 2.0: it is that of the series it came with.
    pub metric: &'r str,
    pub kind: MetricKind,
    pub help: &'r str,
    pub unit: &'r str,
}

impl Series<'_> {
    /// The labels, checked. An error costs this series alone.
    pub fn labels(&self) -> Result<Labels, Malformed> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        match self.names {
            Names::Pairs(message) => label_pairs(message, &mut pairs)?,
            Names::Symbols { numbers, texts } => symbol_pairs(numbers, texts, &mut pairs)?,
        }
        if pairs.len() > self.labels_max {
            return Err(Malformed(format!(
                "a series has {} labels; {} are allowed",
                pairs.len(),
                self.labels_max
            )));
        }
        pairs.sort_unstable_by_key(|(name, _)| *name);
        let shown = || {
            let shown = pairs.iter().take(8).map(|(name, value)| format!("{name}={value:?}"));
            shown.collect::<Vec<_>>().join(", ")
        };
        if pairs.iter().any(|(name, _)| name.is_empty()) {
            return Err(Malformed(format!("a label of {{{}}} has no name", shown())));
        }
        if let Some(twice) = pairs.windows(2).find(|two| two[0].0 == two[1].0) {
            return Err(Malformed(format!("{{{}}} gives {} twice", shown(), twice[0].0)));
        }
        if !pairs.iter().any(|(name, value)| *name == METRIC_NAME && !value.is_empty()) {
            return Err(Malformed(format!("the series {{{}}} has no name", shown())));
        }
        Ok(pairs.into_iter().collect())
    }
}

/// The labels of a message that has them as field 1.
pub(crate) fn label_pairs<'a>(message: &'a [u8], pairs: &mut Vec<(&'a str, &'a str)>) -> Result<(), Broken> {
    for field in Fields::of(message) {
        if let (1, label) = field? {
            let (mut name, mut value) = ("", "");
            for field in label.message()? {
                match field? {
                    (1, text) => name = text.text()?,
                    (2, text) => value = text.text()?,
                    _ => {}
                }
            }
            pairs.push((name, value));
        }
    }
    Ok(())
}

pub(crate) fn symbol_pairs<'a>(
    numbers: &[u32],
    texts: &[&'a str],
    pairs: &mut Vec<(&'a str, &'a str)>,
) -> Result<(), Malformed> {
    let text = |number: u32| {
        let beyond = || Malformed(format!("a label refers to symbol {number}; there are {}", texts.len()));
        texts.get(number as usize).copied().ok_or_else(beyond)
    };
    let (twos, odd) = numbers.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(Malformed("a series has a label's name without a value".to_owned()));
    }
    for [name, value] in twos {
        pairs.push((text(*name)?, text(*value)?));
    }
    Ok(())
}
