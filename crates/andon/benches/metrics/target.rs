//! A target that exposes all series, and how much a peer works to scrape it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::Failed;
use crate::data::Data;
use crate::peer::Peer;

/// As many different pages as are handed out in turn, so that values change.
const PAGES: usize = 20;

pub struct Target {
    address: SocketAddr,
    series: usize,
    scrapes: Arc<AtomicU64>,
}

impl Target {
    pub async fn start(data: &Data) -> Result<Target, Failed> {
        let pages: Arc<Vec<String>> = Arc::new((0..PAGES).map(|page| data.exposition(page)).collect());
        let scrapes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&scrapes);
        let page = move || {
            let turn = counted.fetch_add(1, Ordering::Relaxed) as usize;
            let text = pages[turn % PAGES].clone();
            async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text) }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/metrics", get(page))).await });
        Ok(Target { address, series: data.series(), scrapes })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time that the peer took over fifteen seconds, and the samples that it was handed.
    pub async fn watch(&self, peer: &Peer) -> Result<(Duration, u64), Failed> {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (cpu, scrapes) = (peer.process.cpu()?, self.scrapes.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_secs(15)).await;
        let scraped = self.scrapes.load(Ordering::Relaxed) - scrapes;
        if scraped == 0 {
            return Err("the peer scraped nothing".into());
        }
        Ok((peer.process.cpu()? - cpu, scraped * self.series as u64))
    }
}
