//! The files that a client's configuration names, as they are at one moment.

use std::collections::BTreeMap;
use std::path::Path;

use andon_definitions::prometheus::HttpClient;

/// No password or certificate is larger.
const BYTES_MAX: u64 = 1 << 20;

/// By the path as it is written.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn read(config: &HttpClient, directory: &Path) -> Result<Files, String> {
        let (auth, tls) = (config.basic_auth.as_ref(), &config.tls_config);
        let mut paths = vec![
            auth.and_then(|auth| auth.username_file.as_ref()),
            auth.and_then(|auth| auth.password_file.as_ref()),
            config.authorization.as_ref().and_then(|auth| auth.credentials_file.as_ref()),
            config.bearer_token_file.as_ref(),
            tls.ca_file.as_ref(),
            tls.cert_file.as_ref(),
            tls.key_file.as_ref(),
        ];
        paths.extend(config.http_headers.values().flat_map(|values| &values.files).map(Some));
        let mut files = BTreeMap::new();
        for path in paths.into_iter().flatten() {
            files.insert(path.clone(), read(&directory.join(path))?);
        }
        Ok(Files(files))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn bytes(&self, path: &str) -> &[u8] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// The text without the space around it: editors end a file with a new line.
    pub fn text(&self, path: &str) -> Result<&str, String> {
        let text = std::str::from_utf8(self.bytes(path)).map_err(|_| format!("{path} is not UTF-8"))?;
        Ok(text.trim())
    }
}

/// What is in them is secret.
impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let why = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(why)?;
    if !metadata.is_file() || metadata.len() > BYTES_MAX {
        return Err(format!("{} is no file of a credential or certificate", path.display()));
    }
    std::fs::read(path).map_err(why)
}
