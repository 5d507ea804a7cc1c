//! The recent past in memory: bounded in age, in series, and in samples of each series.
//!
//! How a head and a disk share the samples is told in [`handover`].

mod arrivals;
mod cardinality;
mod handover;
mod late;
mod limits;
mod open;
mod series;
mod slots;
mod take;

use std::collections::BTreeSet;

use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use crate::exemplar::Exemplars;
use crate::index::{Id, Index};
use crate::metadata::Descriptions;
use crate::{Exemplar, Found, HistogramSample, Matcher, Metadata, Sample, Select, SelectError, Wanted};
use arrivals::Arrivals;
pub use cardinality::{Cardinality, Counted};
use cardinality::{Groups, Member};
pub use limits::{AppendError, Limits, RestoreError, Tenants};
use series::{Change, Gate, Remembered};
use slots::Slots;
pub use take::Taken;

/// A handle that spares the look-up by labels. Never used twice: once its series has been forgotten it says
/// [`AppendError::Gone`], and the holder asks for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesRef(Id);

impl SeriesRef {
    /// For logs, which name a series once and then by its number.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// What a head holds at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    pub series: usize,
    pub samples: usize,
    /// Bytes of the samples and their chunks, without labels and index.
    pub sample_bytes: usize,
    /// The times of the oldest and the newest sample.
    pub span: Option<(Timestamp, Timestamp)>,
}

#[derive(Debug)]
pub struct Head {
    limits: Limits,
    series: Slots,
    index: Index,
    targets: Groups,
    tenants: Groups,
    exemplars: Exemplars,
    descriptions: Descriptions,
    /// In-order samples before this are in blocks.
    floor: Timestamp,
    /// The end of the block that is being written.
    closing: Option<Timestamp>,
    /// Nothing later is taken.
    latest: Timestamp,
    stats: Stats,
    arrivals: Arrivals,
    /// New series refused because there were too many in all.
    refused: u64,
}

impl Default for Head {
    fn default() -> Self {
        Head::new(Limits::default())
    }
}

const BEFORE_ALL: Timestamp = Timestamp::from_ms(i64::MIN);

