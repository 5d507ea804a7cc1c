//! Passwords: which are good enough, and how they are kept and proven.
//!
//! Kept as argon2id (RFC 9106) with the parameters of OWASP's cheat sheet: 19 MiB, two passes, one lane.

use std::collections::BTreeSet;
use std::fmt;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};

use crate::Secret;

const CHARACTERS_MIN: usize = 12;
/// Beyond it nobody types, and everybody makes a server work.
const BYTES_MAX: usize = 256;
const DIFFERENT_MIN: usize = 5;

/// What people choose first when twelve characters are asked for.
const COMMON: [&str; 6] = ["password", "passwort", "qwerty", "123456789", "changeme", "letmein"];

/// The error says what to do about it. Length is what counts; which sorts of characters it has is nobody's business.
pub fn check_password(password: &Secret, handle: &str) -> Result<(), String> {
    let text = password.expose();
    if text.chars().count() < CHARACTERS_MIN {
        return Err(format!(
            "a password has {CHARACTERS_MIN} characters or more; three or four words are easy to remember"
        ));
    }
    if text.len() > BYTES_MAX {
        return Err(format!("a password has at most {BYTES_MAX} bytes"));
    }
    let lower = text.to_lowercase();
    let has_handle = handle.len() >= 3 && lower.contains(&handle.to_lowercase());
    let is_common =
        COMMON.iter().any(|common| lower.contains(common) && lower.len() < common.len() + CHARACTERS_MIN);
    if has_handle || is_common || text.chars().collect::<BTreeSet<char>>().len() < DIFFERENT_MIN {
        return Err(
            "that password would be among the first to be guessed; choose three or four words".to_owned()
        );
    }
    Ok(())
}

/// As a PHC string: algorithm, parameters, salt and hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes tens of milliseconds and 19 MiB: call it where that is allowed.
    pub fn of(password: &Secret, salt: &[u8; 16]) -> PasswordHash {
        let hash: argon2::PasswordHash = Argon2::default()
            .hash_password_with_salt(password.expose().as_bytes(), salt)
            .expect("the salt has the recommended length, and the parameters are the crate's own");
        PasswordHash(hash.to_string())
    }

    /// As costly as [`PasswordHash::of`], whatever is given.
    pub fn is_of(&self, password: &Secret) -> bool {
        let bytes = password.expose().as_bytes();
        bytes.len() <= BYTES_MAX && Argon2::default().verify_password(bytes, self.0.as_str()).is_ok()
    }

    /// Nobody's: proving a password against it takes as long as against somebody's, and fails.
    pub fn nobodys() -> PasswordHash {
        PasswordHash(
            "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                .to_owned(),
        )
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(password hash)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_proven_by_its_hash_alone() {
        let password = Secret::new("three calm green herons");
        let hash = PasswordHash::of(&password, &[7; 16]);
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(hash.is_of(&password));
        assert!(!hash.is_of(&Secret::new("three calm green heron")));
        assert!(!hash.is_of(&Secret::new("")));
        assert_ne!(hash, PasswordHash::of(&password, &[8; 16]));
        assert!(!format!("{hash:?}").contains("argon2"));
    }

    #[test]
    fn nobodys_is_a_hash_that_no_password_has() {
        // It must be read as one, or an unknown user would be told apart by time.
        assert!(argon2::PasswordHash::new(&PasswordHash::nobodys().0).is_ok());
        assert!(!PasswordHash::nobodys().is_of(&Secret::new("three calm green herons")));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for text in ["three calm green herons", "correct horse battery staple", "pässwörter sind läng"] {
            assert!(check_password(&Secret::new(text), "ana").is_ok(), "{text}");
        }
        let long = "ab3de".repeat(60);
        for text in
            ["", "short", "password1234", "aaaaaaaaaaaaaaa", "i am ana and happy", "123456789012", &long]
        {
            assert!(check_password(&Secret::new(text), "ana").is_err(), "{text}");
        }
    }
}
