//! Server-sent events: one for each new view, with the position as its id.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;

use super::Shared;
use crate::doors::Visitor;

/// Several records in quick succession wake a listener once.
const SETTLE: Duration = Duration::from_millis(50);

/// It ends when whoever listens could no longer begin to.
pub async fn stream(
    State(shared): State<Shared>,
    visitor: Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut views = shared.subscribe();
    views.mark_changed();
    let events = unfold((views, shared, visitor), |(mut views, shared, visitor)| async move {
        views.changed().await.ok()?;
        tokio::time::sleep(SETTLE).await;
        if !visitor.is_still_known(&shared.accounts().read(), shared.now()) {
            return None;
        }
        let at = views.borrow_and_update().at;
        let head = shared.history().head();
        let event = Event::default()
            .event("view")
            .id(head.to_string())
            .data(json!({ "head": head, "at": at }).to_string());
        Some((Ok(event), (views, shared, visitor)))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
