//! Which series carry which label: name → value → series, and how conditions are answered from it.

use std::collections::BTreeMap;
use std::ops::Bound;

use andon_vocabulary::Labels;

use super::ids::{self, Id, Ids};
use super::value::Value;
use crate::{MatchOp, Matcher};

/// The dictionary of one label's values. Ordered, since values are listed in order and looked up by prefix.
type Values = BTreeMap<Value, Ids>;

#[derive(Debug, Default)]
pub struct Postings(BTreeMap<Box<str>, Values>);

/// What conditions leave, before the labels themselves are looked at.
#[derive(Debug)]
pub struct Candidates<'a> {
    /// `None`: any series.
    pub ids: Option<Vec<Id>>,
    /// The conditions that the index has not answered.
    pub unchecked: Vec<&'a Matcher>,
}

/// A dictionary this much larger than the candidates costs more than a look at each candidate's own label.
const DICTIONARY_FACTOR: usize = 2;

impl Postings {
    /// The series is new, so its number is the greatest so far.
    pub fn insert(&mut self, id: Id, labels: &Labels) {
        for (name, value) in labels.iter() {
            let values = match self.0.get_mut(name) {
                Some(values) => values,
                None => self.0.entry(name.into()).or_default(),
            };
            match values.get_mut(value) {
                Some(ids) => ids.push(id),
                None => _ = values.insert(Value::of(labels, value), Ids::One(id)),
            }
        }
    }

    /// Walks everything: meant for many at once.
    pub fn retain(&mut self, alive: impl Fn(Id) -> bool) {
        self.0.retain(|_, values| {
            values.retain(|_, ids| ids.retain(&alive));
            !values.is_empty()
        });
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flat_map(|values| values.keys()).map(Value::as_str)
    }

    /// Each name with each of its values and how many series have it.
    pub fn walk(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = (&str, usize)>)> {
        self.0.iter().map(|(name, values)| {
            (&**name, values.iter().map(|(value, ids)| (value.as_str(), ids.as_slice().len())))
        })
    }

    pub fn candidates<'a>(&self, matchers: &'a [Matcher]) -> Candidates<'a> {
        let (mut demanding, mut excluding): (Vec<&Matcher>, Vec<&Matcher>) =
            matchers.iter().partition(|matcher| !matcher.matches_value(""));
        // Equality is exact and cheap: it makes the first cut.
        demanding.sort_by_key(|matcher| matcher.op() != MatchOp::Equal);
        // An exclusion of one value is one list.
        excluding.sort_by_key(|matcher| matcher.op() != MatchOp::NotEqual);
        let mut unchecked = Vec::new();
        let mut kept: Option<Vec<Id>> = None;
        let equal = demanding.iter().take_while(|matcher| matcher.op() == MatchOp::Equal).count();
        let mut lists = Vec::with_capacity(equal);
        for matcher in &demanding[..equal] {
            match self.0.get(matcher.name()).and_then(|values| values.get(matcher.value())) {
                Some(ids) => lists.push(ids.as_slice()),
                None => return Candidates { ids: Some(Vec::new()), unchecked },
            }
        }
        lists.sort_by_key(|list| list.len());
        if let Some((shortest, others)) = lists.split_first() {
            let mut ids = shortest.to_vec();
            for other in others {
                ids::keep(&mut ids, other, true);
            }
            kept = Some(ids);
        }
        for matcher in &demanding[equal..] {
            let Some(values) = self.0.get(matcher.name()) else {
                return Candidates { ids: Some(Vec::new()), unchecked };
            };
            match &mut kept {
                Some(ids) if too_many(values, ids, matcher) => unchecked.push(*matcher),
                Some(ids) => ids::keep(ids, &ids::union(&matching(values, matcher)), true),
                None => kept = Some(ids::union(&matching(values, matcher))),
            }
        }
        for matcher in excluding {
            match (self.0.get(matcher.name()), &mut kept) {
                (None, _) => {}
                (Some(values), Some(ids))
                    if matcher.op() == MatchOp::NotEqual && !matcher.value().is_empty() =>
                {
                    if let Some(others) = values.get(matcher.value()) {
                        ids::keep(ids, others.as_slice(), false);
                    }
                }
                (Some(values), Some(ids)) if values.len() <= ids.len() * DICTIONARY_FACTOR => {
                    let others = values.iter().filter(|(value, _)| !matcher.matches_value(value.as_str()));
                    let others: Vec<&[Id]> = others.map(|(_, others)| others.as_slice()).collect();
                    ids::keep(ids, &ids::union(&others), false);
                }
                (Some(_), _) => unchecked.push(matcher),
            }
        }
        Candidates { ids: kept, unchecked }
    }
}

fn too_many(values: &Values, ids: &[Id], matcher: &Matcher) -> bool {
    matcher.literals().is_none()
        && matcher.prefix().is_empty()
        && values.len() > ids.len() * DICTIONARY_FACTOR
}

/// The lists of the values that a condition accepts.
fn matching<'a>(values: &'a Values, matcher: &Matcher) -> Vec<&'a [Id]> {
    if let Some(literals) = matcher.literals() {
        let found = literals.iter().filter_map(|literal| values.get(&**literal));
        return found.map(Ids::as_slice).collect();
    }
    let prefix = matcher.prefix();
    values
        .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
        .take_while(|(value, _)| value.as_str().starts_with(prefix))
        .filter(|(value, _)| matcher.matches_value(value.as_str()))
        .map(|(_, ids)| ids.as_slice())
        .collect()
}
