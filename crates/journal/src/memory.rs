//! The journal of rehearsals and tests: in memory, with faults on request.

use std::collections::{BTreeMap, VecDeque};

use crate::chain::Head;
use crate::error::{AppendError, JournalError};
use crate::journal::{Entry, Journal, Snapshot, Stored};
use crate::position::{Seq, Term};

/// Keeps the same contract as the SQLite journal. A clone is a copy of everything, as a backup would be.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    records: Vec<Stored>,
    about: BTreeMap<String, Vec<Seq>>,
    snapshot: Option<Snapshot>,
    term: u64,
    faults: VecDeque<Fault>,
    poisoned: bool,
}

/// What happens to an append instead of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full; nothing is written and later appends may work.
    Full,
    /// The batch is not written, but the caller cannot know.
    AmbiguousBeforeCommit,
    /// The batch is written, but the caller cannot know.
    AmbiguousAfterCommit,
}

impl MemoryJournal {
    #[must_use]
    pub fn new() -> MemoryJournal {
        MemoryJournal::default()
    }

    /// The next append that would have succeeded meets `fault`; several queue up.
    pub fn fail_next(&mut self, fault: Fault) {
        self.faults.push_back(fault);
    }

    /// What a new process finds: all that was committed, and a journal that can be written to again.
    #[must_use]
    pub fn restart(mut self) -> MemoryJournal {
        self.poisoned = false;
        self.faults.clear();
        self
    }

    fn commit(&mut self, batch: &[Entry]) {
        for entry in batch {
            let head = self.head().link(&entry.body);
            self.records.push(Stored { seq: head.seq, body: entry.body.clone(), hash: head.hash });
            for subject in &entry.subjects {
                let seqs = self.about.entry(subject.clone()).or_default();
                if seqs.last() != Some(&head.seq) {
                    seqs.push(head.seq);
                }
            }
        }
    }

    fn at(&self, seq: Seq) -> Option<&Stored> {
        usize::try_from(seq.0.checked_sub(1)?).ok().and_then(|index| self.records.get(index))
    }
}

impl Journal for MemoryJournal {
    fn acquire(&mut self, _node: &str) -> Result<Term, JournalError> {
        self.term += 1;
        Ok(Term(self.term))
    }

    fn append(&mut self, term: Term, expected_seq: Seq, batch: &[Entry]) -> Result<Seq, AppendError> {
        let unknown = || AppendError::Ambiguous("an injected fault left the last append unknown".to_owned());
        if self.poisoned {
            return Err(unknown());
        }
        if term.0 != self.term {
            return Err(AppendError::Fenced);
        }
        let head = self.head().seq;
        if expected_seq != head {
            return Err(AppendError::Conflict { head });
        }
        match self.faults.pop_front() {
            None => self.commit(batch),
            Some(Fault::Full) => return Err(AppendError::Full),
            Some(Fault::AmbiguousBeforeCommit) => {
                self.poisoned = true;
                return Err(unknown());
            }
            Some(Fault::AmbiguousAfterCommit) => {
                self.commit(batch);
                self.poisoned = true;
                return Err(unknown());
            }
        }
        Ok(self.head().seq)
    }

    fn read(&self, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let skip = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        Ok(self.records.iter().skip(skip).take(limit).cloned().collect())
    }

    fn about(&self, subject: &str, from: Seq, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let seqs = self.about.get(subject).map_or(&[][..], Vec::as_slice);
        let first = seqs.partition_point(|seq| *seq < from);
        Ok(seqs[first..].iter().take(limit).filter_map(|seq| self.at(*seq)).cloned().collect())
    }

    fn head(&self) -> Head {
        self.records.last().map_or(Head::EMPTY, |last| Head { seq: last.seq, hash: last.hash })
    }

    fn save_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn load_snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        let agrees =
            |at: Head| at == Head::EMPTY || self.at(at.seq).is_some_and(|stored| stored.hash == at.hash);
        Ok(self.snapshot.clone().filter(|snapshot| agrees(snapshot.at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::entry;

    #[test]
    fn injected_faults_come_in_order_and_an_ambiguous_one_ends_the_process() {
        let mut journal = MemoryJournal::new();
        let term = journal.acquire("a").unwrap();
        let batch = [entry("one", &[])];
        for fault in [Fault::Full, Fault::AmbiguousBeforeCommit] {
            journal.fail_next(fault);
        }
        assert_eq!(journal.append(term, Seq(0), &batch), Err(AppendError::Full));
        for _ in 0..2 {
            assert!(matches!(journal.append(term, Seq(0), &batch), Err(AppendError::Ambiguous(_))));
        }
        let mut journal = journal.restart();
        assert_eq!(journal.head(), Head::EMPTY);

        journal.fail_next(Fault::AmbiguousAfterCommit);
        assert!(matches!(journal.append(term, Seq(0), &batch), Err(AppendError::Ambiguous(_))));
        let mut journal = journal.restart();
        // The retry learns that it had landed.
        assert_eq!(journal.append(term, Seq(0), &batch), Err(AppendError::Conflict { head: Seq(1) }));
        assert_eq!(journal.append(term, Seq(1), &batch), Ok(Seq(2)));
    }
}
