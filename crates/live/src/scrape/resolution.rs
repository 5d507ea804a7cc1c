//! Native histograms that have more buckets than a job wants: coarser, until they fit.

use std::sync::Arc;

use andon_timeseries::{Histogram, Layout};

/// Halves the resolution until no more than `limit` buckets are populated. None: even the coarsest has more, or its
/// bounds are its own.
pub fn fitted(histogram: &Arc<Histogram>, limit: u64) -> Option<Arc<Histogram>> {
    let buckets = |one: &Histogram| (one.positive.0.len() + one.negative.0.len()) as u64;
    if buckets(histogram) <= limit {
        return Some(histogram.clone());
    }
    let mut coarser = Histogram::clone(histogram);
    while buckets(&coarser) > limit {
        let Layout::Exponential(schema) = coarser.layout else { return None };
        if schema <= *Layout::SCHEMAS.start() {
            return None;
        }
        coarser.reduce(schema - 1);
    }
    Some(Arc::new(coarser))
}

#[cfg(test)]
mod tests {
    use andon_timeseries::{Buckets, Reset};

    use super::*;

    fn histogram(layout: Layout, indexes: impl IntoIterator<Item = i32>) -> Arc<Histogram> {
        let positive = Buckets(indexes.into_iter().map(|index| (index, 1.0)).collect());
        Arc::new(Histogram {
            reset: Reset::Unknown,
            layout,
            zero_threshold: 0.0,
            zero_count: 0.0,
            count: positive.0.len() as f64,
            sum: 7.0,
            positive,
            negative: Buckets::default(),
        })
    }

    #[test]
    fn a_histogram_becomes_coarser_until_it_fits() {
        let fine = histogram(Layout::Exponential(3), 1..17);
        let same = fitted(&fine, 16).unwrap();
        assert!(Arc::ptr_eq(&same, &fine), "what fits stays as it is");
        let coarser = fitted(&fine, 5).unwrap();
        assert_eq!(coarser.layout, Layout::Exponential(1));
        assert_eq!(coarser.positive.0, [(1, 4.0), (2, 4.0), (3, 4.0), (4, 4.0)]);
        assert_eq!((coarser.count, coarser.sum), (16.0, 7.0));
    }

    #[test]
    fn what_cannot_become_coarser_is_refused() {
        let wide = histogram(Layout::Exponential(-4), [-63, 0, 64]);
        assert_eq!(fitted(&wide, 2), None);
        let own = histogram(Layout::Custom([1.0, 2.0, 3.0].into()), 0..3);
        assert_eq!(fitted(&own, 2), None);
        assert!(fitted(&own, 3).is_some());
    }
}
