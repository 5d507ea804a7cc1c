//! The times at which a query is evaluated. All times are milliseconds.

use crate::node::{At, When};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub first: i64,
    /// Above zero; or zero, if the same time is looked at again and again.
    pub step: i64,
    pub count: usize,
}

impl Steps {
    pub fn once(at: i64) -> Steps {
        Steps { first: at, step: 1, count: 1 }
    }

    /// `first`, and every step after it up to `last`.
    pub fn between(first: i64, last: i64, step: i64) -> Steps {
        let steps = (i128::from(last) - i128::from(first)).div_euclid(i128::from(step)) + 1;
        Steps { first, step, count: usize::try_from(steps.max(0)).unwrap_or(usize::MAX) }
    }

    pub fn at(&self, step: usize) -> i64 {
        self.first.saturating_add(self.step.saturating_mul(i64::try_from(step).unwrap_or(i64::MAX)))
    }

    /// The first one alone, if there is any.
    pub fn only_first(self) -> Steps {
        Steps { count: self.count.min(1), ..self }
    }

    pub fn last(&self) -> i64 {
        self.at(self.count.saturating_sub(1))
    }

    pub fn iter(self) -> impl Iterator<Item = i64> {
        let mut next = self.first;
        (0..self.count).map(move |_| {
            let now = next;
            next = next.saturating_add(self.step);
            now
        })
    }
}

/// What `@ start()` and `@ end()` mean: the first and the last time of the whole query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub start: i64,
    pub end: i64,
}

impl Bounds {
    /// The times that are looked at when evaluated at these.
    pub fn references(&self, when: When, steps: Steps) -> Steps {
        let (base, step) = match when.at {
            None => (steps.first, steps.step),
            Some(At::Time(time)) => (time, 0),
            Some(At::Start) => (self.start, 0),
            Some(At::End) => (self.end, 0),
        };
        Steps { first: base.saturating_sub(when.offset), step, count: steps.count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_included() {
        let steps = |first, last, step| Steps::between(first, last, step).iter().collect::<Vec<_>>();
        assert_eq!(steps(0, 20, 10), [0, 10, 20]);
        assert_eq!(steps(5, 24, 10), [5, 15]);
        assert!(steps(5, 4, 10).is_empty());
        assert_eq!(Steps::between(i64::MIN, i64::MAX, 1).count, usize::MAX);
    }
}
