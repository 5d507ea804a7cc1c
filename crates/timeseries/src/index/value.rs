//! A value of a label, as the dictionary keeps it.

use std::borrow::Borrow;
use std::cmp::Ordering;

use andon_vocabulary::Labels;

/// A part of the labels of the first series that had it, which spares an allocation for each value of a label that has
/// a million of them.
#[derive(Clone, Debug)]
pub struct Value {
    labels: Labels,
    begins: u32,
    ends: u32,
}

impl Value {
    /// `value` is one that these labels gave out.
    pub fn of(labels: &Labels, value: &str) -> Value {
        let packed = labels.packed();
        let begins = value.as_ptr().addr() - packed.as_ptr().addr();
        let place = |at: usize| u32::try_from(at).expect("labels are shorter than 4 GiB");
        let (begins, ends) = (place(begins), place(begins + value.len()));
        assert!(ends as usize <= packed.len(), "a value lies in its labels");
        Value { labels: labels.clone(), begins, ends }
    }

    pub fn as_str(&self) -> &str {
        &self.labels.packed()[self.begins as usize..self.ends as usize]
    }
}

impl Borrow<str> for Value {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Value {}
