//! Incidents: those that go on, those that may come back, those whose review is open; and declaring one.

use andon_respond::Incident;
use andon_vocabulary::Command;
use axum::response::Response;
use maud::{Markup, html};

use crate::chips;
use crate::forms::form;
use crate::layout::{Place, card};
use crate::listing::Head::{Actions, Text};
use crate::listing::{Rows, listing};
use crate::may::{offer, those};
use crate::now::acknowledge;
use crate::times::{ticking, time};
use crate::visit::Visit;

pub async fn page(visit: Visit) -> Response {
    let view = visit.view.clone();
    let newest_first = || view.respond.incidents.open.values().rev();
    let going_on: Vec<&Incident> = newest_first().filter(|incident| !incident.is_over()).collect();
    let over: Vec<&Incident> = newest_first().filter(|incident| incident.is_over()).collect();
    let content = html! {
        header.title { h1 { "Incidents" } (declare(&visit)) }
        (card("going-on", "Going on", None, table(&visit, &going_on, "No incident is going on.")))
        (card("over", "Resolved", Some("may still reopen"), table(&visit, &over, "None was resolved a short while ago.")))
        (card("closed", "Closed", Some("with an open review"), closed(&visit)))
    };
    visit.page(Place::Incidents, "Incidents", content)
}

fn table(visit: &Visit, incidents: &[&Incident], none: &str) -> Markup {
    if incidents.is_empty() {
        return html! { p.muted { (none) } };
    }
    html! {
        (listing("Incidents", Rows::Stacked, &[Text("Incident"), Text("State"), Text("Title"), Text("Service"), Text("Opened"), Text("For"), Actions], html! {
            @for incident in incidents {
                tr data-row {
                    td { (chips::severity(incident.severity)) " " a href={ "/incidents/" (incident.id) } { (incident.id) } }
                    td { (chips::incident(incident)) }
                    td.wide { div.clamp title=(incident.title) { (incident.title) } }
                    td { (incident.service) }
                    td { (time(incident.opened_at, visit.now)) }
                    td { @if incident.is_over() { span.muted { "over" } } @else { (ticking(incident.opened_at, visit.now)) } }
                    td { @if incident.phase == andon_respond::Phase::Open { (acknowledge(visit, incident, "")) } }
                }
            }
        }))
    }
}

/// Closed incidents have left the state; their reviews have not.
fn closed(visit: &Visit) -> Markup {
    let is_closed = |id| visit.view.respond.incidents.get(id).is_none();
    let reviews = visit.view.improve.reviews.iter().rev();
    let reviews: Vec<_> = reviews.filter(|(_, review)| is_closed(review.drafted.incident)).collect();
    html! {
        @if reviews.is_empty() { p.muted { "None. Any other stays readable under its number: /incidents/INC-1." } }
        ul.rows.tight {
            @for (id, review) in reviews {
                li data-row {
                    span.clamp title=(review.drafted.title) { a href={ "/incidents/" (review.drafted.incident) } { (review.drafted.incident) } " " (review.drafted.title) }
                    a href={ "/reviews/" (id) } { (id) }
                }
            }
        }
    }
}

fn declare(visit: &Visit) -> Markup {
    let all: Vec<&String> = visit.catalog().services.keys().collect();
    let services = those(all, |service| {
        visit.may_say(&Command::Declare { service: service.as_str().into(), title: String::new() })
    });
    let (services, may) = match services {
        Ok(services) => (services, Ok(())),
        Err(problem) => (Vec::new(), Err(problem)),
    };
    let fields = html! {
        label { "Service" select name="service" { @for service in services { option { (service) } } } }
        label { "What happens" input name="title" required maxlength="200" autocomplete="off"; }
        button.primary { "Declare and page" }
    };
    let label = "Declare an incident …";
    let menu =
        || html! { details.menu { summary { (label) } (form("/incidents", &visit.here, "inline", fields)) } };
    offer(may, label, menu)
}
