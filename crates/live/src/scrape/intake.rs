//! From the rows of a body to samples in the store, and the end of series that are no longer exposed.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use andon_exposition::{Entry, Format, Limits, ParseError, Row};
use andon_timeseries::{AppendError, Head, STALE, Sample, SeriesRef};
use andon_vocabulary::{Labels, METRIC_NAME, Name, Timestamp};

/// A target whose clock is further ahead than this would shut its series off from every honest sample after it.
const AHEAD_MAX: Duration = Duration::from_secs(600);

/// The samples of a body, all of them or none: of a broken scrape nothing should be believed.
pub fn read(body: &[u8], format: Format, limits: Limits) -> Result<Vec<Row<'_>>, ParseError> {
    let mut rows = Vec::new();
    for entry in andon_exposition::parse(body, format, limits) {
        if let Entry::Sample(row) = entry? {
            row.labels(&limits)?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// One target's series, known by their text, so that a scrape like the last one builds no labels.
#[derive(Debug)]
pub struct Intake {
    target: Labels,
    known: HashMap<Vec<u8>, Known>,
    reports: [Known; 3],
    /// The metrics of the last scrape that succeeded.
    exposed: Arc<BTreeSet<Name>>,
    scrape: u64,
    refused: Refused,
}

#[derive(Debug)]
struct Known {
    labels: Labels,
    name: Name,
    handle: Option<SeriesRef>,
    /// The scrape that saw it last.
    seen: u64,
    /// The target says itself when it sampled; such a series ends by itself.
    timed: bool,
}

#[derive(Debug, Default)]
struct Refused {
    before: bool,
    now: Option<AppendError>,
}

impl Intake {
    pub fn new(target: &Labels) -> Intake {
        let report = |name| Known::new(target.with(METRIC_NAME, name));
        Intake {
            target: target.clone(),
            known: HashMap::new(),
            reports: ["up", "scrape_duration_seconds", "scrape_samples_scraped"].map(report),
            exposed: Arc::default(),
            scrape: 0,
            refused: Refused::default(),
        }
    }

    /// A scrape that succeeded. Gives back the metrics that got samples.
    pub fn take(
        &mut self,
        head: &mut Head,
        rows: &[Row<'_>],
        now: Timestamp,
        took: Duration,
    ) -> BTreeSet<Name> {
        self.begin();
        let mut written = BTreeSet::new();
        for row in rows {
            let known = match self.known.get_mut(row.series) {
                Some(known) => known,
                None => match self.known.entry(row.series.to_owned()) {
                    Slot::Occupied(slot) => slot.into_mut(),
                    Slot::Vacant(slot) => {
                        // `read` has seen that there are some.
                        let Ok(exposed) = row.labels(&Limits::default()) else { continue };
                        slot.insert(Known::new(laid_over(&exposed, &self.target)))
                    }
                },
            };
            known.seen = self.scrape;
            known.timed = row.at.is_some();
            let at = row.at.unwrap_or(now);
            if at > now + AHEAD_MAX {
                continue;
            }
            let sample = Sample { at, value: row.value };
            known.append(head, sample, &mut written, &mut self.refused);
        }
        self.report(head, now, [1.0, took.as_secs_f64(), rows.len() as f64], &mut written);
        if *self.exposed != written {
            self.exposed = Arc::new(written.clone());
        }
        self.end_unseen(head, now, &mut written);
        written
    }

    /// A scrape that failed: every series of the target ends, for nobody knows its value now.
    pub fn miss(&mut self, head: &mut Head, now: Timestamp, took: Duration) -> BTreeSet<Name> {
        self.begin();
        let mut written = BTreeSet::new();
        self.end_unseen(head, now, &mut written);
        self.report(head, now, [0.0, took.as_secs_f64(), 0.0], &mut written);
        written
    }

    /// The target is no longer scraped.
    pub fn end(&mut self, head: &mut Head, now: Timestamp) -> BTreeSet<Name> {
        self.begin();
        // Its last sample may be of this very millisecond.
        let now = now + Duration::from_millis(1);
        let mut written = BTreeSet::new();
        self.end_unseen(head, now, &mut written);
        self.report(head, now, [STALE; 3], &mut written);
        written
    }

    pub fn exposed(&self) -> Arc<BTreeSet<Name>> {
        self.exposed.clone()
    }

    /// Why samples were refused, when that begins; not each time.
    pub fn newly_refused(&self) -> Option<AppendError> {
        self.refused.now.filter(|_| !self.refused.before)
    }

    fn begin(&mut self) {
        self.scrape += 1;
        self.refused = Refused { before: self.refused.now.is_some(), now: None };
    }

    fn end_unseen(&mut self, head: &mut Head, now: Timestamp, written: &mut BTreeSet<Name>) {
        let stale = Sample { at: now, value: STALE };
        for known in self.known.values_mut() {
            if known.seen != self.scrape && !known.timed {
                known.append(head, stale, written, &mut self.refused);
            }
        }
        let scrape = self.scrape;
        self.known.retain(|_, known| known.seen == scrape);
    }

    fn report(&mut self, head: &mut Head, now: Timestamp, values: [f64; 3], written: &mut BTreeSet<Name>) {
        for (known, value) in self.reports.iter_mut().zip(values) {
            known.append(head, Sample { at: now, value }, written, &mut self.refused);
        }
    }
}

impl Known {
    fn new(labels: Labels) -> Known {
        Known { name: labels.name().into(), labels, handle: None, seen: 0, timed: false }
    }

    fn append(
        &mut self,
        head: &mut Head,
        sample: Sample,
        written: &mut BTreeSet<Name>,
        refused: &mut Refused,
    ) {
        let mut taken = match self.handle {
            Some(handle) => head.append_ref(handle, sample),
            None => Err(AppendError::Gone),
        };
        if taken == Err(AppendError::Gone) {
            taken = head.append(&self.labels, sample).map(|handle| self.handle = Some(handle));
        }
        match taken {
            Ok(()) => {
                if !written.contains(&self.name) {
                    written.insert(self.name.clone());
                }
            }
            Err(error) => refused.now = Some(error),
        }
    }
}

/// The target's labels win; what the target itself says under the same name is kept as `exported_…`, as Prometheus
/// does.
fn laid_over(exposed: &Labels, target: &Labels) -> Labels {
    let kept = exposed.iter().map(|(name, value)| {
        if target.get(name).is_some() {
            (format!("exported_{name}"), value.to_owned())
        } else {
            (name.to_owned(), value.to_owned())
        }
    });
    kept.collect::<Labels>().merged(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(body: &str) -> Vec<Row<'_>> {
        read(body.as_bytes(), Format::Prometheus, Limits::default()).unwrap()
    }

    fn values(head: &Head, name: &str) -> Vec<(String, f64)> {
        let all = andon_timeseries::Select::select(
            head,
            &[andon_timeseries::Matcher::metric(name)],
            Timestamp::from_ms(-1),
            Timestamp::MAX,
        );
        let last = |series: andon_timeseries::Series| {
            let value = series.samples.last().unwrap().value;
            (series.labels.to_string(), value)
        };
        all.unwrap().into_iter().map(last).collect()
    }

    #[test]
    fn a_series_lives_as_long_as_it_is_exposed() {
        let mut head = Head::default();
        let target = Labels::new([("service", "checkout"), ("instance", "c-1")]);
        let mut intake = Intake::new(&target);
        let took = Duration::from_millis(3);
        let at = Timestamp::from_ms;
        let first = rows("a{service=\"x\"} 1\nb 2\n");
        let written = intake.take(&mut head, &first, at(1000), took);
        assert!(written.contains("a") && written.contains("up"), "{written:?}");
        let own = r#"a{exported_service="x", instance="c-1", service="checkout"}"#;
        assert_eq!(values(&head, "a"), [(own.to_owned(), 1.0)]);
        assert_eq!(values(&head, "scrape_samples_scraped")[0].1, 2.0);

        intake.take(&mut head, &rows("a{service=\"x\"} 1.5\n"), at(2000), took);
        assert_eq!(values(&head, "a")[0].1, 1.5);
        assert!(andon_timeseries::is_stale(values(&head, "b")[0].1));

        intake.miss(&mut head, at(3000), took);
        assert!(andon_timeseries::is_stale(values(&head, "a")[0].1));
        assert_eq!(values(&head, "up")[0].1, 0.0);
        intake.end(&mut head, at(4000));
        assert!(andon_timeseries::is_stale(values(&head, "up")[0].1));
    }

    #[test]
    fn times_of_the_target_are_kept_unless_they_lie_in_the_future() {
        let mut head = Head::default();
        let mut intake = Intake::new(&Labels::default());
        let now = Timestamp::from_ms(10_000_000);
        let took = Duration::ZERO;
        intake.take(&mut head, &rows("a 1 9999000\nb 1 4102444800000\n"), now, took);
        let last = |name: &str| head.last(&Labels::new([(METRIC_NAME, name)]));
        assert_eq!(last("a").unwrap().at.as_ms(), 9_999_000);
        assert_eq!(last("b"), None);
        assert_eq!(intake.newly_refused(), None);
    }

    #[test]
    fn refusals_are_told_when_they_begin() {
        let mut head =
            Head::new(andon_timeseries::Limits { series_max: 3, ..andon_timeseries::Limits::default() });
        let mut intake = Intake::new(&Labels::default());
        intake.miss(&mut head, Timestamp::from_ms(1), Duration::ZERO);
        assert_eq!(intake.newly_refused(), None);
        for (ms, told) in [(2, true), (3, false)] {
            intake.take(&mut head, &rows("a 1\n"), Timestamp::from_ms(ms), Duration::ZERO);
            assert_eq!(intake.newly_refused().is_some(), told);
        }
    }
}
