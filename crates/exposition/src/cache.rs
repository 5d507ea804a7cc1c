//! What is known of the series that a target exposed last time, found by their bytes.

use hashbrown::HashTable;
use twox_hash::{XxHash3_64, XxHash3_128};

/// From the text of a series to whatever its owner keeps for it (a reference into a store, or that it is dropped), so
/// that labels are read and relabelled once and not in every scrape. One cache belongs to one target.
///
/// Not the text is kept but 128 bits of its hash, which spares most of the memory of a series. Texts that meet there by
/// chance are not to be expected in the life of a machine; a target that could make them meet would only mix up its
/// own series.
#[derive(Clone, Debug)]
pub struct SeriesCache<T> {
    seed: u64,
    /// In the order in which they were first seen: mostly that of the body.
    known: Vec<Known<T>>,
    places: HashTable<u32>,
    /// Where the next row is probably found: behind the one before it.
    likely: usize,
    round: u32,
    seen: usize,
}

/// Where a series stands in its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot(u32);

#[derive(Clone, Debug)]
struct Known<T> {
    /// The halves of the hash.
    hash: [u64; 2],
    /// A shorter one, which is enough where one text is expected and no other need be told apart from all.
    check: u64,
    /// How long the text is.
    bytes: u32,
    /// The last round in which it was seen.
    round: u32,
    value: T,
}

impl<T> SeriesCache<T> {
    /// The seed is any number that the target does not know.
    pub fn new(seed: u64) -> SeriesCache<T> {
        SeriesCache { seed, known: Vec::new(), places: HashTable::new(), likely: 0, round: 0, seen: 0 }
    }

    /// A new scrape begins: nothing of it has been seen yet.
    pub fn begin(&mut self) {
        self.round = self.round.wrapping_add(1);
        self.likely = 0;
        self.seen = 0;
    }

    /// How long the text of the series is that probably comes next.
    #[inline]
    pub fn next_bytes(&self) -> Option<usize> {
        self.known.get(self.likely).map(|known| known.bytes as usize)
    }

    /// As [`get`](Self::get), of the series that probably comes next and no other.
    #[inline]
    pub fn get_next(&mut self, series: &[u8]) -> Option<&mut T> {
        let check = self.check(series);
        let known = self.known.get_mut(self.likely).filter(|known| known.check == check)?;
        self.likely += 1;
        if known.round != self.round {
            known.round = self.round;
            self.seen += 1;
        }
        Some(&mut known.value)
    }

    /// What is known of a series, which counts as seen in this scrape.
    pub fn get(&mut self, series: &[u8]) -> Option<&mut T> {
        let hash = self.hash(series);
        let place = match self.known.get(self.likely) {
            Some(known) if known.hash == hash => self.likely,
            _ => self.find(hash)?,
        };
        self.likely = place + 1;
        let known = &mut self.known[place];
        if known.round != self.round {
            known.round = self.round;
            self.seen += 1;
        }
        Some(&mut known.value)
    }

    /// Where the series stands that was got or learned last. It stays there until [`end`](Self::end).
    #[inline]
    pub fn spot(&self) -> Spot {
        Spot(self.likely.checked_sub(1).expect("a series was got or learned") as u32)
    }

    /// What is known of the series that stands there.
    pub fn at(&mut self, spot: Spot) -> Option<&mut T> {
        self.known.get_mut(spot.0 as usize).map(|known| &mut known.value)
    }

    /// Learns a series, which counts as seen in this scrape. Gives back what was known of it before.
    pub fn insert(&mut self, series: &[u8], value: T) -> Option<T> {
        if let Some(known) = self.get(series) {
            return Some(std::mem::replace(known, value));
        }
        let hash = self.hash(series);
        let place = self.known.len();
        let bytes = u32::try_from(series.len()).expect("a line has fewer than 2^32 bytes");
        let check = self.check(series);
        self.known.push(Known { hash, check, bytes, round: self.round, value });
        self.seen += 1;
        self.likely = place + 1;
        let known = &self.known;
        let place = u32::try_from(place).expect("a body has fewer than 2^32 series");
        self.places.insert_unique(hash[0], place, |place| known[*place as usize].hash[0]);
        None
    }

