//! Sums and means that do not lose small numbers beside large ones.

/// Kahan's summation as improved by Neumaier, as Prometheus sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    pub fn add(&mut self, value: f64) {
        let total = self.total + value;
        if total.is_infinite() {
            self.lost = 0.0;
        } else if self.total.abs() >= value.abs() {
            self.lost += (self.total - total) + value;
        } else {
            self.lost += (value - total) + self.total;
        }
        self.total = total;
    }

    pub fn starting(value: f64) -> Sum {
        Sum { total: value, lost: 0.0 }
    }

    pub fn value(&self) -> f64 {
        self.total + self.lost
    }

    fn scaled(self, by: impl Fn(f64) -> f64) -> Sum {
        Sum { total: by(self.total), lost: by(self.lost) }
    }
}

pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    values.for_each(|value| sum.add(value));
    sum.value()
}

/// The mean of values that are given one after another. Where their sum overflows, it is built up from parts that do
/// not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    count: f64,
    /// Of all values; or the mean so far, once the sum would have overflowed.
    sum: Sum,
    is_incremental: bool,
}

impl Mean {
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        if self.count == 1.0 {
            self.sum = Sum::starting(value);
            return;
        }
        if !self.is_incremental {
            let mut next = self.sum;
            next.add(value);
            if !next.total.is_infinite() {
                self.sum = next;
                return;
            }
            self.is_incremental = true;
            self.sum = self.sum.scaled(|part| part / (self.count - 1.0));
        }
        let share = (self.count - 1.0) / self.count;
        self.sum = self.sum.scaled(|part| share * part);
        self.sum.add(value / self.count);
    }

    /// NaN for nothing.
    pub fn value(&self) -> f64 {
        if self.is_incremental {
            self.sum.value()
        } else {
            self.sum.total / self.count + self.sum.lost / self.count
        }
    }
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut mean = Mean::default();
    values.for_each(|value| mean.add(value));
    mean.value()
}

/// The population variance (Welford), NaN for nothing or anything infinite.
pub(crate) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let mut count = 0.0;
    let mut mean = Sum::default();
    let mut squares = Sum::default();
    for value in values {
        count += 1.0;
        let delta = value - mean.value();
        mean.add(delta / count);
        squares.add(delta * (value - mean.value()));
    }
    squares.value() / count
}

/// The q-quantile with linear interpolation between neighbours; NaN sorts first.
pub(crate) fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_unstable_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_survive_large_ones() {
        assert_eq!(sum([1e100, 1.0, -1e100].into_iter()), 1.0);
        assert_eq!(sum([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(sum([f64::INFINITY, f64::NEG_INFINITY].into_iter()).is_nan());
    }

    #[test]
    fn a_mean_does_not_overflow() {
        assert_eq!(mean([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        assert_eq!(mean([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(mean([f64::NAN, 1.0].into_iter()).is_nan());
        assert_eq!(mean([1.0, 2.0, 6.0].into_iter()), 3.0);
    }
}