impl Head {
    pub fn new(limits: Limits) -> Head {
        Head {
            index: Index::new(limits.seed),
            limits,
            series: Slots::default(),
            targets: Groups::default(),
            tenants: Groups::default(),
            exemplars: Exemplars::default(),
            descriptions: Descriptions::default(),
            floor: BEFORE_ALL,
            closing: None,
            latest: Timestamp::from_ms(i64::MAX),
            stats: Stats::default(),
            arrivals: Arrivals::default(),
            refused: 0,
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// From now on samples that are much later than this are refused. A head that is never told takes any.
    pub fn tell_time(&mut self, now: Timestamp) {
        self.latest = now + self.limits.ahead_max;
    }

    /// The handle of this series, which is made if need be.
    pub fn series(&mut self, labels: &Labels) -> Result<SeriesRef, AppendError> {
        self.series_of(None, labels)
    }

    /// As [`Head::series`]; a new series counts towards the limit of this target.
    pub fn series_of(&mut self, target: Option<&str>, labels: &Labels) -> Result<SeriesRef, AppendError> {
        if let Some(known) = self.find_id(labels) {
            return Ok(SeriesRef(known));
        }
        let max = self.limits.series_max;
        let Some(id) = self.series.next_id().filter(|_| self.series.len() < max) else {
            self.refused += 1;
            return Err(AppendError::SeriesLimit { max });
        };
        let member = self.admit(target, labels)?;
        self.series.push(Remembered::new(labels.clone(), member));
        let series = &self.series;
        self.index.insert(id, labels, |id| labels_of(series, id));
        self.stats.series += 1;
        Ok(SeriesRef(id))
    }

    fn admit(&mut self, target: Option<&str>, labels: &Labels) -> Result<Member, AppendError> {
        let mut member = Member::default();
        if let Some(target) = target {
            let max = self.limits.series_per_target_max;
            let group = self.targets.join(target, max).ok_or(AppendError::TargetLimit { max })?;
            member.target = Some(group);
        }
        let tenants = self.limits.tenants.as_ref();
        if let Some((tenants, tenant)) =
            tenants.and_then(|tenants| Some((tenants, labels.get(&tenants.label)?)))
        {
            let max = tenants.series_max;
            let Some(group) = self.tenants.join(tenant, max) else {
                member.target.into_iter().for_each(|target| self.targets.leave(target));
                return Err(AppendError::TenantLimit { max });
            };
            member.tenant = Some(group);
        }
        Ok(member)
    }

    fn find_id(&self, labels: &Labels) -> Option<Id> {
        self.index.get(labels, |id| labels_of(&self.series, id))
    }

    pub fn append(&mut self, labels: &Labels, sample: Sample) -> Result<SeriesRef, AppendError> {
        let series = self.series(labels)?;
        self.append_ref(series, sample).map(|()| series)
    }

    /// The same value at the same time again is taken silently, as Prometheus does.
    pub fn append_ref(&mut self, series: SeriesRef, sample: Sample) -> Result<(), AppendError> {
        let gate = self.gate();
        let remembered = self.series.get_mut(series.0).ok_or(AppendError::Gone)?;
        let change = remembered.append(sample, &gate)?;
        self.account(change, sample.at);
        Ok(())
    }

    /// Brings some dozen series that get samples next into the processor's cache. They lie all over the memory, which
    /// answers many questions in the time that it takes for one, but only if nothing waits for the answers: appends,
    /// one after the other, do.
    pub fn expect(&self, series: impl Iterator<Item = SeriesRef>) {
        let there = series.filter_map(|series| self.series.get(series.0));
        std::hint::black_box(there.fold(0, |bits, series| bits ^ series.glance()));
    }

    /// As [`Head::append_ref`]. The marker that ends a series of histograms is an ordinary stale sample.
    pub fn append_histogram(
        &mut self,
        series: SeriesRef,
        sample: HistogramSample,
    ) -> Result<(), AppendError> {
        let gate = self.gate();
        let at = sample.at;
        let remembered = self.series.get_mut(series.0).ok_or(AppendError::Gone)?;
        let change = remembered.append_histogram(sample, &gate)?;
        self.account(change, at);
        Ok(())
    }

    fn gate(&self) -> Gate {
        Gate {
            floor: self.floor,
            closing: self.closing.unwrap_or(BEFORE_ALL),
            latest: self.latest,
            late_max: self.limits.late_max,
            samples_max: self.limits.samples_per_series_max,
        }
    }

    fn account(&mut self, change: Change, at: Timestamp) {
        self.stats.samples = self.stats.samples.saturating_add_signed(change.samples);
        self.stats.sample_bytes = self.stats.sample_bytes.saturating_add_signed(change.bytes);
        let (first, last) = self.stats.span.unwrap_or((at, at));
        self.stats.span = Some((first.min(at), last.max(at)));
        self.arrivals.count(at);
    }

    /// Forgets chunks that lie wholly before the window, and series that have nothing left.
    pub fn gc(&mut self, now: Timestamp) {
        self.forget_before(now - self.limits.window);
    }

    fn forget_before(&mut self, oldest: Timestamp) {
        self.sweep(|series| series.forget_before(oldest));
    }

    /// Tidies every series, forgets those that have nothing left, and counts the others. In one pass: a million series
    /// lie all over the memory, and everybody waits.
    fn sweep(&mut self, tidy: impl Fn(&mut Remembered)) {
        let (targets, tenants) = (&mut self.targets, &mut self.tenants);
        let mut gone = Vec::new();
        let mut stats = Stats::default();
        let tidied = |series: &mut Remembered| {
            tidy(series);
            if !series.is_empty() {
                stats.series += 1;
                stats.samples += series.samples as usize;
                stats.sample_bytes += series.size();
                if let (Some(first), Some(last)) = (series.first_at(), series.last_at()) {
                    let (from, to) = stats.span.unwrap_or((first, last));
                    stats.span = Some((from.min(first), to.max(last)));
                }
            }
            series.is_empty()
        };
        self.series.remove(tidied, |id, series| {
            series.member.target.into_iter().for_each(|group| targets.leave(group));
            series.member.tenant.into_iter().for_each(|group| tenants.leave(group));
            gone.push(id);
        });
        if !gone.is_empty() {
            let series = &self.series;
            self.index.retain(|id| series.get(id).is_some());
            self.exemplars.forget(&gone);
        }
        self.stats = stats;
    }

    /// Forgets the samples of these times, both included, of every series that fulfils all conditions; says how many
    /// series that were.
    pub fn delete(&mut self, matchers: &[Matcher], from: Timestamp, to: Timestamp) -> usize {
        let found = self.matching(matchers);
        for SeriesRef(id) in &found {
            if let Some(series) = self.series.get_mut(*id) {
                series.delete(from, to, self.floor);
            }
        }
        self.sweep(|_| {});
        found.len()
    }

    pub fn metric_names(&self) -> BTreeSet<String> {
        self.label_values(METRIC_NAME)
    }

    pub fn label_names(&self) -> BTreeSet<String> {
        self.index.postings().names().map(str::to_owned).collect()
    }

    pub fn label_values(&self, name: &str) -> BTreeSet<String> {
        self.index.postings().values(name).map(str::to_owned).collect()
    }

    pub fn labels(&self, series: SeriesRef) -> Option<&Labels> {
        self.series.get(series.0).map(|series| &series.labels)
    }

    /// The newest sample of a series, staleness marker or not; of histograms only the marker.
    pub fn last(&self, labels: &Labels) -> Option<Sample> {
        self.series.get(self.find_id(labels)?)?.last()
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// How many chunks there are, open ones too. It asks every series.
    pub fn chunks(&self) -> usize {
        let of = |series: &Remembered| series.sealed.len() + usize::from(series.open.is_some());
        self.series.iter().map(|(_, series)| of(series)).sum()
    }

    /// Where the series come from, and who was refused; the first `most` of each list.
    pub fn cardinality(&self, most: usize) -> Cardinality {
        Cardinality {
            series: self.series.len(),
            targets: self.targets.top(most),
            tenants: self.tenants.top(most),
            refused: self.refused,
            ..Cardinality::of(&self.index, most)
        }
    }

    pub fn exemplar(&mut self, series: SeriesRef, exemplar: Exemplar) -> Result<(), AppendError> {
        self.series.get(series.0).ok_or(AppendError::Gone)?;
        self.exemplars.add(series.0, exemplar, self.limits.exemplars_max)
    }

    /// The exemplars of these times, both included, of each series that fulfils all conditions; ordered by labels.
    pub fn exemplars(
        &self,
        matchers: &[Matcher],
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Labels, Vec<Exemplar>)> {
        let found = self
            .matching(matchers)
            .into_iter()
            .map(|SeriesRef(id)| (labels_of(&self.series, id).clone(), self.exemplars.between(id, from, to)));
        found.filter(|(_, exemplars)| !exemplars.is_empty()).collect()
    }

    /// Whether that says anything new of the metric.
    pub fn describe(&mut self, metric: &str, metadata: Metadata) -> Result<bool, AppendError> {
        self.descriptions.set(metric, metadata, self.limits.metadata_max)
    }

    pub fn metadata(&self, metric: &str) -> Option<&Metadata> {
        self.descriptions.get(metric)
    }

    /// All that is known, by metric.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&str, &Metadata)> {
        self.descriptions.iter()
    }

    /// The series that fulfil all conditions and have something in the stretch. Owned, and cheap: what is sealed is
    /// shared.
    pub fn take(&self, wanted: Wanted<'_>) -> Taken {
        self.take_of(&self.matching(wanted.matchers), wanted.from, wanted.to)
    }

    /// The series that fulfil all conditions, ordered by labels.
    pub fn matching(&self, matchers: &[Matcher]) -> Vec<SeriesRef> {
        let ids = self.index.find(matchers, || self.series.ids(), |id| labels_of(&self.series, id));
        ids.into_iter().map(SeriesRef).collect()
    }

    /// [`Head::take`] of some of the series that fulfil the conditions, for whoever takes on several threads.
    pub fn take_of(&self, series: &[SeriesRef], from: Timestamp, to: Timestamp) -> Taken {
        self.gathered(series, from, to, true)
    }

    fn gathered(&self, series: &[SeriesRef], from: Timestamp, to: Timestamp, next_too: bool) -> Taken {
        let mut taken = Taken::new(from, to, self.block_end(), series.len());
        let there = series.iter().filter_map(|series| self.series.get(series.0));
        there.for_each(|series| taken.add(series, next_too));
        taken
    }
}

fn labels_of(series: &Slots, id: Id) -> &Labels {
    &series.get(id).expect("the index names only series that are there").labels
}

impl Select for Head {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        Ok(Box::new(self.take(wanted)))
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
