//! `journal.snapshot`: the cached state beside the journal. It may be deleted at any time.
//!
//! A file of its own, so that megabytes of cache neither pass through the write-ahead log nor travel with every
//! backup. It carries a checksum, since a state that differs from its journal by one bit is worse than none.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::chain::{Hash, Head};
use crate::journal::Snapshot;
use crate::position::Seq;

const MAGIC: &[u8; 16] = b"andon snapshot 1";
const HEADER_BYTES: usize = 16 + 8 + 32 + 32;

pub(crate) fn save(path: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let fresh = path.with_extension("snapshot.new");
    let mut file = File::create(&fresh)?;
    file.write_all(&header(snapshot.at, &snapshot.bytes))?;
    file.write_all(&snapshot.bytes)?;
    // Without this a power cut may leave the new name on empty contents: only a lost cache, but a slow start.
    file.sync_data()?;
    fs::rename(&fresh, path)
}

/// `None` when there is none, or it is not whole.
pub(crate) fn load(path: &Path) -> io::Result<Option<Snapshot>> {
    let mut bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if bytes.len() < HEADER_BYTES {
        return Ok(None);
    }
    let body = bytes.split_off(HEADER_BYTES);
    let seq = u64::from_be_bytes(std::array::from_fn(|i| bytes[16 + i]));
    let hash = Hash(std::array::from_fn(|i| bytes[24 + i]));
    let at = Head { seq: Seq(seq), hash };
    Ok((header(at, &body) == bytes).then_some(Snapshot { at, bytes: body }))
}

fn header(at: Head, bytes: &[u8]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(MAGIC);
    header.extend(at.seq.0.to_be_bytes());
    header.extend(at.hash.0);
    header.extend(Hash::of(bytes).0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_with_any_byte_changed_or_cut_is_no_snapshot_or_another_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.snapshot");
        assert_eq!(load(&path).unwrap(), None);
        let snapshot = Snapshot { at: Head::EMPTY.link(b"a"), bytes: b"state".to_vec() };
        save(&path, &snapshot).unwrap();
        assert_eq!(load(&path).unwrap(), Some(snapshot.clone()));
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 1;
            fs::write(&path, &spoilt).unwrap();
            // A changed seq or hash is caught by the chain, which does not hold such a head.
            assert!(load(&path).unwrap().is_none_or(|loaded| loaded.at != snapshot.at));
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(load(&path).unwrap(), None);
        }
    }
}
