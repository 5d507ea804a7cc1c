//! When a certificate ends: the one field of X.509 that a probe needs.

use andon_vocabulary::Timestamp;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, the version, which the oldest certificates leave out.
const VERSION: u8 = 0xa0;

/// `notAfter` of a DER certificate (RFC 5280, 4.1). None: not one that we can read.
pub fn ends(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(der)?;
    let (_, to_be_signed, _) = element(certificate)?;
    let (tag, _, after_first) = element(to_be_signed)?;
    // version, serialNumber, signature, issuer, validity
    let serial = if tag == VERSION { after_first } else { to_be_signed };
    let (_, _, signature) = element(serial)?;
    let (_, _, issuer) = element(signature)?;
    let (_, _, validity) = element(issuer)?;
    let (SEQUENCE, validity, _) = element(validity)? else {
        return None;
    };
    let (_, _, not_after) = element(validity)?;
    let (tag, text, _) = element(not_after)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 4 {
            return None;
        }
        let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, in which 50 to 99 are of the last century, or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z')?;
    let full = match tag {
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    if full.len() != 14 || !full.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from, to| &full[from..to];
    format!("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14))
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frame of a certificate as RFC 5280 gives it, with nothing in the fields that are skipped.
    fn certificate(version: bool, not_after: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
        let validity = wrap(SEQUENCE, &[&wrap(UTC_TIME, b"250101000000Z"), not_after].concat());
        let mut fields = Vec::new();
        if version {
            fields.extend(wrap(VERSION, &wrap(2, &[2])));
        }
        fields.extend(wrap(2, &[7]));
        fields.extend(wrap(SEQUENCE, &[]));
        fields.extend(wrap(SEQUENCE, &[]));
        fields.extend(validity);
        wrap(SEQUENCE, &wrap(SEQUENCE, &fields))
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        let utc = [&[UTC_TIME, 13], &b"261122231500Z"[..]].concat();
        let general = [&[GENERALIZED_TIME, 15], &b"20520101000000Z"[..]].concat();
        let shown = |der: Vec<u8>| ends(&der).map(|at| at.to_string());
        assert_eq!(shown(certificate(true, &utc)).as_deref(), Some("2026-11-22T23:15:00.000Z"));
        assert_eq!(shown(certificate(false, &general)).as_deref(), Some("2052-01-01T00:00:00.000Z"));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = certificate(true, &[&[UTC_TIME, 13], &b"261122231500Z"[..]].concat());
        for cut in 0..whole.len() {
            assert_eq!(ends(&whole[..cut]), None);
        }
        assert_eq!(ends(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(ends(&certificate(true, &[UTC_TIME, 2, b'x', b'Z'])), None);
    }
}
