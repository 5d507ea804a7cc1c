//! Which rows of two vectors meet: those that agree on the labels that are matched on.

use crate::eval::aggregate::{Key, Numbering};
use crate::eval::rows::Rows;
use crate::node::Grouping;

/// The match group of each row; rows of the same group meet.
pub(super) struct Sides {
    pub left: Vec<usize>,
    pub right: Vec<usize>,
    pub groups: usize,
}

impl Sides {
    pub fn new(left: &Rows, right: &Rows, matching: &Grouping) -> Sides {
        let mut numbering = Numbering::default();
        let left_key = Key::of(matching, left.is_unnamed());
        let right_key = Key::of(matching, right.is_unnamed());
        let left: Vec<usize> = left.rows.iter().map(|row| numbering.number(&left_key, &row.labels)).collect();
        let right: Vec<usize> =
            right.rows.iter().map(|row| numbering.number(&right_key, &row.labels)).collect();
        let groups = left.iter().chain(&right).max().map_or(0, |most| most + 1);
        Sides { left, right, groups }
    }

    /// The rows of each group.
    pub fn members(&self, of: &[usize]) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.groups];
        of.iter().enumerate().for_each(|(row, group)| members[*group].push(row));
        members
    }
}
