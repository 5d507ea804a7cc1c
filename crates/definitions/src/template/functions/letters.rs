//! Capital and small letters as Go maps them: each letter to one other, so that a text keeps its length in letters.

/// `strings.ToUpper`.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(|c| only(c.to_uppercase()).unwrap_or_else(|| capital(c))).collect()
}

/// `strings.ToLower`, which knows no sigma at the end of a word.
pub(super) fn lower(text: &str) -> String {
    let dotted = |c| if c == 'İ' { 'i' } else { c };
    text.chars().map(|c| only(c.to_lowercase()).unwrap_or_else(|| dotted(c))).collect()
}

/// The letter, where it is one.
fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// Of what is more than one letter in capitals: the Greek ones with an iota have one of their own (the simple mappings of
/// Unicode's `UnicodeData.txt`), others such as `ß` stay.
fn capital(c: char) -> char {
    let after = match c {
        'ᾀ'..='ᾇ' | 'ᾐ'..='ᾗ' | 'ᾠ'..='ᾧ' => 8,
        'ᾳ' | 'ῃ' | 'ῳ' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(c) + after).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Alertmanager 0.33 makes of the same.
    #[test]
    fn each_letter_becomes_one() {
        assert_eq!(upper("straße ı ﬁ ᾀ ᾳ ŉ ǆ"), "STRAßE I ﬁ ᾈ ᾼ ŉ Ǆ");
        assert_eq!(lower("İ ΑΣ ẞ ÉA"), "i ασ ß éa");
    }
}
