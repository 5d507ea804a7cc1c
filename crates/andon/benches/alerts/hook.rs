//! A receiver's webhook: when it was called, and what for.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::Failed;

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Hook(UnboundedReceiver<(Instant, Bytes)>);

impl Hook {
    pub async fn start() -> Result<(Hook, SocketAddr), Failed> {
        let (calls, called) = unbounded_channel();
        let take = move |body: Bytes| {
            // Nobody listens any more once what is measured of it is.
            let _ = calls.send((Instant::now(), body));
            async {}
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let routes = Router::new().route("/", post(take)).layer(DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok((Hook(called), address))
    }

    /// When it was called with this word in the body.
    pub async fn called(&mut self, word: &str) -> Result<Instant, Failed> {
        loop {
            let call = tokio::time::timeout(PATIENCE, self.0.recv()).await;
            let (at, body) =
                call.map_err(|_| format!("nobody was told of {word}"))?.ok_or("the hook is gone")?;
            if String::from_utf8_lossy(&body).contains(word) {
                return Ok(at);
            }
        }
    }
}
