//! Secrets are resolved here, at the last moment, and kept out of what is reported.
//!
//! `secret:env/NAME` is a variable of this process, `secret:file/PATH` the content of a file. Only a reference that
//! the definitions make is resolved: an order cannot ask for another.

use std::collections::BTreeMap;

/// What stands in a report where a secret stood.
const HIDDEN: &str = "[secret]";
/// A shorter value would blot out half of any text, and protect nobody.
const HIDDEN_BYTES_MIN: usize = 4;

#[derive(Default)]
pub struct Secrets {
    allowed: Vec<String>,
}

/// The values that one action needed, to be hidden from its report.
#[derive(Default)]
pub struct Used(Vec<String>);

impl Secrets {
    pub fn allowing(allowed: Vec<String>) -> Secrets {
        Secrets { allowed }
    }

    /// `text` itself, or what it refers to.
    pub fn resolve(&self, text: &str, used: &mut Used) -> Result<String, String> {
        if !text.starts_with("secret:") {
            return Ok(text.to_owned());
        }
        if !self.allowed.iter().any(|allowed| allowed == text) {
            return Err(format!("{text} is not among the secrets that the definitions name"));
        }
        let value = match text["secret:".len()..].split_once('/') {
            Some(("env", name)) => std::env::var(name)
                .map_err(|error| format!("{text}: {error}; set {name} where Andon starts"))?,
            Some(("file", path)) => std::fs::read_to_string(path)
                .map_err(|error| format!("{text}: {path} cannot be read: {error}"))?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
            _ => return Err(format!("{text}: write secret:env/NAME or secret:file/PATH")),
        };
        used.0.push(value.clone());
        Ok(value)
    }

    pub fn resolve_all(
        &self,
        texts: &BTreeMap<String, String>,
        used: &mut Used,
    ) -> Result<BTreeMap<String, String>, String> {
        texts.iter().map(|(name, text)| Ok((name.clone(), self.resolve(text, used)?))).collect()
    }
}

impl Used {
    pub fn hide(&self, text: &str) -> String {
        self.0
            .iter()
            .filter(|value| value.len() >= HIDDEN_BYTES_MIN)
            .fold(text.to_owned(), |text, value| text.replace(value.as_str(), HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_definitions_name_is_resolved_and_then_hidden() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "hunter22\n").expect("it is ours");
        let reference = format!("secret:file/{}", file.path().display());
        let mut used = Used::default();
        let refused = Secrets::default().resolve(&reference, &mut used);
        assert!(refused.is_err_and(|why| why.contains("not among the secrets")));
        let secrets = Secrets::allowing(vec![reference.clone()]);
        assert_eq!(secrets.resolve(&reference, &mut used).as_deref(), Ok("hunter22"));
        assert_eq!(secrets.resolve("plain", &mut used).as_deref(), Ok("plain"));
        assert_eq!(used.hide("token hunter22, plain"), "token [secret], plain");
    }
}
