//! The `k` best of many. Which of equals are among them, and in what order, follows from how the heap is kept: it is
//! kept as Go's `container/heap` does it, so that ties are decided as in Prometheus.

/// The worst of those that are kept is on top.
pub(super) struct Heap<T> {
    kept: Vec<(f64, T)>,
    max: usize,
    largest: bool,
}

impl<T> Heap<T> {
    /// The `max` largest, or smallest.
    pub fn new(max: usize, largest: bool) -> Heap<T> {
        Heap { kept: Vec::new(), max, largest }
    }

    pub fn offer(&mut self, value: f64, item: T) {
        if self.kept.len() < self.max {
            self.kept.push((value, item));
            self.rise();
        } else if let Some((worst, _)) = self.kept.first()
            && (self.is_worse(*worst, value) && !worst.is_nan() || worst.is_nan() && !value.is_nan())
        {
            self.kept[0] = (value, item);
            self.sink();
        }
    }

    /// In no order that means anything but to [`Heap`] itself.
    pub fn into_kept(self) -> Vec<(f64, T)> {
        self.kept
    }

    /// NaN is worse than anything.
    fn is_worse(&self, a: f64, b: f64) -> bool {
        a.is_nan() || if self.largest { a < b } else { a > b }
    }

    fn worse_at(&self, a: usize, b: usize) -> bool {
        self.is_worse(self.kept[a].0, self.kept[b].0)
    }

    /// Moves the last one up to where it belongs.
    fn rise(&mut self) {
        let mut at = self.kept.len() - 1;
        while at > 0 && self.worse_at(at, (at - 1) / 2) {
            self.kept.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    /// Moves the first one down to where it belongs.
    fn sink(&mut self) {
        let mut at = 0;
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            if left >= self.kept.len() {
                return;
            }
            let is_right = right < self.kept.len() && self.worse_at(right, left);
            let child = if is_right { right } else { left };
            if !self.worse_at(child, at) {
                return;
            }
            self.kept.swap(at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept() {
        arbtest::arbtest(|u| {
            let values: Vec<u8> = u.arbitrary()?;
            let max = u.int_in_range(0..=5)?;
            for largest in [true, false] {
                let mut heap = Heap::new(max, largest);
                values.iter().for_each(|value| heap.offer(f64::from(*value), ()));
                let mut kept: Vec<f64> = heap.into_kept().into_iter().map(|(value, ())| value).collect();
                kept.sort_by(f64::total_cmp);
                let mut sorted: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
                sorted.sort_by(f64::total_cmp);
                let count = max.min(sorted.len());
                let wanted = if largest { &sorted[sorted.len() - count..] } else { &sorted[..count] };
                assert_eq!(kept, wanted);
            }
            Ok(())
        });
    }

    #[test]
    fn nan_gives_way() {
        let mut heap = Heap::new(2, false);
        [f64::NAN, 5.0, f64::NAN, 3.0].into_iter().for_each(|value| heap.offer(value, ()));
        let mut kept: Vec<f64> = heap.into_kept().into_iter().map(|(value, ())| value).collect();
        kept.sort_by(f64::total_cmp);
        assert_eq!(kept, [3.0, 5.0]);
    }
}
