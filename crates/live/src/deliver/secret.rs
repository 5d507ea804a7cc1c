//! Secrets, read at the moment they are used and never kept or logged.

use std::path::Path;

/// The value behind `secret:env/NAME` or `secret:file/PATH` (relative to `base`); any other text is itself. An error
/// names the place, never a value.
pub fn resolve(text: &str, base: &Path) -> Result<String, String> {
    let Some(reference) = text.strip_prefix("secret:") else {
        return Ok(text.to_owned());
    };
    if let Some(name) = reference.strip_prefix("env/") {
        return std::env::var(name)
            .map_err(|_| format!("{text}: the environment of this Andon has no variable {name}"));
    }
    if let Some(path) = reference.strip_prefix("file/") {
        let path = base.join(path);
        return std::fs::read_to_string(&path)
            .map(|value| value.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| format!("{text}: cannot read {}: {error}", path.display()));
    }
    Err(format!("{text}: a secret is secret:env/NAME or secret:file/PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_where_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("chat-url"), "http://chat/hook\n").unwrap();
        let resolve = |text| resolve(text, dir.path());
        assert_eq!(resolve("secret:file/chat-url").unwrap(), "http://chat/hook");
        assert_eq!(resolve("plain").unwrap(), "plain");
        assert_eq!(resolve("secret:env/PATH").unwrap(), std::env::var("PATH").unwrap());
        let error = resolve("secret:env/ANDON_NO_SUCH_THING").unwrap_err();
        assert!(error.contains("no variable ANDON_NO_SUCH_THING"), "{error}");
        assert!(resolve("secret:file/nowhere").unwrap_err().contains("cannot read"));
        assert!(resolve("secret:vault/x").is_err());
    }
}
