//! The form of a token: `andon_ID_SECRET`. The id is no secret, and says which token it is wherever one must be named.

use andon_vocabulary::Name;

use crate::Secret;
use crate::secret::hex;

const PREFIX: &str = "andon_";
const ID_DIGITS: usize = 12;
const SECRET_DIGITS: usize = 64;

/// A token that was just made: its whole text is shown once, to its owner.
#[derive(Debug)]
pub struct TokenSecret {
    pub id: Name,
    pub text: Secret,
}

impl TokenSecret {
    pub fn of(random: &[u8; 38]) -> TokenSecret {
        let (id, secret) = random.split_at(ID_DIGITS / 2);
        let id = hex(id);
        let text = Secret::new(format!("{PREFIX}{id}_{}", hex(secret)));
        TokenSecret { id: id.into(), text }
    }
}

/// A token as somebody gives it.
#[derive(Debug)]
pub struct Presented {
    pub id: Name,
    pub text: Secret,
}

impl Presented {
    /// None: it is no token of ours, whatever else it may be.
    pub fn read(text: &str) -> Option<Presented> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_hex = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let well = is_hex(id, ID_DIGITS) && is_hex(secret, SECRET_DIGITS);
        well.then(|| Presented { id: id.into(), text: Secret::new(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read() {
        let made = TokenSecret::of(&[0xa7; 38]);
        let read = Presented::read(made.text.expose()).expect("a token");
        assert_eq!(read.id, made.id);
        assert!(made.text.digest().is_of(&read.text));
        assert!(!format!("{made:?} {read:?}").contains(&"a7".repeat(32)));
    }

    #[test]
    fn whatever_else_is_given_is_none() {
        let text = TokenSecret::of(&[0xa7; 38]).text.expose().to_owned();
        for other in
            ["", "andon_", "andon__", "andon_é_é", &text.to_uppercase(), &text[1..], &format!("{text}0")]
        {
            assert!(Presented::read(other).is_none(), "{other}");
        }
    }
}
