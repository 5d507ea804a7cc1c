//! Sets of series as ascending numbers: what postings are made of, and how they meet.

/// A series' number within a head: given out in ascending order, never twice.
pub type Id = u32;

/// Most values of a label that has many belong to one series, which takes no allocation.
#[derive(Debug)]
pub enum Ids {
    One(Id),
    #[expect(clippy::box_collection, reason = "there are few of these and a million of the others")]
    Many(Box<Vec<Id>>),
}

impl Ids {
    pub fn as_slice(&self) -> &[Id] {
        match self {
            Ids::One(id) => std::slice::from_ref(id),
            Ids::Many(ids) => ids,
        }
    }

    /// The number is new, so it is the greatest so far.
    pub fn push(&mut self, id: Id) {
        match self {
            Ids::One(first) => *self = Ids::Many(Box::new(vec![*first, id])),
            Ids::Many(ids) => ids.push(id),
        }
    }

    /// Keeps what is alive; says whether anything is.
    pub fn retain(&mut self, alive: &impl Fn(Id) -> bool) -> bool {
        match self {
            Ids::One(id) => alive(*id),
            Ids::Many(ids) => {
                ids.retain(|id| alive(*id));
                if ids.len() * 4 < ids.capacity() {
                    ids.shrink_to_fit();
                }
                !ids.is_empty()
            }
        }
    }
}

/// How many in a row `other` may be behind before it is searched in leaps.
const LEAP: usize = 16;

/// The place of the first number of `ids` that is not less than `id`. Leaps first, so that a short set meets a long
/// one without walking it.
fn seek(ids: &[Id], id: Id) -> usize {
    let mut step = LEAP;
    let mut start = 0;
    while let Some(found) = ids.get(start + step - 1) {
        if *found >= id {
            break;
        }
        start += step;
        step *= 2;
    }
    let end = ids.len().min(start + step);
    start + ids[start..end].partition_point(|found| *found < id)
}

/// Keeps what is in `other` too, or what is not.
pub fn keep(ids: &mut Vec<Id>, mut other: &[Id], if_there: bool) {
    ids.retain(|id| {
        other = &other[seek(other, *id)..];
        (other.first() == Some(id)) == if_there
    });
}

/// All of them, each once.
pub fn union(lists: &[&[Id]]) -> Vec<Id> {
    match lists {
        [] => Vec::new(),
        [one] => one.to_vec(),
        _ => {
            let mut all: Vec<Id> = lists.concat();
            // The lists are ascending already: the sort finds and merges these runs.
            all.sort();
            all.dedup();
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_meet_as_a_naive_set_says() {
        arbtest::arbtest(|u| {
            let set = |u: &mut arbtest::arbitrary::Unstructured<'_>| {
                let mut ids: Vec<Id> = Vec::new();
                let mut id = 0;
                for _ in 0..u.int_in_range(0..=200)? {
                    id += u.int_in_range(1..=9)?;
                    ids.push(id);
                }
                Ok(ids)
            };
            let (a, b) = (set(u)?, set(u)?);
            for if_there in [true, false] {
                let mut kept = a.clone();
                keep(&mut kept, &b, if_there);
                let naive: Vec<Id> = a.iter().copied().filter(|id| b.contains(id) == if_there).collect();
                assert_eq!(kept, naive);
            }
            let all = union(&[&a, &b]);
            assert!(all.is_sorted_by(|a, b| a < b));
            assert!(a.iter().chain(&b).all(|id| all.binary_search(id).is_ok()));
            Ok(())
        });
    }
}
