//! The certificate of Andon's own address: read from its files, and what a person has to know of it.

use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::instance::ServerTls;
use andon_definitions::{Catalog, Diagnostic, Severity};
use andon_vocabulary::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Whoever renews by hand needs some days; whatever renews by itself has failed by then.
const SOON: Duration = Duration::from_secs(14 * 86_400);
/// A chain and a key are a few kilobytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A certificate whose key belongs to it.
pub struct Certificate {
    pub signed: Arc<CertifiedKey>,
    /// None: its end cannot be read.
    ends: Option<Timestamp>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The key of `tls` that names the file.
    key: &'static str,
    what: String,
}

/// How long it is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    Long,
    EndsSoon(Timestamp),
    Ended(Timestamp),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Long => f.write_str("the certificate is good"),
            Term::EndsSoon(at) => write!(f, "the certificate ends at {at}"),
            Term::Ended(at) => write!(f, "the certificate ended at {at}: nobody's client accepts it"),
        }
    }
}

impl Certificate {
    /// Paths are relative to `directory`.
    pub fn read(tls: &ServerTls, directory: &Path) -> Result<Certificate, Unusable> {
        let path = directory.join(&tls.cert);
        let wrong = |what: String| Unusable { key: "cert", what: format!("{}: {what}", path.display()) };
        let pem = read(&path).map_err(&wrong)?;
        let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.map_err(|error| wrong(format!("not PEM: {error}")))?;
        let Some(own) = chain.first() else {
            return Err(wrong("no certificate in PEM is in it".to_owned()));
        };
        let ends = andon_live::certificate_ends(own);

        let path = directory.join(&tls.key);
        let wrong = |what: String| Unusable { key: "key", what: format!("{}: {what}", path.display()) };
        let pem = read(&path).map_err(&wrong)?;
        let key = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| wrong("no private key in PEM is in it".to_owned()))?;
        let provider = rustls::crypto::ring::default_provider();
        let signed = CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                wrong(format!("this is not the key of the certificate in {}", tls.cert))
            }
            error => wrong(format!("the certificate and its key cannot be used: {error}")),
        })?;
        Ok(Certificate { signed: Arc::new(signed), ends })
    }

    pub fn term(&self, now: Timestamp) -> Term {
        match self.ends {
            Some(ends) if ends <= now => Term::Ended(ends),
            Some(ends) if ends.since(now) < SOON => Term::EndsSoon(ends),
            _ => Term::Long,
        }
    }
}

/// What a person has to know of the files that the definitions name; none of the definitions themselves.
pub fn findings(catalog: &Catalog, directory: &Path, now: Timestamp) -> Vec<Diagnostic> {
    let Some(tls) = &catalog.instance.tls else { return Vec::new() };
    let definition = format!("Instance/{}", catalog.instance.name);
    let finding = |severity, code, key: &str, message: String, hint: &str| {
        let place = format!("/spec/tls/{key}");
        let mut finding = catalog.finding(severity, code, (&definition, &place), message)?;
        finding.hint = Some(hint.to_owned());
        Some(finding)
    };
    let mut found = Vec::new();
    match Certificate::read(tls, directory).map(|certificate| certificate.term(now)) {
        Ok(Term::Long) => {}
        Ok(term) => {
            let severity = match term {
                Term::Ended(_) => Severity::Error,
                Term::Long | Term::EndsSoon(_) => Severity::Warning,
            };
            let hint =
                "put a renewed one and its key in the place of these files; a running Andon takes it up";
            found.extend(finding(severity, "certificate-ends", "cert", term.to_string(), hint));
        }
        Err(unusable) => {
            let hint =
                "name PEM files, relative to the definitions: the certificate with its chain, and its key";
            found.extend(finding(Severity::Error, "certificate", unusable.key, unusable.what, hint));
        }
    }
    let path = directory.join(&tls.key);
    if std::fs::metadata(&path).is_ok_and(|seen| seen.permissions().mode() & 0o007 != 0) {
        let message = format!("everybody on this machine can read {}", path.display());
        found.extend(finding(Severity::Warning, "key-readable", "key", message, "`chmod o-rwx` it"));
    }
    found
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| format!("cannot read it: {error}");
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err("it is too long for a certificate or a key".to_owned());
    }
    std::fs::read(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dir: &Path, name: &str) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(dir.join(format!("{name}.crt")), made.cert.pem()).unwrap();
        std::fs::write(dir.join(format!("{name}.key")), made.signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn what_cannot_be_used_names_the_file_and_why() {
        let dir = tempfile::tempdir().unwrap();
        made(dir.path(), "a");
        made(dir.path(), "b");
        std::fs::write(dir.path().join("none"), "nothing\n").unwrap();
        let read = |cert: &str, key: &str| {
            let tls = ServerTls { cert: cert.to_owned(), key: key.to_owned() };
            Certificate::read(&tls, dir.path()).map(drop).map_err(|unusable| (unusable.key, unusable.what))
        };
        assert_eq!(read("a.crt", "a.key"), Ok(()));
        for (cert, key, at, why) in [
            ("a.crt", "b.key", "key", "b.key: this is not the key of the certificate in a.crt"),
            ("a.crt", "gone", "key", "gone: cannot read it"),
            ("gone", "a.key", "cert", "gone: cannot read it"),
            ("none", "a.key", "cert", "none: no certificate in PEM"),
            ("a.key", "a.key", "cert", "a.key: no certificate in PEM"),
            ("a.crt", "a.crt", "key", "a.crt: no private key in PEM"),
        ] {
            let (found, what) = read(cert, key).unwrap_err();
            assert!(found == at && what.contains(why), "{cert} {key}: {found}: {what}");
        }
    }

    #[test]
    fn an_end_is_told_in_time() {
        let dir = tempfile::tempdir().unwrap();
        made(dir.path(), "a");
        let tls = ServerTls { cert: "a.crt".to_owned(), key: "a.key".to_owned() };
        let certificate = Certificate::read(&tls, dir.path()).unwrap();
        let ends = certificate.ends.unwrap();
        let before = |days: u64| Timestamp::from_ms(ends.as_ms() - i64::try_from(days * 86_400_000).unwrap());
        assert_eq!(certificate.term(before(20)), Term::Long);
        assert_eq!(certificate.term(before(13)), Term::EndsSoon(ends));
        assert_eq!(certificate.term(ends), Term::Ended(ends));
    }
}
