//! TLS as a configuration says: whom to trust, and who one is.

use std::net::IpAddr;
use std::sync::Arc;

use andon_definitions::prometheus::{Tls, TlsVersion};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, SupportedProtocolVersion};

use super::files::Files;

/// None: nothing is configured, and the system's trust holds.
pub(super) fn config(tls: &Tls, files: &Files) -> Result<Option<ClientConfig>, String> {
    if *tls == Tls::default() {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions(tls))
        .map_err(|error| format!("these versions of TLS cannot be spoken: {error}"))?;
    let verifier: Arc<dyn ServerCertVerifier> = if tls.insecure_skip_verify {
        Arc::new(Trusting(provider))
    } else {
        let roots = Arc::new(roots(tls, files)?);
        let checked = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| format!("no certificate could be trusted: {error}"))?;
        match &tls.server_name {
            None => checked,
            Some(name) => {
                let expected = ServerName::try_from(name.clone());
                let expected = expected.map_err(|_| format!("`{name}` is no name of a server"))?;
                Arc::new(Named { expected, checked })
            }
        }
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let pem = |plain: Option<&str>, file: Option<&String>| match (plain, file) {
        (Some(plain), _) => Some(plain.as_bytes().to_vec()),
        (None, file) => file.map(|path| files.bytes(path).to_vec()),
    };
    let key = tls.key.as_ref().map(|key| key.0.as_str());
    let (certificate, key) =
        (pem(tls.cert.as_deref(), tls.cert_file.as_ref()), pem(key, tls.key_file.as_ref()));
    // An IP address is no name that could be said, and that of the address was not asked for.
    let says_name = tls.server_name.as_ref().is_none_or(|name| name.parse::<IpAddr>().is_err());
    let named = |mut config: ClientConfig| {
        config.enable_sni = says_name;
        Some(config)
    };
    let (Some(certificate), Some(key)) = (certificate, key) else {
        return Ok(named(builder.with_no_client_auth()));
    };
    let chain = certificates(&certificate, "the client's certificate")?;
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|error| format!("the client's key is not PEM with a private key: {error}"))?;
    let config = builder.with_client_auth_cert(chain, key);
    config.map(named).map_err(|error| format!("the client's certificate and key cannot be used: {error}"))
}

fn versions(tls: &Tls) -> Vec<&'static SupportedProtocolVersion> {
    let least = tls.min_version.unwrap_or(TlsVersion::Tls12);
    let most = tls.max_version.unwrap_or(TlsVersion::Tls13);
    let all = [(TlsVersion::Tls12, &rustls::version::TLS12), (TlsVersion::Tls13, &rustls::version::TLS13)];
    all.into_iter()
        .filter(|(version, _)| (least..=most).contains(version))
        .map(|(_, version)| version)
        .collect()
}

/// Those given, else the system's.
fn roots(tls: &Tls, files: &Files) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let given = match (&tls.ca, &tls.ca_file) {
        (Some(pem), _) => certificates(pem.as_bytes(), "`ca`")?,
        (None, Some(path)) => certificates(files.bytes(path), path)?,
        (None, None) => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            return Ok(roots);
        }
    };
    for certificate in given {
        roots.add(certificate).map_err(|error| format!("a certificate cannot be trusted: {error}"))?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!("{what} holds no certificate in PEM")),
        Err(error) => Err(format!("{what} is not PEM: {error}")),
    }
}

/// Believes whoever answers: what `insecure_skip_verify` asks for.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Expects a certificate of another name than the address has.
#[derive(Debug)]
struct Named {
    expected: ServerName<'static>,
    checked: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.checked.verify_server_cert(certificate, chain, &self.expected, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.checked.supported_verify_schemes()
    }
}
