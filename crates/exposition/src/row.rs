//! One sample of a body, and the exemplar beside it.

use std::sync::Arc;

use andon_timeseries::Histogram;
use andon_vocabulary::{Labels, Timestamp};

use crate::{Format, Limits, MetricKind, ParseError, Place, number, series};

/// One sample. The value is compared by its bits, as a NaN is a value here.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The series as text, unread: a key for whoever knows it already. The same series may be written in several ways.
    pub series: &'a [u8],
    pub value: f64,
    /// When the target says it was sampled; most leave that to the scraper.
    pub at: Option<Timestamp>,
    /// When it began to count. Only protobuf says it beside the sample.
    pub created: Option<Timestamp>,
    pub(crate) place: Place,
    /// What the last `# TYPE` said. It decides how the bounds of buckets and quantiles are spelled.
    pub(crate) kind: Option<MetricKind>,
    pub(crate) beside: Beside<'a>,
}

/// One native histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramRow<'a> {
    /// As in [`Row`].
    pub series: &'a [u8],
    pub histogram: &'a Arc<Histogram>,
    pub at: Option<Timestamp>,
    pub created: Option<Timestamp>,
    /// Each with its time.
    pub exemplars: &'a [Exemplar],
    pub(crate) place: Place,
}

/// One observation of the many that a counter or a bucket sums up: usually the trace of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    pub labels: Labels,
    pub value: f64,
    pub at: Option<Timestamp>,
}

/// The exemplar of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Beside<'a> {
    Nothing,
    /// `{…} value time`, unread.
    Text(&'a [u8]),
    Read(&'a Exemplar),
}

impl HistogramRow<'_> {
    /// The labels with the metric's name among them.
    pub fn labels(&self, limits: &Limits) -> Result<Labels, ParseError> {
        labels(self.series, None, self.place, limits)
    }
}

impl Row<'_> {
    /// The labels with the metric's name among them. Bounds of histograms and summaries get the one spelling that
    /// OpenMetrics has for them.
    pub fn labels(&self, limits: &Limits) -> Result<Labels, ParseError> {
        labels(self.series, self.kind, self.place, limits)
    }

    pub fn exemplar(&self) -> Result<Option<Exemplar>, ParseError> {
        match self.beside {
            Beside::Nothing => Ok(None),
            Beside::Read(exemplar) => Ok(Some(exemplar.clone())),
            Beside::Text(text) => {
                exemplar(text).map(Some).map_err(|message| wrong(message, text, self.place))
            }
        }
    }
}

fn labels(
    series: &[u8],
    kind: Option<MetricKind>,
    place: Place,
    limits: &Limits,
) -> Result<Labels, ParseError> {
    series::labels(series, kind, limits).map_err(|message| wrong(&message, series, place))
}

fn exemplar(text: &[u8]) -> Result<Exemplar, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "the exemplar is not UTF-8")?;
    let (labels, rest) = series::exemplar_labels(text)?;
    let mut words = rest.split_ascii_whitespace();
    let value = words.next().ok_or("the exemplar has no value")?;
    let value = number::value(value.as_bytes()).ok_or("the exemplar's value is not a number")?;
    let at = match words.next() {
        Some(time) => {
            let time = number::time(time.as_bytes(), Format::OpenMetrics);
            Some(time.ok_or("the exemplar's time is not a time")?)
        }
        None => None,
    };
    match words.next() {
        Some(_) => Err("something follows where the exemplar should end"),
        None => Ok(Exemplar { labels, value, at }),
    }
}

fn wrong(message: &str, text: &[u8], place: Place) -> ParseError {
    ParseError { place, message: about(message, text) }
}

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.series, self.value.to_bits(), self.at, self.created, self.beside)
            == (other.series, other.value.to_bits(), other.at, other.created, other.beside)
    }
}

/// The message with the beginning of the text that it is about.
pub(crate) fn about(message: &str, text: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * SHOWN + 4)]);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{message}: {}…", &text[..end]),
        None => format!("{message}: {text}"),
    }
}
