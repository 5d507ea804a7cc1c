//! Handles: what a person is called in team files, on every page and in the journal.

const BYTES_MAX: usize = 64;

/// The error says what is wrong with it.
pub fn check_handle(handle: &str) -> Result<(), String> {
    if handle.is_empty() || handle.len() > BYTES_MAX {
        return Err(format!("a handle has 1 to {BYTES_MAX} letters, such as ana"));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+');
    if !handle.chars().all(is_plain) || !handle.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("a handle consists of letters, digits and . _ - @ +, and begins with a letter or digit"
            .to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_plain() {
        for handle in ["ana", "ana.b", "ana@shop.example", "7of9"] {
            assert!(check_handle(handle).is_ok(), "{handle}");
        }
        for handle in ["", "-ana", "<script>", "a b", "ana\n", "änä", &"a".repeat(65)] {
            assert!(check_handle(handle).is_err(), "{handle}");
        }
    }
}
