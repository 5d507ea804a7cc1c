//! Arithmetic and comparison between two vectors, one to one or many to one, as Prometheus's `VectorBinop`.

use std::mem;

use andon_timeseries::is_stale;
use andon_vocabulary::{Labels, METRIC_NAME};

use super::sides::Sides;
use crate::eval::engine::Engine;
use crate::eval::notes::Notes;
use crate::eval::rows::{NAMES, Naming, Points, Row, Rows};
use crate::eval::steps::Steps;
use crate::eval::{EvalError, Side};
use crate::node::{Binary, Grouping, Many, Op};

pub(super) fn pairs(
    engine: &Engine<'_>,
    binary: &Binary,
    (lhs, rhs): (&Rows, &Rows),
    steps: Steps,
    notes: &mut Notes,
) -> Result<Rows, EvalError> {
    let op = binary.op;
    let sides = Sides::new(lhs, rhs, &binary.matching);
    // The side with many rows is walked, the other is looked up.
    let is_swapped = matches!(binary.many, Many::Right(_));
    let (many, one, many_groups, one_groups) = if is_swapped {
        (rhs, lhs, &sides.right, &sides.left)
    } else {
        (lhs, rhs, &sides.left, &sides.right)
    };
    let ones = sides.members(one_groups);
    if ones.iter().any(|members| members.len() > 1) {
        let is_there = |step: usize| many.rows.iter().any(|row| row.points.has(step));
        let side = if is_swapped { Side::Left } else { Side::Right };
        one_each(one, one_groups, sides.groups, steps, is_there, side, &binary.matching)?;
    }
    let mut matched = Matched::new(many_groups, sides.groups, steps, &binary.many);
    let result = Labelled { binary, naming: engine.naming, many, one };
    let mut rows = Vec::with_capacity(many.rows.len());
    for (row, group) in many.rows.iter().zip(many_groups) {
        for other in ones[*group].iter().map(|place| &one.rows[*place]) {
            let (left, right) = if is_swapped { (other, row) } else { (row, other) };
            let points = combined(op, &left.points, &right.points, notes);
            if points.is_empty() {
                continue;
            }
            matched.add(*group, &points)?;
            rows.push((*group, result.row(row, other, points)));
        }
    }
    together(rows, &binary.many)
}

fn combined(op: Op, left: &Points, right: &Points, notes: &mut Notes) -> Points {
    if left.histograms.is_empty() && right.histograms.is_empty() {
        let first = left.first.max(right.first);
        let end = (left.first + left.floats.len()).min(right.first + right.floats.len());
        let mut points = Points::default();
        for step in first..end {
            let (a, b) = (left.float(step), right.float(step));
            if is_stale(a) || is_stale(b) {
                continue;
            }
            let result = op.floats(a, b);
            if !is_stale(result) {
                points.push(step, result);
            }
        }
        return points;
    }
    let mut points = Points::default();
    for (step, a) in left.numbers() {
        let result = right.at(step).and_then(|b| op.numbers(&a, &b, notes));
        result.into_iter().for_each(|number| points.push_number(step, number));
    }
    points
}

/// The side that is looked up may have one row of each group at a step, as soon as the other side has anything.
fn one_each(
    one: &Rows,
    groups: &[usize],
    count: usize,
    steps: Steps,
    is_there: impl Fn(usize) -> bool,
    side: Side,
    matching: &Grouping,
) -> Result<(), EvalError> {
    let mut seen: Vec<Option<(usize, usize)>> = vec![None; count];
    for step in 0..steps.count {
        for (place, row) in one.rows.iter().enumerate().filter(|(_, row)| row.points.has(step)) {
            let group = groups[place];
            match seen[group] {
                Some((at, first)) if at == step => {
                    if !is_there(step) {
                        break;
                    }
                    let shown = |row: &Row| shown(&row.labels, one.is_unnamed());
                    return Err(EvalError::ManyMatches {
                        side,
                        group: matched_labels(matching, &shown(row)),
                        several: Box::new([shown(row), shown(&one.rows[first])]),
                    });
                }
                _ => seen[group] = Some((step, place)),
            }
        }
    }
    Ok(())
}

