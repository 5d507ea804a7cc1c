//! The headers by which a client says who it is.

use andon_definitions::prometheus::{HttpClient, Secret};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::files::Files;

pub(super) fn headers(config: &HttpClient, files: &Files) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, values) in &config.http_headers {
        let known = HeaderName::try_from(name).map_err(|_| format!("`{name}` is no name of a header"))?;
        let secrets = values.secrets.iter().map(|secret| Ok(secret.0.as_str()));
        let read = values.files.iter().map(|path| files.text(path));
        for value in values.values.iter().map(|value| Ok(value.as_str())).chain(secrets).chain(read) {
            headers.append(known.clone(), secret(name, value?)?);
        }
    }
    if let Some(value) = authorization(config, files)? {
        headers.insert(AUTHORIZATION, secret("Authorization", &value)?);
    }
    Ok(headers)
}

fn authorization(config: &HttpClient, files: &Files) -> Result<Option<String>, String> {
    let either = |plain: Option<&str>, file: Option<&String>| -> Result<String, String> {
        match (plain, file) {
            (Some(plain), _) => Ok(plain.to_owned()),
            (None, Some(path)) => files.text(path).map(str::to_owned),
            (None, None) => Ok(String::new()),
        }
    };
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.0.clone());
    if let Some(auth) = &config.basic_auth {
        let name = either(auth.username.as_deref(), auth.username_file.as_ref())?;
        let password = either(secret(&auth.password).as_deref(), auth.password_file.as_ref())?;
        return Ok(Some(format!("Basic {}", base64(format!("{name}:{password}").as_bytes()))));
    }
    if let Some(auth) = &config.authorization {
        let credentials = either(secret(&auth.credentials).as_deref(), auth.credentials_file.as_ref())?;
        return Ok(Some(format!("{} {credentials}", auth.kind.trim())));
    }
    if config.bearer_token.is_some() || config.bearer_token_file.is_some() {
        let token = either(secret(&config.bearer_token).as_deref(), config.bearer_token_file.as_ref())?;
        return Ok(Some(format!("Bearer {token}")));
    }
    Ok(None)
}

/// Marked, so that no log shows it.
fn secret(name: &str, value: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        format!("what should stand in the header {name} has characters that no header may have")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_any_length() {
        for (text, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }
}
