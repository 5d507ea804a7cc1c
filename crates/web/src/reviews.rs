//! Reviews that are open: each ends with a change, or with a waiver that expires.

use axum::response::Response;
use maud::html;

use crate::chips;
use crate::layout::{Place, card};
use crate::times::time;
use crate::visit::Visit;

pub async fn page(visit: Visit) -> Response {
    let view = visit.view.clone();
    let reviews = &view.improve.reviews;
    let content = html! {
        header.title { h1 { "Reviews" } }
        (card("reviews", "Open", None, html! {
            @if reviews.is_empty() { p.muted { "No review is open. One is drafted when an incident resolves." } }
            @else {
                div.scroll tabindex="0" role="region" aria-label="Reviews" { table {
                    thead { tr { th { "Review" } th { "Of" } th { "Title" } th { "Drafted" } th.num { "Actions" } } }
                    tbody {
                        @for (id, review) in reviews.iter().rev() {
                            tr data-row {
                                td { a href={ "/reviews/" (id) } { (id) } }
                                td { (chips::severity(review.drafted.severity)) " " a href={ "/incidents/" (review.drafted.incident) } { (review.drafted.incident) } }
                                td.wide { (review.drafted.title) }
                                td { (time(review.drafted_at, visit.now)) }
                                td.num { (review.actions.len()) }
                            }
                        }
                    }
                } }
            }
        }))
    };
    visit.page(Place::Reviews, "Reviews", content)
}