fn shown(labels: &Labels, is_unnamed: bool) -> Labels {
    if is_unnamed { labels.without(NAMES) } else { labels.clone() }
}

fn matched_labels(matching: &Grouping, labels: &Labels) -> Labels {
    match matching {
        Grouping::By(on) => labels.only(&names(on)),
        Grouping::Without(ignored) => labels.without(&[names(ignored).as_slice(), &[METRIC_NAME]].concat()),
    }
}

/// One to one: which groups have given a result at which step. Groups of a single row need not be watched.
struct Matched {
    steps: Vec<Option<Vec<bool>>>,
}

impl Matched {
    fn new(groups: &[usize], count: usize, steps: Steps, many: &Many) -> Matched {
        let mut sizes = vec![0; count];
        groups.iter().for_each(|group| sizes[*group] += 1);
        let watched = |size: &usize| (*many == Many::Neither && *size > 1).then(|| vec![false; steps.count]);
        Matched { steps: sizes.iter().map(watched).collect() }
    }

    fn add(&mut self, group: usize, points: &Points) -> Result<(), EvalError> {
        let Some(steps) = &mut self.steps[group] else { return Ok(()) };
        for step in points.steps() {
            if mem::replace(&mut steps[step], true) {
                return Err(EvalError::ManyToOne);
            }
        }
        Ok(())
    }
}

fn names(labels: &[String]) -> Vec<&str> {
    labels.iter().map(String::as_str).collect()
}

/// Which labels a result gets.
struct Labelled<'a> {
    binary: &'a Binary,
    naming: Naming,
    many: &'a Rows,
    one: &'a Rows,
}

impl Labelled<'_> {
    fn row(&self, row: &Row, other: &Row, points: Points) -> Row {
        let loses_name = self.naming == Naming::Late && self.is_bool();
        Row { labels: self.labels(row, other), points, loses_name }
    }

    fn is_bool(&self) -> bool {
        matches!(self.binary.op, Op::Compare { bool_result: true, .. })
    }

    fn labels(&self, row: &Row, other: &Row) -> Labels {
        let drops_name =
            matches!(self.binary.op, Op::Math(_)) || (self.is_bool() && self.naming == Naming::Prompt);
        let dropped = if drops_name || self.many.is_unnamed() { NAMES } else { &[] };
        match (&self.binary.many, &self.binary.matching) {
            (Many::Neither, Grouping::By(on)) => {
                let kept: Vec<&str> = names(on).into_iter().filter(|name| !dropped.contains(name)).collect();
                row.labels.only(&kept)
            }
            (Many::Neither, Grouping::Without(ignored)) => {
                row.labels.without(&[names(ignored).as_slice(), dropped].concat())
            }
            (Many::Left(included) | Many::Right(included), _) => {
                let mut labels = row.labels.without(dropped);
                for name in included {
                    let is_dropped = self.one.is_unnamed() && NAMES.contains(&name.as_str());
                    let value = other.labels.get(name).filter(|_| !is_dropped);
                    labels = labels.with(name, value.unwrap_or(""));
                }
                // Results of 0 and 1 lose the name even if it was taken over.
                if self.is_bool() && drops_name { labels.without(NAMES) } else { labels }
            }
        }
    }
}

/// Results with the same labels are one row, if they never meet.
fn together(rows: Vec<(usize, Row)>, many: &Many) -> Result<Rows, EvalError> {
    let mut sorted: Vec<(&Labels, usize)> = rows.iter().map(|(group, row)| (&row.labels, *group)).collect();
    sorted.sort_unstable();
    let same_group = sorted.windows(2).any(|pair| pair[0] == pair[1]);
    let is_apart = sorted.windows(2).all(|pair| pair[0].0 != pair[1].0);
    let rows = Rows::new(rows.into_iter().map(|(_, row)| row).collect());
    if is_apart {
        return Ok(rows);
    }
    rows.merged().map_err(|error| match error {
        EvalError::SameLabels { labels } if same_group && *many != Many::Neither => {
            EvalError::GroupNotUnique { labels }
        }
        error => error,
    })
}
