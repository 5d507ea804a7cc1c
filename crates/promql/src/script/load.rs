//! `load 1m` and `load_with_nhcb 1m`: series into the world, one point a step from zero on.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_timeseries::{BadClassic, Classic};
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

use super::text::{duration, word};
use super::{Command, Failure, Line, Point, World, points, series};

/// The label that holds a classic bucket's upper bound.
const LE: &str = "le";

pub(super) fn load(world: &mut World, command: &Command) -> Result<(), Failure> {
    let (verb, step) = word(command.head.text);
    let with_native = match verb {
        "load" => false,
        "load_with_nhcb" => true,
        _ => return Err(command.head.fails("write `load 1m` or `load_with_nhcb 1m`".to_owned())),
    };
    let step = duration(step).map_err(|why| command.head.fails(why))?;
    let mut given: BTreeMap<Labels, (Line, Vec<Point>)> = BTreeMap::new();
    for line in &command.body {
        let (labels, rest) = series(line.text).map_err(|error| line.fails(error.to_string()))?;
        let points = points(rest).map_err(|error| line.fails(error.to_string()))?;
        given.insert(labels, (*line, points));
    }
    for (labels, (line, points)) in &given {
        for (point, index) in points.iter().zip(0..) {
            let at = Timestamp::from_ms(step.saturating_mul(index));
            world.put(labels, at, point).map_err(|error| line.fails(error.to_string()))?;
        }
    }
    if with_native {
        add_native(world, &given, step).map_err(|why| command.head.fails(why))?;
    }
    Ok(())
}

/// What the series of one classic histogram say of it, step by step.
type Steps = BTreeMap<i64, Classic>;

/// Makes a native histogram with custom bounds of each classic one, in a series of the base name.
fn add_native(
    world: &mut World,
    given: &BTreeMap<Labels, (Line, Vec<Point>)>,
    step: i64,
) -> Result<(), String> {
    let mut found: BTreeMap<Labels, Steps> = BTreeMap::new();
    for (labels, (_, points)) in given {
        let Some((base, part)) = part_of(labels) else { continue };
        let steps = found.entry(labels.with(METRIC_NAME, base).without(&[LE])).or_default();
        for (point, index) in points.iter().zip(0..) {
            let Point::Float(value) = *point else { continue };
            let classic = steps.entry(index).or_default();
            part.tell(classic, value).map_err(|error| format!("{labels}: {error}"))?;
        }
    }
    for (labels, steps) in found {
        for (index, classic) in steps {
            let histogram = classic.convert().map_err(|error| format!("{labels}: {error}"))?;
            let at = Timestamp::from_ms(step.saturating_mul(index));
            let point = Point::Histogram(Arc::new(histogram));
            world.put(&labels, at, &point).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Which of a classic histogram's series one is.
#[derive(Clone, Copy)]
enum Part {
    Bucket(f64),
    Count,
    Sum,
}

impl Part {
    fn tell(self, classic: &mut Classic, value: f64) -> Result<(), BadClassic> {
        match self {
            Part::Bucket(le) => classic.bucket(le, value),
            Part::Count => classic.count(value),
            Part::Sum => {
                classic.sum(value);
                Ok(())
            }
        }
    }
}

fn part_of(labels: &Labels) -> Option<(&str, Part)> {
    let name = labels.name();
    if let Some(base) = name.strip_suffix("_bucket") {
        let le: f64 = labels.get(LE)?.parse().ok()?;
        return (!le.is_nan()).then_some((base, Part::Bucket(le)));
    }
    let count = name.strip_suffix("_count").map(|base| (base, Part::Count));
    count.or_else(|| name.strip_suffix("_sum").map(|base| (base, Part::Sum)))
}
