//! The series of several places as one ordered list that remembers where each of them lies.

use std::cmp::Ordering;

use andon_vocabulary::Labels;

/// Where samples of a series lie: the number of the place, and the number of the series in it.
pub type Spot = (u32, u32);

#[derive(Debug, Default)]
pub struct Merged {
    labels: Vec<Labels>,
    /// Of each series all its spots, in the order in which the places were added. Flat; `ends` tells them apart.
    spots: Vec<Spot>,
    ends: Vec<u32>,
}

impl Merged {
    pub fn labels(&self) -> &[Labels] {
        &self.labels
    }

    pub fn into_labels(self) -> Vec<Labels> {
        self.labels
    }

    pub fn spots(&self, at: usize) -> &[Spot] {
        let begins = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.spots[begins as usize..self.ends[at] as usize]
    }

    /// These and the series of one more place, which are ordered, each once. Walks both lists once: places mostly hold
    /// the same series.
    pub fn with(self, place: u32, series: Vec<Labels>) -> Merged {
        let spots = (0..).map(|number| (place, number));
        if self.labels.is_empty() {
            let ends = (1..=series.len() as u32).collect();
            return Merged { spots: spots.take(series.len()).collect(), labels: series, ends };
        }
        let mut merged = Merged {
            labels: Vec::with_capacity(self.labels.len().max(series.len())),
            spots: Vec::with_capacity(self.spots.len() + series.len()),
            ends: Vec::with_capacity(self.labels.len().max(series.len())),
        };
        let mut added = series.into_iter().zip(spots).peekable();
        let (mut rest, mut begins) = (&self.spots[..], 0);
        for (labels, end) in self.labels.into_iter().zip(self.ends) {
            let mut also = None;
            while let Some((other, _)) = added.peek() {
                match other.cmp(&labels) {
                    Ordering::Less => {}
                    Ordering::Equal => also = added.next().map(|(_, spot)| spot),
                    Ordering::Greater => break,
                }
                if also.is_some() {
                    break;
                }
                merged.push_all(added.next());
            }
            let (own, after) = rest.split_at((end - begins) as usize);
            (rest, begins) = (after, end);
            merged.spots.extend_from_slice(own);
            merged.spots.extend(also);
            merged.labels.push(labels);
            merged.ends.push(merged.spots.len() as u32);
        }
        merged.push_all(added);
        merged
    }

    fn push_all(&mut self, series: impl IntoIterator<Item = (Labels, Spot)>) {
        for (labels, spot) in series {
            self.labels.push(labels);
            self.spots.push(spot);
            self.ends.push(self.spots.len() as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn places_merge_as_a_naive_map_says() {
        arbtest::arbtest(|u| {
            let (mut merged, mut naive) = (Merged::default(), BTreeMap::<Labels, Vec<Spot>>::new());
            for place in 0..u.int_in_range(0..=4)? {
                let mut series = Vec::new();
                for number in 10..40 {
                    if u.ratio(1, 2)? {
                        series.push(Labels::new([("a", format!("{number}"))]));
                    }
                }
                for (labels, number) in series.iter().zip(0..) {
                    naive.entry(labels.clone()).or_default().push((place, number));
                }
                merged = merged.with(place, series);
            }
            let all = merged.labels().iter().cloned().enumerate();
            let all: BTreeMap<Labels, Vec<Spot>> =
                all.map(|(at, labels)| (labels, merged.spots(at).to_vec())).collect();
            assert!(merged.labels().is_sorted_by(|a, b| a < b));
            assert_eq!(all, naive);
            Ok(())
        });
    }
}
