//! One review: what Andon knows, what people add, and how it is closed.

use andon_api::Problem;
use andon_improve::Review;
use andon_vocabulary::{Closing, Command, ReviewId, Timestamp};
use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use crate::chips;
use crate::forms::form;
use crate::layout::{Place, card};
use crate::may::offer;
use crate::prose::prose;
use crate::times::{span, time};
use crate::unknowns::unsure;
use crate::visit::Visit;

pub async fn page(visit: Visit, Path(id): Path<String>) -> Response {
    let view = visit.view.clone();
    let found = id.parse::<ReviewId>().ok().and_then(|id| Some((id, view.improve.reviews.get(&id)?)));
    let Some((id, review)) = found else {
        let hint = html! { "A closed review stands in the timeline of its incident. " a href="/reviews" { "Open reviews" } };
        return visit.missing(&format!("{id} is not an open review"), hint);
    };
    let content = show(&visit, id, review);
    visit.page(Place::Reviews, &format!("{id} {}", review.drafted.title), content)
}

fn show(visit: &Visit, id: ReviewId, review: &Review) -> Markup {
    let drafted = &review.drafted;
    html! {
        header.title data-key="header" {
            div {
                h1 title=(drafted.title) { (drafted.title) }
                p.muted {
                    (chips::severity(drafted.severity)) " " (id) " of " a href={ "/incidents/" (drafted.incident) } { (drafted.incident) }
                    " · " (drafted.service) " · drafted " (time(review.drafted_at, visit.now))
                }
            }
        }
        (unsure(visit, drafted.incident))
        div.with-side {
            div {
                (card("times", "Seven times", Some("from the journal"), times(visit, review)))
                (card("learned", "What it taught", None, learned(visit, id, review)))
                (card("actions", "Actions", None, actions(visit, id, review)))
                (card("close", "Close it", None, close(visit, id)))
            }
            aside aria-label="What Andon knows" {
                (list("suspects", "Suspect changes", drafted.suspects.iter().map(|(what, why)| format!("{what}: {why}")), visit))
                (list("runs", "Runs", drafted.runs.iter().cloned(), visit))
                (list("paged", "Paged", drafted.paged.iter().map(ToString::to_string), visit))
                (list("alone", "Approved alone", drafted.alone.iter().cloned(), visit))
                p { a href={ "/incidents/" (drafted.incident) } { "The whole timeline" } }
            }
        }
    }
}

fn times(visit: &Visit, review: &Review) -> Markup {
    let times = &review.drafted.times;
    let start = times.incident_start;
    let rows: [(&str, Option<Timestamp>); 7] = [
        ("Deployment changed", times.deployment_change),
        ("Configuration changed", times.configuration_change),
        ("Incident began", start),
        ("Alarm", times.alarm),
        ("Engaged", times.engagement),
        ("Mitigation began", times.mitigation_start),
        ("Resolved", times.resolved),
    ];
    html! {
        dl.facts {
            @for (what, at) in rows {
                dt { (what) }
                dd {
                    @match at {
                        Some(at) => {
                            (time(at, visit.now))
                            @if let Some(start) = start.filter(|start| *start != at) {
                                " " small.num { @if at < start { "−" (span(start.since(at))) } @else { "+" (span(at.since(start))) } }
                            }
                        }
                        None => span.muted { "no data" }
                    }
                }
            }
        }
    }
}

fn learned(visit: &Visit, id: ReviewId, review: &Review) -> Markup {
    let area = |name: &str, label: &str, text: &str| {
        html! { label { (label) textarea name=(name) rows="3" maxlength="16000" { (text) } } }
    };
    let fields = html! {
        (area("conditions", "What made it possible", &review.conditions))
        (area("surprised", "What surprised us", &review.surprised))
        (area("helped", "What helped", &review.helped))
        button { "Save" }
    };
    offer(may(visit, id), "Save", || form(&format!("/reviews/{id}/edit"), &visit.here, "stacked", fields))
}

fn actions(visit: &Visit, id: ReviewId, review: &Review) -> Markup {
    let fields = html! {
        label.grow { "What will be different" input name="text" required maxlength="500" autocomplete="off"; }
        label { "Owner" select name="owner" {
            @for person in visit.people() { option selected[*person == *visit.me] { (person) } }
        } }
        label { "Due" input name="due" type="date" required; }
        button { "Add" }
    };
    html! {
        @if review.actions.is_empty() { p.muted { "None yet." } }
        ul.rows.tight {
            @for action in &review.actions {
                li {
                    span { (action.text) }
                    span.muted { (action.owner) " · due " (time(action.due, visit.now))
                        @if action.due < visit.now { " " (chips::chip(chips::Tone::Bad, "overdue")) } }
                }
            }
        }
        (offer(may(visit, id), "Add", || form(&format!("/reviews/{id}/actions"), &visit.here, "inline", fields)))
    }
}

/// All that is done to a review needs the same.
fn may(visit: &Visit, review: ReviewId) -> Result<(), Problem> {
    let closing = Closing::Change { link: String::new() };
    visit.may_say(&Command::CloseReview { review, closing })
}

fn close(visit: &Visit, id: ReviewId) -> Markup {
    let path = format!("/reviews/{id}/close");
    let change = html! {
        input type="hidden" name="with" value="change";
        label.grow { "The change that answers it: an address or a commit" input name="link" required maxlength="500" autocomplete="off"; }
        button.primary { "Close with this change" }
    };
    let waiver = html! {
        input type="hidden" name="with" value="waiver";
        label.grow { "Why nothing changes" input name="reason" required maxlength="500" autocomplete="off"; }
        label { "Until" input name="until" type="date" required; }
        button { "Waive" }
    };
    html! {
        p.muted { "A review ends with a change, or with a waiver that expires within 180 days." }
        (offer(may(visit, id), "Close with this change", || html! {
            (form(&path, "/reviews", "inline", change))
            details { summary { "Waive instead …" } (form(&path, "/reviews", "inline", waiver)) }
        }))
    }
}

fn list(key: &str, title: &str, items: impl Iterator<Item = String>, visit: &Visit) -> Markup {
    let items: Vec<String> = items.collect();
    card(
        key,
        title,
        None,
        html! {
            @if items.is_empty() { p.muted { "None." } }
            ul.plain { @for item in items { li { (prose(&item, visit.now)) } } }
        },
    )
}
