//! Reviews that are open: each ends with a change, or with a waiver that expires.

use axum::response::Response;
use maud::html;

use crate::chips;
use crate::layout::{Place, card};
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
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
                (listing("Reviews", Rows::Plain, &[Text("Review"), Text("Of"), Text("Title"), Text("Drafted"), Number("Actions")], html! {
                    @for (id, review) in reviews.iter().rev() {
                        tr data-row {
                            td { a href={ "/reviews/" (id) } { (id) } }
                            td { (chips::severity(review.drafted.severity)) " " a href={ "/incidents/" (review.drafted.incident) } { (review.drafted.incident) } }
                            td.wide { div.clamp title=(review.drafted.title) { (review.drafted.title) } }
                            td { (time(review.drafted_at, visit.now)) }
                            td.num { (review.actions.len()) }
                        }
                    }
                }))
            }
        }))
    };
    visit.page(Place::Reviews, "Reviews", content)
}
