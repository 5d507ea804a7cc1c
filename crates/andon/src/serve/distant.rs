//! The store elsewhere as the API sees one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use andon_api::{Elsewhere, Passed, Said, Unsaid};
use andon_vocabulary::{Labels, Timestamp};
use axum::body::Body;
use futures_util::stream;

pub struct Distant(pub Arc<andon_live::Elsewhere>);

impl Elsewhere for Distant {
    fn ask(&self, passed: Passed) -> Pin<Box<dyn Future<Output = Result<Said, Unsaid>> + Send>> {
        let store = Arc::clone(&self.0);
        Box::pin(async move {
            let said = store.pass(&passed.path, &passed.form, passed.within).await;
            let said = said.map_err(|error| match error {
                andon_live::Unsaid::TimedOut => Unsaid::TimedOut,
                andon_live::Unsaid::Silent(why) => Unsaid::Silent(why),
            })?;
            let status = said.status;
            let pieces = stream::try_unfold(said, |mut said| async {
                let piece = said.piece().await.map_err(io::Error::other)?;
                Ok::<_, io::Error>(piece.map(|piece| (piece, said)))
            });
            Ok(Said { status, body: Body::from_stream(pieces) })
        })
    }

    fn values(&self, query: &str, at: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
        self.0.values(query, at)
    }

    fn place(&self) -> String {
        self.0.place()
    }
}
