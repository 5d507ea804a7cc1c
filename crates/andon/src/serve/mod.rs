//! The server: a running loop, behind pages and an API, on one address.
//!
//! SIGTERM and Ctrl-C stop it in order, and with it what it supervises on this machine. SIGKILL stops it alone: the
//! next start adopts what went on.

mod distant;
mod door;
mod entrance;
mod ingest;
mod listen;
mod port;
mod renewal;
mod vouching;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use andon_api::{Entrance, Loop};
use andon_live::{Ended, Options, Running, StartError};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::definitions::{Definitions, count};
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;
use port::Port;

/// How long requests in flight may take once it stops; streams never end by themselves.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where it runs, if not as the definitions say.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The directory of the definitions, or the one that has them in ops/
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Listen here instead of where the instance says; beyond this machine only with `identity` and TLS
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Keep the journal here instead of where the instance says
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Let programs delete and copy samples: Prometheus's admin API
    #[arg(long)]
    pub admin_api: bool,
    /// Print a link that makes whoever opens it an admin, once: where every admin's password is lost
    #[arg(long)]
    pub admin_link: bool,
}

impl Place {
    /// Runs until it is told to stop. `ready` is called once it answers, with the address that it is asked at.
    pub fn serve(&self, ready: impl FnOnce(&str)) -> Outcome {
        log();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot start: {error}")))?;
        let outcome = runtime.block_on(self.run(ready));
        runtime.shutdown_background();
        outcome
    }

    async fn run(&self, ready: impl FnOnce(&str)) -> Outcome {
        // Before anything is started: an address that is taken must not begin by starting a workload.
        let definitions = Definitions::read(&self.dir)?;
        let asked = self.listen.as_deref().unwrap_or(&definitions.catalog.instance.listen);
        let (listener, address) = listen::bind(asked, &definitions.catalog.instance).await?;
        let (tls, renewal) = match &definitions.catalog.instance.tls {
            Some(tls) => {
                let (tls, renewal) = renewal::protect(tls, definitions.directory.path().to_owned())?;
                (Some(tls), Some(renewal))
            }
            None => (None, None),
        };
        // Before anybody can know that it runs: told to stop so early, it must not leave behind what it started.
        let asked_to_stop = Asked::heard()?;
        let (live, running) = andon_live::start(self.options(address)?).map_err(cannot_start)?;
        let plans = live.plans();
        let port: Arc<dyn Loop> =
            Arc::new(Port::new(live, self.admin_api, Entrance::default(), address.to_string()));
        let pages = andon_api::router(Arc::clone(&port)).merge(andon_web::router(Arc::clone(&port)));
        let pages = if tls.is_some() { pages.layer(from_fn(only_over_tls)) } else { pages };
        let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
        let (stop, stopped) = oneshot::channel::<()>();
        let mut server = tokio::spawn(door::answer(listener, tls, pages, async {
            // Dropped or sent, it is over.
            let _ = stopped.await;
        }));
        let renewing = renewal.map(|renewal| tokio::spawn(renewal.keep()));
        ready(&url);
        let doorman = tokio::spawn(entrance::welcome(port, plans, url.clone(), self.admin_link));
        let outcome = until_told(running, asked_to_stop).await;
        doorman.abort();
        // An error means that the server has gone already.
        let _ = stop.send(());
        if tokio::time::timeout(FAREWELL, &mut server).await.is_err() {
            server.abort();
        }
        if let Some(renewing) = renewing {
            renewing.abort();
        }
        outcome
    }

    fn options(&self, address: SocketAddr) -> Result<Options, Failure> {
        let own = std::env::current_exe().map_err(|error| {
            Failure::new(Exit::Failed, format!("cannot find this program, which is the hands too: {error}"))
        })?;
        Ok(Options {
            directory: self.dir.clone(),
            data: self.data.clone(),
            hands: (own, vec!["hands".to_owned()]),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: Some(address.to_string()),
        })
    }
}

/// A browser that was here over TLS comes by nothing else for a year. Not to `localhost`, which other programs share.
async fn only_over_tls(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_shared = host.split(':').next() == Some("localhost");
    let mut response = next.run(request).await;
    if !is_shared {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// What asks it to stop.
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    /// From now on neither ends the process by itself.
    fn heard() -> Result<Asked, Failure> {
        let failed = |error| Failure::new(Exit::Failed, format!("cannot wait for signals: {error}"));
        Ok(Asked {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }
}

/// Stops in order when asked; at once, and leaving alone what it supervises, when asked twice.
async fn until_told(mut running: Running, asked: Asked) -> Outcome {
    let Asked { mut terminate, mut interrupt } = asked;
    tokio::select! {
        ended = running.ended() => return end_of(ended),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping, and with it what runs here; once more leaves that running");
    tokio::select! {
        ended = running.stop(true) => end_of(ended),
        _ = terminate.recv() => Ok(Exit::Well),
        _ = interrupt.recv() => Ok(Exit::Well),
    }
}

fn end_of(ended: Ended) -> Outcome {
    match ended {
        Ended::Stopped => Ok(Exit::Well),
        other => Err(Failure::new(Exit::Failed, format!("the loop ended: {other:?}"))
            .hint("nothing acknowledged is lost: start it again, and read the log above")),
    }
}

fn cannot_start(error: StartError) -> Failure {
    match error {
        StartError::Broken { findings, files } => {
            eprint!("{}", andon_definitions::render(&findings, &files, terminal::wants_colour()));
            let errors = findings.iter().filter(|finding| finding.is_error()).count();
            Failure::new(Exit::Failed, format!("the definitions have {}", count(errors, "error")))
                .hint("mend them; `andon check` shows what is left")
        }
        StartError::Directory(_) | StartError::Data { .. } => Failure::usage(error.to_string()),
        other => Failure::new(Exit::Failed, other.to_string()),
    }
}

/// To stderr. ANDON_LOG chooses what, in the words of `RUST_LOG`.
fn log() {
    let filter = EnvFilter::try_from_env("ANDON_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(
            std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none(),
        )
        .with_target(false)
        .init();
}
