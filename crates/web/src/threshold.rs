//! An alert's condition as a chart wants it: what is measured, and the bound that it is measured against.

/// The query without its last comparison, and the number it is compared with. None where the condition has another
/// form: then all of it is drawn.
pub fn split(condition: &str) -> Option<(&str, f64)> {
    let (at, length) = comparison(condition)?;
    let bound = condition[at + length..].trim();
    let value = bound.parse().ok().filter(|value: &f64| value.is_finite())?;
    let measured = condition[..at].trim();
    (!measured.is_empty()).then_some((measured, value))
}

/// Where the outermost comparison stands, and how long its sign is.
fn comparison(text: &str) -> Option<(usize, usize)> {
    let (mut depth, mut quote, mut escaped, mut found) = (0_i32, None, false, None);
    for (at, byte) in text.bytes().enumerate() {
        if let Some(open) = quote {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                _ if byte == open => quote = None,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' | b'\'' | b'`' => quote = Some(byte),
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth -= 1,
            b'>' | b'<' | b'=' | b'!'
                if depth == 0 && found.is_none_or(|(start, length)| at >= start + length) =>
            {
                let length = if text.as_bytes().get(at + 1) == Some(&b'=') { 2 } else { 1 };
                found = Some((at, length));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_outermost_comparison_with_a_number_is_taken_off() {
        assert_eq!(split("max(a / b) > 0.9"), Some(("max(a / b)", 0.9)));
        assert_eq!(split("up == 0"), Some(("up", 0.0)));
        assert_eq!(split("a{x!=\"> 1\"} >= 150e6\n"), Some(("a{x!=\"> 1\"}", 150e6)));
        assert_eq!(split("sum(a > 3)"), None);
        assert_eq!(split("a > b"), None);
        assert_eq!(split("absent(up)"), None);
        assert_eq!(split("> 3"), None);
    }
}
