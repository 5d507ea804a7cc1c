//! The texts of all annotations: one table. The words are Prometheus's (`util/annotations/annotations.go`), since people
//! search for them.

use andon_timeseries::Mismatch;

use super::{Annotations, Level, Place};
use crate::display::number;

/// What is said of one series while a part of a query is evaluated.
#[derive(Debug)]
pub(crate) struct Notes<'a> {
    /// Where the argument stands that is spoken of.
    pub place: Option<Place>,
    /// The metric that the samples belong to; "" where it has no name any more.
    pub metric: &'a str,
    pub annotations: Annotations,
}

impl<'a> Notes<'a> {
    pub fn at(place: Option<Place>) -> Notes<'a> {
        Notes { place, metric: "", annotations: Annotations::default() }
    }

    fn warn(&mut self, text: String) {
        self.annotations.add(Level::Warning, text, self.place);
    }

    fn inform(&mut self, text: String) {
        self.annotations.add(Level::Info, text, self.place);
    }

    pub fn quantile_out_of_range(&mut self, q: f64) {
        self.warn(format!("quantile value should be between 0 and 1, got {}", number(q)));
    }

    pub fn ratio_out_of_range(&mut self, ratio: f64, capped: f64) {
        self.warn(format!(
            "ratio value should be between -1 and 1, got {}, capping to {}",
            number(ratio),
            number(capped)
        ));
    }

    pub fn bad_bucket_label(&mut self, metric: &str, le: &str) {
        self.warn(format!(
            "bucket label \"le\" is missing or has a malformed value of {le:?} for metric name {metric:?}"
        ));
    }

    pub fn mixed_floats_histograms(&mut self) {
        self.warn(format!("encountered a mix of histograms and floats for metric name {:?}", self.metric));
    }

    pub fn mixed_in_aggregation(&mut self) {
        self.warn("encountered a mix of histograms and floats for aggregation".to_owned());
    }

    pub fn mixed_classic_native(&mut self, metric: &str) {
        self.warn(format!(
            "vector contains a mix of classic and native histograms for metric name {metric:?}"
        ));
    }

    pub fn not_a_counter(&mut self) {
        self.warn(format!("this native histogram metric is not a counter: {:?}", self.metric));
    }

    pub fn not_a_gauge(&mut self) {
        self.warn(format!("this native histogram metric is not a gauge: {:?}", self.metric));
    }

    /// Two histograms of one series, or of one group, that cannot be calculated with together.
    pub fn mismatch(&mut self, mismatch: Mismatch) {
        self.warn(match mismatch {
            Mismatch::Layouts => format!(
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {:?}",
                self.metric
            ),
            Mismatch::Bounds => format!(
                "vector contains histograms with incompatible custom buckets for metric name {:?}",
                self.metric
            ),
        });
    }

    pub fn mismatch_in_operator(&mut self, operator: &str) {
        self.warn(format!("incompatible bucket layout encountered for binary operator {operator}"));
    }

    pub fn possible_non_counter(&mut self, name: &str) {
        self.inform(format!(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {name:?}"
        ));
    }

    pub fn forced_monotonicity(&mut self) {
        self.inform(format!(
            "input to histogram_quantile needed to be fixed for monotonicity (see \
             https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name {:?}",
            self.metric
        ));
    }

    /// `lhs` and `rhs` are "float" or "histogram".
    pub fn incompatible_types(&mut self, lhs: &str, operator: &str, rhs: &str) {
        self.inform(format!(
            "incompatible sample types encountered for binary operator {operator:?}: {lhs} {operator} {rhs}"
        ));
    }

    pub fn ignored_in_aggregation(&mut self, aggregation: &str) {
        self.inform(format!("ignored histogram in {aggregation} aggregation"));
    }

    pub fn ignored_in_mixed_range(&mut self) {
        self.inform(format!(
            "ignored histograms in a range containing both floats and histograms for metric name {:?}",
            self.metric
        ));
    }

    pub fn quantile_is_nan(&mut self) {
        self.inform(format!(
            "input to histogram_quantile has NaN observations, result is NaN for metric name {:?}",
            self.metric
        ));
    }

    pub fn quantile_is_skewed(&mut self) {
        self.inform(format!(
            "input to histogram_quantile has NaN observations, result is skewed higher for metric name {:?}",
            self.metric
        ));
    }

    pub fn fraction_without_nans(&mut self) {
        self.inform(format!(
            "input to histogram_fraction has NaN observations, which are excluded from all fractions for metric name {:?}",
            self.metric
        ));
    }
}
