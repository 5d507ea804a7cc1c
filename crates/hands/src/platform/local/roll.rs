//! Which instance moves next: missing ones start and surplus ones stop at once, outdated ones are replaced one by
//! one. A version that does not get ready thus costs one instance, and the others go on serving.

use super::view::View;

/// The numbers of the instances that should now turn to what is wanted of them.
pub fn next(view: &View) -> Vec<u32> {
    let mut moves: Vec<u32> = (1..=view.count)
        .filter(|n| !view.instances.iter().any(|spot| spot.n == *n && spot.seen.target.is_some()))
        .collect();
    let wanted = || view.instances.iter().filter(|spot| spot.n <= view.count);
    // One that has been ready before and is not now is ill, not new: it must not keep others from being replaced.
    let arriving = wanted().any(|spot| spot.current && !spot.seen.settled);
    if !arriving && moves.is_empty() {
        let outdated = wanted().filter(|spot| !spot.current);
        // First those that serve nobody anyway.
        moves.extend(outdated.min_by_key(|spot| (spot.seen.ready, spot.n)).map(|spot| spot.n));
    }
    moves.extend(view.instances.iter().filter(|spot| spot.n > view.count).map(|spot| spot.n));
    moves
}

#[cfg(test)]
mod tests {
    use crate::platform::local::desired::Target;
    use crate::platform::local::view::Spot;
    use crate::platform::local::view::tests::spot;

    use super::*;

    fn moves(count: u32, spots: &[(u32, bool, bool)]) -> Vec<u32> {
        let running = |(n, current, ready): &(u32, bool, bool)| {
            let mut spot: Spot = spot(*n, *current, *ready);
            spot.seen.target = Some(Target { version: "v41".into(), generation: 1 });
            spot
        };
        next(&View {
            service: "checkout".into(),
            version: "v41".into(),
            previous: None,
            count,
            instances: spots.iter().map(running).collect(),
        })
    }

    #[test]
    fn missing_instances_start_together_and_surplus_ones_stop() {
        assert_eq!(moves(3, &[]), [1, 2, 3]);
        assert_eq!(moves(1, &[(1, true, true), (2, true, true), (3, true, true)]), [2, 3]);
    }

    #[test]
    fn outdated_ones_go_one_by_one_each_after_the_other_is_ready() {
        assert_eq!(moves(3, &[(1, false, true), (2, false, true), (3, false, true)]), [1]);
        assert_eq!(moves(3, &[(1, true, false), (2, false, true), (3, false, true)]), [0; 0]);
        assert_eq!(moves(3, &[(1, true, true), (2, false, true), (3, false, true)]), [2]);
        assert_eq!(moves(3, &[(1, true, true), (2, true, true), (3, true, true)]), [0; 0]);
    }

    #[test]
    fn the_one_that_serves_nobody_goes_first() {
        assert_eq!(moves(3, &[(1, false, true), (2, false, false), (3, false, true)]), [2]);
    }
}
