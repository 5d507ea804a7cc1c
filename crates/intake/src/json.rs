//! JSON as the senders' own servers read it: half a letter in one text keeps nothing else of a request out.
//!
//! Go's `encoding/json`, which Alertmanager and its like are written with, puts U+FFFD where a byte is no UTF-8 and
//! where one half of a surrogate pair stands alone (`\ud800`, as JavaScript cuts a text in the middle of an emoji). The
//! same is done here, in the same places and as often.

use serde::Deserialize;

/// What the body says. `mended` is room for the text that is read instead where letters were broken; a body without
/// any is read where it lies.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8], mended: &'a mut Vec<u8>) -> serde_json::Result<T> {
    serde_json::from_slice(body).or_else(|error| match mend(body) {
        Some(text) => {
            *mended = text;
            serde_json::from_slice(mended)
        }
        None => Err(error),
    })
}

/// None where no letter is broken.
fn mend(body: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(body.len());
    let mut is_broken = false;
    for chunk in body.utf8_chunks() {
        is_broken |= mend_escapes(chunk.valid().as_bytes(), &mut text);
        for _ in chunk.invalid() {
            text.extend_from_slice("\u{fffd}".as_bytes());
            is_broken = true;
        }
    }
    is_broken.then_some(text)
}

/// Whether one half of a pair stood alone.
fn mend_escapes(mut rest: &[u8], text: &mut Vec<u8>) -> bool {
    let mut is_broken = false;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                text.extend_from_slice(br"\ufffd");
                rest = &rest[6..];
                is_broken = true;
                continue;
            }
            (Some(_), _) => 6,
            // A backslash after a backslash begins nothing.
            (None, _) => rest.len().min(2),
        };
        text.extend_from_slice(&rest[..length]);
        rest = &rest[length..];
    }
    text.extend_from_slice(rest);
    is_broken
}

/// The number that a text begins with as `\uXXXX`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, digit| {
        let digit = char::from(*digit).to_digit(16).and_then(|digit| u16::try_from(digit).ok())?;
        Some(number << 4 | digit)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(body: &[u8]) -> Option<String> {
        let mut mended = Vec::new();
        read::<String>(body, &mut mended).ok()
    }

    /// What Alertmanager 0.25 and 0.33 keep of the same bytes.
    #[test]
    fn broken_letters_are_read_as_go_reads_them() {
        let cases: [(&[u8], &str); 14] = [
            (br#""\ud800""#, "\u{fffd}"),
            (br#""\uDFFF.""#, "\u{fffd}."),
            (br#""\ud83d\ude00""#, "\u{1f600}"),
            (br#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (br#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (br#""\ud800A""#, "\u{fffd}A"),
            (br#""\ud800\n""#, "\u{fffd}\n"),
            (br#""\\ud800 \ud800""#, r"\ud800 �"),
            (br#""\\\ud800\"""#, "\\\u{fffd}\""),
            (b"\"a\xffb\"", "a\u{fffd}b"),
            // The first two of the three bytes of a euro sign; one that is cut off and one too long; a surrogate.
            (b"\"\xe2\x82\"", "\u{fffd}\u{fffd}"),
            (b"\"\xf0\x9f\x98\xc0\xaf\"", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            (b"\"\xed\xa0\x80\"", "\u{fffd}\u{fffd}\u{fffd}"),
            (b"\"\\ud800\xff\\u0041\"", "\u{fffd}\u{fffd}A"),
        ];
        for (body, read) in cases {
            assert_eq!(text(body).as_deref(), Some(read), "{}", body.escape_ascii());
        }
    }

    #[test]
    fn what_is_wrong_otherwise_stays_so() {
        let wrong: [&[u8]; 7] =
            [br#""\ud8""#, br#""\ud80x""#, br#""\x""#, b"\"\\\xff\"", b"\xff\"a\"", b"\"\n\"", b"\"\\ud800"];
        for body in wrong {
            assert_eq!(text(body), None, "{}", body.escape_ascii());
        }
        let error = read::<Value>(b"{\"a\": tru}", &mut Vec::new()).unwrap_err();
        assert_eq!((error.line(), error.column()), (1, 10));
    }

    #[test]
    fn names_are_mended_as_values_are() {
        let (body, mut mended) = (b"{\"a\\udc00\": [\"\xff\"], \"b\": 1}", Vec::new());
        let read = read::<Value>(body, &mut mended).unwrap();
        assert_eq!(read, json!({ "a\u{fffd}": ["\u{fffd}"], "b": 1 }));
    }

    #[test]
    fn whatever_the_bytes_what_was_read_before_is_read_as_before() {
        arbtest::arbtest(|u| {
            let pieces: [&[u8]; 9] =
                [b"\\", b"u", b"d8", b"3d", b"\\ude00", b"\\ud800", b"\xff", b"\xc3\xa9", b"a"];
            let mut body = b"\"".to_vec();
            for _ in 0..u.int_in_range(0..=10)? {
                body.extend_from_slice(u.choose(&pieces)?);
            }
            body.push(b'"');
            if let Ok(before) = serde_json::from_slice::<String>(&body) {
                assert_eq!(mend(&body), None, "{}", body.escape_ascii());
                assert_eq!(text(&body), Some(before));
            }
            Ok(())
        });
    }
}
