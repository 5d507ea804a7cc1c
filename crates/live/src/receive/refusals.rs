//! What was not taken of a request, in words for its sender.

use andon_remote::{Malformed, Series, Trouble};
use andon_timeseries::{AppendError, BadHistogram};
use andon_vocabulary::Labels;

/// As many are told in full; the rest are counted.
const TOLD: usize = 5;

#[derive(Debug, Default)]
pub struct Refusals {
    count: usize,
    told: Vec<String>,
    /// It was the store's own fault, so that the same again may go better.
    disk: Option<AppendError>,
}

impl Refusals {
    pub fn sample(&mut self, error: AppendError, series: &Series<'_>) {
        self.disk = self.disk.or((error == AppendError::Disk).then_some(error));
        self.tell(1, || format!("{error}: {}", named(series)));
    }

    /// A series is refused, and with it all of its samples.
    pub fn whole(&mut self, error: AppendError, labels: &Labels, series: &Series<'_>) {
        self.disk = self.disk.or((error == AppendError::Disk).then_some(error));
        self.tell(samples(series), || format!("{error}: {labels}"));
    }

    pub fn series(&mut self, malformed: &Malformed, series: &Series<'_>) {
        self.tell(samples(series), || malformed.to_string());
    }

    pub fn histogram(&mut self, bad: &BadHistogram, series: &Series<'_>) {
        self.tell(1, || format!("{bad}: {}", named(series)));
    }

    pub fn exemplar(&mut self, error: AppendError, series: &Series<'_>) {
        self.tell(1, || format!("of an exemplar, {error}: {}", named(series)));
    }

    pub fn trouble(self) -> Option<Trouble> {
        if let Some(error) = self.disk {
            return Some(Trouble::Unavailable(error.to_string()));
        }
        if self.count == 0 {
            return None;
        }
        let more = self.count.saturating_sub(self.told.len());
        let mut words = self.told.join("; ");
        if more > 0 {
            words.push_str(&format!("; and {more} more were refused"));
        }
        Some(Trouble::Refused(words))
    }

    fn tell(&mut self, count: usize, words: impl FnOnce() -> String) {
        self.count += count;
        if self.told.len() < TOLD {
            self.told.push(words());
        }
    }
}

/// At least one: a series without samples is refused for itself.
fn samples(series: &Series<'_>) -> usize {
    (series.samples.len() + series.histograms.len()).max(1)
}

fn named(series: &Series<'_>) -> String {
    series.labels().map_or_else(|error| error.to_string(), |labels| labels.to_string())
}
