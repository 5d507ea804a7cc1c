//! Which span of time is answered by which blocks: every sample where there is every sample, else the finest there is.

use andon_vocabulary::Timestamp;

use crate::block::Resolution;

/// Times later than the first and not later than the second.
pub type Stretch = (Timestamp, Timestamp);

/// What is left of `whole` without these.
pub fn without(whole: Stretch, covered: &[Stretch]) -> Vec<Stretch> {
    let mut covered: Vec<Stretch> = covered.to_vec();
    covered.sort();
    let (mut from, to) = whole;
    let mut left = Vec::new();
    for (start, end) in covered {
        if start > from && from < to {
            left.push((from, start.min(to)));
        }
        from = from.max(end);
    }
    if from < to {
        left.push((from, to));
    }
    left
}

/// The stretches that a block answers for, among what is wanted. `finer` says what finer ones cover.
pub fn answered(
    wanted: Stretch,
    own: Stretch,
    resolution: Resolution,
    finer: impl Fn(Resolution) -> Vec<Stretch>,
) -> Vec<Stretch> {
    let both = (wanted.0.max(own.0), wanted.1.min(own.1));
    if both.0 >= both.1 {
        return Vec::new();
    }
    let covered: Vec<Stretch> =
        Resolution::ALL.into_iter().filter(|other| *other < resolution).flat_map(finer).collect();
    without(both, &covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_is_left() {
        let at = Timestamp::from_ms;
        let span = |from, to| (at(from), at(to));
        assert_eq!(without(span(0, 10), &[]), [span(0, 10)]);
        assert_eq!(without(span(0, 10), &[span(-5, 2), span(8, 20)]), [span(2, 8)]);
        assert_eq!(without(span(0, 10), &[span(5, 6), span(2, 3)]), [span(0, 2), span(3, 5), span(6, 10)]);
        assert_eq!(without(span(0, 10), &[span(4, 12), span(-1, 4)]), []);
        assert_eq!(without(span(0, 10), &[span(20, 30)]), [span(0, 10)]);
    }
}