    /// Forgets what was not seen since [`begin`](Self::begin) and gives it back: those series went stale.
    pub fn end(&mut self) -> Vec<T> {
        if self.seen == self.known.len() {
            return Vec::new();
        }
        let round = self.round;
        let (kept, gone): (Vec<_>, Vec<_>) = self.known.drain(..).partition(|known| known.round == round);
        self.known = kept;
        self.index();
        gone.into_iter().map(|known| known.value).collect()
    }

    /// Everything that is known, seen in this scrape or not.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.known.iter().map(|known| &known.value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.known.iter_mut().map(|known| &mut known.value)
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    #[inline]
    fn check(&self, series: &[u8]) -> u64 {
        XxHash3_64::oneshot_with_seed(self.seed, series)
    }

    fn hash(&self, series: &[u8]) -> [u64; 2] {
        let hash = XxHash3_128::oneshot_with_seed(self.seed, series);
        [hash as u64, (hash >> 64) as u64]
    }

    fn find(&self, hash: [u64; 2]) -> Option<usize> {
        self.places
            .find(hash[0], |place| self.known[*place as usize].hash == hash)
            .map(|place| *place as usize)
    }

    fn index(&mut self) {
        let known = &self.known;
        self.places.clear();
        self.places.shrink_to(known.len(), |place| known[*place as usize].hash[0]);
        for (place, one) in (0u32..).zip(known) {
            self.places.insert_unique(one.hash[0], place, |place| known[*place as usize].hash[0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_again_went_stale() {
        let mut cache = SeriesCache::new(7);
        cache.begin();
        for (series, value) in [("a", 1), ("b{}", 2), ("c", 3)] {
            assert_eq!(cache.get(series.as_bytes()), None);
            assert_eq!(cache.insert(series.as_bytes(), value), None);
        }
        assert!(cache.end().is_empty());

        cache.begin();
        assert_eq!(cache.get(b"c"), Some(&mut 3));
        assert_eq!(cache.get(b"a"), Some(&mut 1));
        assert_eq!(cache.get(b"a"), Some(&mut 1), "twice in one body");
        assert_eq!(cache.insert(b"d", 4), None);
        assert_eq!(cache.end(), [2]);

        cache.begin();
        assert_eq!(cache.get(b"b{}"), None);
        assert_eq!(cache.insert(b"a", 10), Some(1));
        assert_eq!(cache.len(), 3);
        assert_eq!(cache.end(), [3, 4]);
        assert_eq!(cache.values().collect::<Vec<_>>(), [&10]);

        cache.begin();
        assert_eq!(cache.end(), [10]);
        assert!(cache.is_empty());
    }

    #[test]
    fn it_is_a_map_in_any_order() {
        arbtest::arbtest(|u| {
            let mut cache = SeriesCache::new(u.arbitrary()?);
            let mut map = std::collections::BTreeMap::new();
            for _ in 0..u.int_in_range(1..=6)? {
                cache.begin();
                let mut seen = std::collections::BTreeSet::new();
                for _ in 0..u.int_in_range(0..=30)? {
                    let series = [u.int_in_range(b'a'..=b'p')?];
                    seen.insert(series);
                    let value: u8 = u.arbitrary()?;
                    assert_eq!(cache.get(&series).copied(), map.get(&series).copied());
                    assert_eq!(cache.insert(&series, value), map.insert(series, value));
                }
                let mut gone = cache.end();
                let mut expected: Vec<u8> = map
                    .iter()
                    .filter(|(series, _)| !seen.contains(*series))
                    .map(|(_, value)| *value)
                    .collect();
                map.retain(|series, _| seen.contains(series));
                gone.sort_unstable();
                expected.sort_unstable();
                assert_eq!(gone, expected);
            }
            Ok(())
        });
    }
}
