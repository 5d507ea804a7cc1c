//! What proves who speaks to a server: a token from a file, from the environment, or the one that `andon sign-in` kept.

use std::fs::{OpenOptions, create_dir_all, read_to_string, remove_file};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use andon_identity::Secret;
use andon_vocabulary::is_this_machine;
use reqwest::Url;

use crate::exit::{Exit, Failure};

pub const VARIABLE: &str = "ANDON_TOKEN";

/// None: nobody has signed in, which is as well where nobody has to.
pub fn of(server: &Url, file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let found = match file {
        Some(file) => {
            let text = read_to_string(file).map_err(|error| {
                Failure::usage(format!("cannot read the token in {}: {error}", file.display()))
            })?;
            Some(text)
        }
        None => std::env::var(VARIABLE)
            .ok()
            .filter(|text| !text.is_empty())
            .map_or_else(|| kept(server), |text| Ok(Some(text)))?,
    };
    let Some(token) = found.map(|text| Secret::new(text.trim())) else { return Ok(None) };
    must_be_safe(server)?;
    Ok(Some(token))
}

/// Whoever listens on the way would have it.
pub fn must_be_safe(server: &Url) -> Result<(), Failure> {
    let host = server.host_str().unwrap_or_default();
    if server.scheme() == "https" || is_this_machine(host) {
        return Ok(());
    }
    Err(Failure::usage(format!("a token or a password would go to {host} unencrypted"))
        .hint("name the server with https://, or reach it through `ssh -L 7070:127.0.0.1:7070`"))
}

/// Keeps it for this server alone: another is never shown it.
pub fn keep(server: &Url, token: &Secret) -> Result<PathBuf, Failure> {
    let path = place(server)?;
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failed, format!("cannot keep the token in {}: {error}", path.display()))
    };
    if let Some(directory) = path.parent() {
        create_dir_all(directory.parent().unwrap_or(directory)).map_err(failed)?;
        match std::fs::DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
    }
    // Never readable by others, not even while it is written: an older one may be.
    match remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
    writeln!(file, "{}", token.expose()).map_err(failed)?;
    Ok(path)
}

/// Whether there was one.
pub fn forget(server: &Url) -> Result<bool, Failure> {
    let path = place(server)?;
    match remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::new(Exit::Failed, format!("cannot remove {}: {error}", path.display()))),
    }
}

fn kept(server: &Url) -> Result<Option<String>, Failure> {
    let Ok(path) = place(server) else { return Ok(None) };
    match read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("cannot read the token in {}: {error}", path.display()))),
    }
}

fn place(server: &Url) -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    let config = config.ok_or_else(|| {
        Failure::usage("there is no home directory to keep a token in").hint("set ANDON_TOKEN instead")
    })?;
    let host = server.host_str().unwrap_or_default();
    let port = server.port_or_known_default().unwrap_or_default();
    let name: String = format!("{}-{host}-{port}", server.scheme());
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    Ok(config.join("andon").join(name.chars().map(plain).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_nothing_that_others_hear() {
        for well in
            ["https://andon.example", "http://127.0.0.1:7070", "http://localhost:1", "http://[::1]:7070"]
        {
            assert!(must_be_safe(&Url::parse(well).expect("an address")).is_ok(), "{well}");
        }
        for ill in ["http://andon.example", "http://10.0.0.1:7070", "http://localhost.example:1"] {
            assert!(must_be_safe(&Url::parse(ill).expect("an address")).is_err(), "{ill}");
        }
    }
}
