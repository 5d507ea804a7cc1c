//! What a watched query says.

use andon_definitions::Bound;
use andon_promql::parse;
use andon_timeseries::{Head, Sample};
use andon_vocabulary::{Says, Timestamp, Value};

use super::world::{at, labels};
use crate::watch::read;
use crate::{Ask, Reads};

fn check(query: &str, bound: Option<Bound>, since: Option<Timestamp>, expected: Says) {
    let mut head = Head::default();
    for (second, instance, value) in [(10, 1, 0.5), (10, 2, 0.9), (20, 1, 0.2), (20, 2, 0.4)] {
        let series = labels(&format!("use{{instance=\"{instance}\"}}"));
        let sample = Sample { at: at(second), value };
        head.append(&series, sample).expect("in order");
    }
    let series = labels("odd");
    let sample = Sample { at: at(20), value: f64::NAN };
    head.append(&series, sample).expect("in order");
    let expr = parse(query).expect("a query");
    let ask = Ask::new(Reads::Samples(&head));
    assert_eq!(read(&expr, bound, since, &ask, at(25)), Ok(expected), "{query} {bound:?}");
}

fn holds(value: f64) -> Says {
    let value = Value(value);
    Says::Holds { value }
}

fn fails(value: f64) -> Says {
    let value = Value(value);
    Says::Fails { value }
}

#[test]
fn the_worst_value_speaks() {
    check("use", Some(Bound::Below(0.3)), None, fails(0.4));
    check("use", Some(Bound::Below(0.8)), None, holds(0.4));
    check("use", Some(Bound::Above(0.3)), None, fails(0.2));
    check("use", Some(Bound::Equals(0.2)), None, fails(0.4));
    check("use", None, None, holds(0.4));
    check("max(use)", Some(Bound::Below(0.8)), None, holds(0.4));
    check("1 + 1", Some(Bound::Equals(2.0)), None, holds(2.0));
    check("odd", Some(Bound::Below(1.0)), None, fails(f64::NAN));
}

#[test]
fn what_was_measured_before_counts_for_nothing() {
    check("max_over_time(use{instance=\"2\"}[1m])", None, None, holds(0.9));
    check("max_over_time(use{instance=\"2\"}[1m])", None, Some(at(10)), holds(0.4));
    check("use", Some(Bound::Below(1.0)), Some(at(20)), Says::NoData);
    check("none", Some(Bound::Below(1.0)), None, Says::NoData);
}

#[test]
fn a_query_that_gives_no_values_is_an_error() {
    let error = "use[1m] gives a range vector, not a value for each series".to_owned();
    check("use[1m]", None, None, Says::Error { error });
}
