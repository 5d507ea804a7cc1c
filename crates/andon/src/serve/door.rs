//! Every connection, from its first byte to its last: how many there may be, how long each may take to say what it
//! wants, and what is known of who is at its other end.
//!
//! Each is on a task of its own, its handshake too: whoever is slow keeps nobody waiting.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use andon_api::Peer;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// Beyond it the next one waits for another to end.
const CONNECTIONS_MAX: usize = 8_192;
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// From the moment a request could begin to the end of its head; an idle connection is closed by it too.
const HEAD_WITHIN: Duration = Duration::from_secs(90);
/// A machine that has no more descriptors has some again soon.
const BREATH: Duration = Duration::from_millis(100);

/// A TLS record that holds a handshake.
const HANDSHAKE: u8 = 22;

/// What somebody hears who says plain HTTP where TLS is spoken.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 41\r\nconnection: close\r\n\r\nthis address speaks https: begin with it\n";

/// Until `stopped`; then what is being answered is answered.
pub async fn answer(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    pages: Router,
    stopped: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stopped = pin!(stopped);
    loop {
        let permit = Arc::clone(&room).acquire_owned();
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = async { (permit.await, accept(&listener).await) } => accepted,
        };
        let (Ok(permit), (stream, address)) = accepted else { break };
        let visit = Visit {
            peer: Peer { address: address.ip(), tls: tls.is_some() },
            pages: pages.clone(),
            watcher: graceful.watcher(),
        };
        let tls = tls.clone();
        tokio::spawn(async move {
            visit.begin(stream, tls).await;
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Whoever came is gone already.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

/// One connection.
struct Visit {
    peer: Peer,
    pages: Router,
    watcher: Watcher,
}

impl Visit {
    /// Whatever goes wrong on the way is the visitor's to notice.
    async fn begin(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Answers are small and awaited; what cannot be set is only slower.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else { return self.converse(stream).await };
        match tokio::time::timeout(HANDSHAKE_WITHIN, shake_hands(stream, &tls)).await {
            Ok(Ok(stream)) => self.converse(stream).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer.address, %error, "no TLS came about"),
            Err(_) => tracing::debug!(peer = %self.peer.address, "the TLS handshake took too long"),
        }
    }

    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let peer = self.peer;
        let service = self.pages.map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            request
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
        let conversation = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        if let Err(error) = self.watcher.watch(conversation).await {
            tracing::debug!(peer = %peer.address, %error, "a connection broke off");
        }
    }
}

async fn shake_hands(mut stream: TcpStream, tls: &TlsAcceptor) -> io::Result<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
        stream.write_all(PLAIN).await?;
        return Err(io::Error::other("it began with something else"));
    }
    tls.accept(stream).await
}
