//! What a metric says of itself: its sort, a sentence, a unit.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::AppendError;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub kind: MetricKind,
    pub help: Arc<str>,
    pub unit: Arc<str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricKind {
    #[default]
    Unknown,
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
}

impl MetricKind {
    pub const ALL: [MetricKind; 8] = [
        MetricKind::Unknown,
        MetricKind::Counter,
        MetricKind::Gauge,
        MetricKind::Histogram,
        MetricKind::GaugeHistogram,
        MetricKind::Summary,
        MetricKind::Info,
        MetricKind::StateSet,
    ];

    /// As OpenMetrics writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            MetricKind::Unknown => "unknown",
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
            MetricKind::GaugeHistogram => "gaugehistogram",
            MetricKind::Summary => "summary",
            MetricKind::Info => "info",
            MetricKind::StateSet => "stateset",
        }
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A target can write a book into a help text; a screen shows a sentence.
const TEXT_BYTES_MAX: usize = 1024;

#[derive(Debug, Default)]
pub(crate) struct Descriptions(BTreeMap<Arc<str>, Metadata>);

impl Descriptions {
    /// Whether that says anything new.
    pub fn set(&mut self, metric: &str, metadata: Metadata, max: usize) -> Result<bool, AppendError> {
        let metadata = Metadata { help: cut(metadata.help), unit: cut(metadata.unit), ..metadata };
        if let Some(known) = self.0.get_mut(metric) {
            let news = *known != metadata;
            *known = metadata;
            return Ok(news);
        }
        if self.0.len() >= max {
            return Err(AppendError::MetadataLimit { max });
        }
        self.0.insert(metric.into(), metadata);
        Ok(true)
    }

    pub fn get(&self, metric: &str) -> Option<&Metadata> {
        self.0.get(metric)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Metadata)> {
        self.0.iter().map(|(metric, metadata)| (&**metric, metadata))
    }
}

fn cut(text: Arc<str>) -> Arc<str> {
    if text.len() <= TEXT_BYTES_MAX { text } else { text[..text.floor_char_boundary(TEXT_BYTES_MAX)].into() }
}
