//! Texts that are written byte by byte.
//!
//! The grammar takes `\xc3` for a character of its own, where Prometheus takes it for a byte. Texts are UTF-8 here, so
//! bytes that are none are refused.

/// What a quoted text means if it holds bytes such as `\xff` or `\377`: `None` if it holds none, an error if they make
/// no UTF-8.
pub(super) fn bytes(literal: &str) -> Option<Result<String, ()>> {
    let quote = literal.chars().next()?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    if quote == '`' || !inner.contains('\\') {
        return None;
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut has_bytes = false;
    let mut rest = inner;
    while let Some((before, escaped)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let kind = escaped.chars().next()?;
        let (digits, length, radix) = match kind {
            'x' => (&escaped[1..], 2, 16),
            'u' => (&escaped[1..], 4, 16),
            'U' => (&escaped[1..], 8, 16),
            '0'..='7' => (escaped, 3, 8),
            _ => ("", 0, 10),
        };
        let number = u32::from_str_radix(digits.get(..length)?, radix).ok();
        rest = match kind {
            'x' | '0'..='7' => {
                has_bytes = true;
                bytes.push(u8::try_from(number?).ok()?);
                &digits[length..]
            }
            'u' | 'U' => {
                bytes.extend(char::from_u32(number?)?.to_string().as_bytes());
                &digits[length..]
            }
            other => {
                bytes.extend(plain(other)?.to_string().as_bytes());
                &escaped[other.len_utf8()..]
            }
        };
    }
    bytes.extend(rest.as_bytes());
    has_bytes.then(|| String::from_utf8(bytes).map_err(|_| ()))
}

fn plain(escaped: char) -> Option<char> {
    Some(match escaped {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '"' | '\'' => escaped,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_make_characters_or_none() {
        assert_eq!(bytes(r#""plain""#), None);
        assert_eq!(bytes(r#""a\n""#), None);
        assert_eq!(bytes(r#""\xc3\x85\n\u00e4""#), Some(Ok("Å\nä".to_owned())));
        assert_eq!(bytes(r"'\303\205'"), Some(Ok("Å".to_owned())));
        assert_eq!(bytes(r#""a\xc5z""#), Some(Err(())));
        assert_eq!(bytes(r"`\xc5`"), None);
    }

    #[test]
    fn any_text_can_be_read() {
        arbtest::arbtest(|u| {
            let text: String = u.arbitrary()?;
            let _ = bytes(&text);
            let _ = bytes(&format!("\"\\x{text}\""));
            Ok(())
        });
    }
}
