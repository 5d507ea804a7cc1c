//! The hash chain: what makes a changed, missing or reordered record show.
//!
//! `hash(n) = SHA-256(hash(n-1) ‖ n as 8 bytes, big endian ‖ body(n))`, with 32 zero bytes before the first. The same
//! hash serves as the record's checksum: it covers every byte of the body, so a second checksum could only repeat
//! what it says. A chain alone cannot show that its end was cut off; for that see `witness`.
//!
//! It detects accidents and careless edits. It holds no secret: whoever can rewrite the file *and* everything after
//! the change *and* `journal.head` can forge a chain that fits.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::error::Damage;
use crate::position::Seq;

/// A SHA-256, shown as hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record is chained to.
    pub const GENESIS: Hash = Hash([0; 32]);

    pub(crate) fn of(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The last record, and with its hash all that stand before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub seq: Seq,
    pub hash: Hash,
}

impl Head {
    /// The head of a journal without records.
    pub const EMPTY: Head = Head { seq: Seq::START, hash: Hash::GENESIS };

    /// The head once `body` stands after this one.
    #[must_use]
    pub fn link(self, body: &[u8]) -> Head {
        let seq = self.seq.next();
        let mut sha = Sha256::new();
        sha.update(self.hash.0);
        sha.update(seq.0.to_be_bytes());
        sha.update(body);
        Head { seq, hash: Hash(sha.finalize().into()) }
    }

    /// The head after the record that was found next, or what is wrong with that record.
    pub(crate) fn follow(self, seq: Seq, body: &[u8], hash: Hash) -> Result<Head, Damage> {
        let next = self.link(body);
        if seq != next.seq {
            let what = format!("record {} is missing: the next one found is {seq}", next.seq);
            return Err(Damage::at(next.seq, what));
        }
        if hash != next.hash {
            let what =
                format!("record {seq} does not match its hash: its body, its hash or its order was changed");
            return Err(Damage::at(seq, what));
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_what_its_definition_says() {
        let first = Head::EMPTY.link(b"a");
        let mut bytes = vec![0; 32];
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.push(b'a');
        assert_eq!(first, Head { seq: Seq(1), hash: Hash::of(&bytes) });
        // Computed once with `sha256sum`, so that no later change of ours moves the format unnoticed.
        assert_eq!(first.hash.to_string(), GOLDEN);
    }

    const GOLDEN: &str = "00f87f5348b32d1caf5e59cbfadc31d568b7b2d04679e0d52b5aad8c5d4dfeed";

    #[test]
    fn a_record_is_followed_only_in_its_place() {
        let first = Head::EMPTY.link(b"a");
        let second = first.link(b"b");
        assert_eq!(first.follow(second.seq, b"b", second.hash), Ok(second));
        for (seq, body, hash) in
            [(Seq(3), b"b", second.hash), (Seq(2), b"c", second.hash), (Seq(2), b"b", first.hash)]
        {
            let damage = first.follow(seq, body, hash).unwrap_err();
            assert_eq!(damage.seq, Some(Seq(2)), "{damage}");
        }
    }
}
