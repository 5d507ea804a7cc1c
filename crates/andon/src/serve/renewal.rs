//! TLS for Andon's own address, with the certificate that lies in its files now: a renewed one is taken up without a
//! restart, and of a broken one only the log hears.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use andon_definitions::instance::ServerTls;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::certificate::{Certificate, Term};
use crate::clock;
use crate::exit::{Exit, Failure};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often its end is told while it draws near.
const TELL_EVERY: Duration = Duration::from_secs(86_400);

/// What is shown to whoever connects.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Where the files lie, and what was last seen of them.
pub struct Renewal {
    tls: ServerTls,
    directory: PathBuf,
    current: Arc<Current>,
    certificate: Certificate,
    seen: Stamp,
}

type Stamp = [Option<(SystemTime, u64)>; 2];

/// What takes connections, and what keeps its certificate fresh.
pub fn protect(tls: &ServerTls, directory: PathBuf) -> Result<(TlsAcceptor, Renewal), Failure> {
    let unusable = |what: String| {
        Failure::new(Exit::Failed, format!("cannot speak TLS: {what}"))
            .hint("mend the files that `tls` of the instance names; `andon check` looks at them too")
    };
    let seen = stamp(tls, &directory);
    let certificate = Certificate::read(tls, &directory).map_err(|error| unusable(error.to_string()))?;
    let current = Arc::new(Current(RwLock::new(Arc::clone(&certificate.signed))));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| unusable(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let renewal = Renewal { tls: tls.clone(), directory, current, certificate, seen };
    Ok((TlsAcceptor::from(Arc::new(config)), renewal))
}

impl Renewal {
    /// For as long as it serves.
    pub async fn keep(mut self) {
        let mut untold = Duration::MAX;
        loop {
            if untold >= TELL_EVERY {
                self.tell_its_end();
                untold = Duration::ZERO;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            untold += LOOK_EVERY;
            let stamp = stamp(&self.tls, &self.directory);
            if stamp != self.seen {
                self.seen = stamp;
                self.take_up();
                untold = Duration::MAX;
            }
        }
    }

    fn take_up(&mut self) {
        match Certificate::read(&self.tls, &self.directory) {
            Ok(renewed) => {
                let mut current = self.current.0.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::clone(&renewed.signed);
                drop(current);
                self.certificate = renewed;
                tracing::info!("the certificate on the disk is shown from now on");
            }
            // Between a new certificate and its key this is said too; the key's coming mends it.
            Err(why) => {
                tracing::error!(%why, "the certificate on the disk cannot be used; the one before it still is");
            }
        }
    }

    fn tell_its_end(&self) {
        match self.certificate.term(clock::now()) {
            Term::Long => {}
            term @ Term::EndsSoon(_) => tracing::warn!("{term}"),
            term @ Term::Ended(_) => tracing::error!("{term}"),
        }
    }
}

/// Follows links, as those who renew certificates set them.
fn stamp(tls: &ServerTls, directory: &std::path::Path) -> Stamp {
    [&tls.cert, &tls.key].map(|path| {
        let seen = std::fs::metadata(directory.join(path)).ok()?;
        Some((seen.modified().ok()?, seen.len()))
    })
}
