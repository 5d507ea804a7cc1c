//! `and`, `or` and `unless`: many to many, looking at labels and at what is there, not at values.

use crate::eval::EvalError;
use crate::eval::rows::{Row, Rows};
use crate::node::{Grouping, Set};

use super::sides::Sides;

pub(super) fn set(set: Set, lhs: Rows, rhs: Rows, matching: &Grouping) -> Result<Rows, EvalError> {
    let sides = Sides::new(&lhs, &rhs, matching);
    match set {
        Set::And | Set::Unless => {
            let members = sides.members(&sides.right);
            let wanted = set == Set::And;
            let mut kept = lhs;
            for (row, group) in kept.rows.iter_mut().zip(&sides.left) {
                let others: Vec<&Row> = members[*group].iter().map(|row| &rhs.rows[*row]).collect();
                row.points.keep(|step| others.iter().any(|other| other.points.has(step)) == wanted);
            }
            Ok(kept.pruned())
        }
        Set::Or => {
            let members = sides.members(&sides.left);
            let mut added = rhs;
            for (row, group) in added.rows.iter_mut().zip(&sides.right) {
                let others: Vec<&Row> = members[*group].iter().map(|row| &lhs.rows[*row]).collect();
                row.points.keep(|step| !others.iter().any(|other| other.points.has(step)));
            }
            let added = added.pruned().settled();
            let mut all = lhs.settled();
            all.extend(added);
            Rows::new(all).merged()
        }
    }
}
