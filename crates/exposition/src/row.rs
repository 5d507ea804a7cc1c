//! One sample of a body, and the exemplar beside it.

use andon_vocabulary::{Labels, Timestamp};

use crate::{Format, Limits, MetricKind, ParseError, number, series};

/// One sample. The value is compared by its bits, as a NaN is a value here.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The series as it stands in the body, unread: a key for whoever knows it already. The same series may be written
    /// in several ways.
    pub series: &'a [u8],
    pub value: f64,
    /// When the target says it was sampled; most leave that to the scraper.
    pub at: Option<Timestamp>,
    /// Counted from 1.
    pub line: usize,
    /// What the last `# TYPE` said. It decides how the bounds of buckets and quantiles are spelled.
    pub(crate) kind: Option<MetricKind>,
    /// `{…} value time`, unread. Empty: there is none.
    pub(crate) exemplar: &'a [u8],
}

/// One observation of the many that a counter or a bucket sums up: usually the trace of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    pub labels: Labels,
    pub value: f64,
    pub at: Option<Timestamp>,
}

impl Row<'_> {
    /// The labels with the metric's name among them. Bounds of histograms and summaries get the one spelling that
    /// OpenMetrics has for them.
    pub fn labels(&self, limits: &Limits) -> Result<Labels, ParseError> {
        series::labels(self.series, self.kind, limits).map_err(|message| self.wrong(&message, self.series))
    }

    pub fn exemplar(&self) -> Result<Option<Exemplar>, ParseError> {
        if self.exemplar.is_empty() {
            return Ok(None);
        }
        self.read_exemplar().map(Some).map_err(|message| self.wrong(message, self.exemplar))
    }

    fn read_exemplar(&self) -> Result<Exemplar, &'static str> {
        let text = std::str::from_utf8(self.exemplar).map_err(|_| "the exemplar is not UTF-8")?;
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

    fn wrong(&self, message: &str, text: &[u8]) -> ParseError {
        ParseError { line: self.line, message: about(message, text) }
    }
}

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.series, self.value.to_bits(), self.at, self.exemplar)
            == (other.series, other.value.to_bits(), other.at, other.exemplar)
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
