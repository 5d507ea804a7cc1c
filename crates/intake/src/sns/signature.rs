//! Whether SNS signed an envelope: RSA with PKCS #1 padding over SHA-1 (version 1) or SHA-256 (version 2).

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use webpki::{EndEntityCert, ring as algorithms};

use super::{Envelope, Hash};

/// Why an envelope is not SNS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven(pub String);

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Envelope {
    /// Whether the holder of this certificate, in PEM, signed it. The certificate must come from
    /// [`Envelope::certificate_url`].
    pub fn verify(&self, certificate: &[u8]) -> Result<(), Unproven> {
        let wrong = |what: &str| Unproven(what.to_owned());
        let der = CertificateDer::from_pem_slice(certificate)
            .map_err(|_| wrong("what SigningCertURL names is no certificate in PEM"))?;
        let certificate = EndEntityCert::try_from(&der)
            .map_err(|error| Unproven(format!("the certificate cannot be read: {error}")))?;
        let signature =
            BASE64_STANDARD.decode(&self.signature).map_err(|_| wrong("the signature is no base64"))?;
        let algorithm = match self.hash {
            Hash::Sha1 => &RsaSha1,
            Hash::Sha256 => algorithms::RSA_PKCS1_2048_8192_SHA256,
        };
        certificate
            .verify_signature(algorithm, self.signed.as_bytes(), &signature)
            .map_err(|_| wrong("the signature is not the certificate's"))
    }
}

/// What topics sign with unless their owner has asked for version 2.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// sha1WithRSAEncryption (1.2.840.113549.1.1.5) with a NULL parameter.
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
        ])
    }
}
