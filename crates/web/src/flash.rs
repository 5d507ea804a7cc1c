//! What a form's answer says on the next page: a cookie that is read once.

use std::fmt::Write;

pub const COOKIE: &str = "andon_said";

/// Cookies hold 4 KiB; a longer answer is cut.
const TEXT_BYTES_MAX: usize = 900;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Whether the command was carried out.
    pub done: bool,
    pub text: String,
}

impl Flash {
    /// One letter, then the text with everything but letters and digits percent-encoded.
    pub fn encode(&self) -> String {
        let end =
            (0..=TEXT_BYTES_MAX.min(self.text.len())).rev().find(|end| self.text.is_char_boundary(*end));
        let mut coded = String::from(if self.done { "d" } else { "r" });
        for byte in self.text[..end.unwrap_or(0)].bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => coded.push(char::from(byte)),
                _ => write!(coded, "%{byte:02X}").expect("a String grows"),
            }
        }
        coded
    }

    pub fn decode(coded: &str) -> Option<Flash> {
        let (done, rest) = match coded.split_at_checked(1)? {
            ("d", rest) => (true, rest),
            ("r", rest) => (false, rest),
            _ => return None,
        };
        let mut bytes = Vec::with_capacity(rest.len());
        let mut parts = rest.split('%');
        bytes.extend_from_slice(parts.next()?.as_bytes());
        for part in parts {
            let (hex, text) = part.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            bytes.extend_from_slice(text.as_bytes());
        }
        let text = String::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
        Some(Flash { done, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_survives_the_cookie() {
        for text in ["INC-1 acknowledged by ana", "50 %; \"x\" → y, née"] {
            let flash = Flash { done: true, text: text.to_owned() };
            let coded = flash.encode();
            assert!(coded.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%'), "{coded}");
            assert_eq!(Flash::decode(&coded), Some(flash));
        }
        let long = Flash { done: false, text: "→".repeat(1000) };
        assert!(Flash::decode(&long.encode()).unwrap().text.len() <= TEXT_BYTES_MAX);
        for broken in ["", "d", "x", "d%", "d%G1", "d%FF"] {
            assert_eq!(Flash::decode(broken), None, "{broken}");
        }
    }
}
