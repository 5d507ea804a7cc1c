//! The order in which Alertmanager lists alerts and groups: in its answers, and in what receivers are told.

use std::cmp::Ordering;

use andon_vocabulary::Labels;

/// The order of alerts in a group: by job, by instance, by all labels; who lacks one of the two comes after.
pub fn of_alerts(a: &Labels, b: &Labels) -> Ordering {
    let by = |name: &str| match (a.get(name), b.get(name)) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    by("job").then_with(|| by("instance")).then_with(|| of_label_sets(a, b))
}

/// The order of label sets in Prometheus's common model: fewer come first; of as many, who lacks the first name that
/// not both have, or has the smaller of the first values that differ.
pub fn of_label_sets(a: &Labels, b: &Labels) -> Ordering {
    let differs = |((name_a, value_a), (name_b, value_b)): ((&str, &str), (&str, &str))| {
        let order = name_b.cmp(name_a).then_with(|| value_a.cmp(value_b));
        (order != Ordering::Equal).then_some(order)
    };
    a.len().cmp(&b.len()).then_with(|| a.iter().zip(b.iter()).find_map(differs).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_sets_are_ordered_as_in_the_common_model() {
        let set = |pairs: &[(&str, &str)]| Labels::new(pairs.iter().copied());
        let ordered = [
            set(&[("z", "1")]),
            set(&[("b", "1"), ("c", "1")]),
            set(&[("a", "1"), ("d", "1")]),
            set(&[("a", "1"), ("c", "1")]),
            set(&[("a", "1"), ("c", "2")]),
            set(&[("a", "2"), ("c", "1")]),
        ];
        assert!(ordered.windows(2).all(|pair| of_label_sets(&pair[0], &pair[1]) == Ordering::Less));
        let (with, without) = (set(&[("job", "x"), ("q", "1"), ("r", "1")]), set(&[("a", "1")]));
        assert_eq!(of_alerts(&with, &without), Ordering::Less);
    }
}
