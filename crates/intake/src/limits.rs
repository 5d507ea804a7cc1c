//! How much of everything a payload may bring.

/// Of a request.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// Of one payload.
pub const ALERTS_MAX: usize = 10_000;
/// Of one alert; annotations have the same limit.
pub const LABELS_MAX: usize = 128;
pub const NAME_BYTES_MAX: usize = 256;
/// Labels say which alert it is, so a longer one is refused.
pub const LABEL_BYTES_MAX: usize = 4096;
/// Annotations are for people, so a longer one is cut.
pub const ANNOTATION_BYTES_MAX: usize = 16 << 10;
pub const KEY_BYTES_MAX: usize = 512;

/// What of an alert's labels and annotations is too much, or too little.
pub(crate) fn flaw(labels: &[(String, String)], annotations: &[(String, String)]) -> Option<String> {
    if labels.is_empty() {
        return Some("an alert has no labels".to_owned());
    }
    for (what, pairs) in [("labels", labels), ("annotations", annotations)] {
        if pairs.len() > LABELS_MAX {
            return Some(format!("an alert has {} {what}, and {LABELS_MAX} are allowed", pairs.len()));
        }
        if let Some((name, _)) = pairs.iter().find(|(name, _)| name.is_empty() || name.len() > NAME_BYTES_MAX)
        {
            let bytes = name.len();
            return Some(format!(
                "the name of one of an alert's {what} has {bytes} bytes, and 1 to {NAME_BYTES_MAX} are allowed"
            ));
        }
    }
    let (name, value) = labels.iter().find(|(_, value)| value.len() > LABEL_BYTES_MAX)?;
    Some(format!("the label {name:?} has {} bytes, and {LABEL_BYTES_MAX} are allowed", value.len()))
}

/// Ends in `…` where it was longer.
pub(crate) fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let mut end = bytes - '…'.len_utf8();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
}
