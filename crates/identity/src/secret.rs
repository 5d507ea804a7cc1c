//! A secret and what it is proven by. Neither stands in any text that is written for people.

use std::fmt;

use andon_vocabulary::Name;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

const ID_DIGITS: usize = 12;

/// A password, a session's id, a token: whoever knows it is believed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// 256 random bits, in hex.
    pub fn of(random: &[u8; 32]) -> Secret {
        Secret(hex(random))
    }

    /// The text itself, for the one who is to be told it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn digest(&self) -> Digest {
        Digest(hex(&Sha256::digest(self.0.as_bytes())))
    }

    /// Another secret that whoever knows this one can make, and from which this one cannot be found: what stands in a
    /// session's forms.
    pub fn derived(&self, purpose: &str) -> Secret {
        let both = Sha256::new().chain_update(purpose).chain_update([0]).chain_update(&self.0);
        Secret(hex(&both.finalize()))
    }

    /// Takes as long whatever is given.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// SHA-256 of a secret that is too long to be guessed: enough to prove it by, and worthless to a thief.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// Takes as long whatever is given.
    pub fn is_of(&self, secret: &Secret) -> bool {
        self.0.as_bytes().ct_eq(secret.digest().0.as_bytes()).into()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells it from others that are kept, as a token's id does, and opens nothing.
    pub fn id(&self) -> Name {
        self.0.chars().take(ID_DIGITS).collect::<String>().into()
    }

    pub(crate) fn from_key(key: &str) -> Digest {
        Digest(key.to_owned())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(digest)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_nowhere() {
        let secret = Secret::new("correct horse");
        let shown = format!("{secret:?} {:?} {:?}", secret.digest(), Some(&secret));
        assert!(!shown.contains("horse") && !shown.contains(secret.digest().as_str()), "{shown}");
    }

    #[test]
    fn it_is_proven_by_its_digest() {
        let secret = Secret::of(&[7; 32]);
        assert!(secret.digest().is_of(&secret));
        assert!(!secret.digest().is_of(&Secret::of(&[8; 32])));
        assert!(secret.is(secret.expose()) && !secret.is("") && !secret.is("0707"));
    }

    #[test]
    fn what_stands_in_forms_tells_nothing_of_the_session() {
        let session = Secret::of(&[7; 32]);
        assert_eq!(session.derived("form").expose(), session.derived("form").expose());
        assert_ne!(session.derived("form").expose(), session.derived("other").expose());
        assert!(!session.derived("form").is(session.digest().as_str()));
    }
}
