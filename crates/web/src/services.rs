//! Every service in a row: what runs, how much of it, and how it is.

use andon_cycle::State;
use andon_vocabulary::PlatformStatus;
use maud::{Markup, html};

use crate::chips::{self, Tone, chip};
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
use crate::visit::Visit;

pub fn table(visit: &Visit) -> Markup {
    let state = &*visit.view;
    html! {
        (listing("Services", Rows::Plain, &[Text("Service"), Text("State"), Text("Version"), Number("Ready"), Text("Owner"), Number("Tier")], html! {
            @for (name, service) in &visit.catalog().services {
                @let platform = state.change.platforms.get(name.as_str());
                tr {
                    td { b { a href={ "/services/" (name) } { (name) } } }
                    td { (how(name, platform, state)) }
                    td {
                        @match platform {
                            Some(status) => {
                                (status.version)
                                @if let Some(previous) = &status.previous { small { " before: " (previous) } }
                            }
                            None => span.muted { "—" }
                        }
                    }
                    td.num { @match platform { Some(status) => { (status.ready) "/" (status.wanted) }, None => span.muted { "—" } } }
                    td { (service.owner.name()) }
                    td.num { (service.tier) }
                }
            }
        }))
    }
}

/// The worst that is known of it.
fn how(name: &str, platform: Option<&PlatformStatus>, state: &State) -> Markup {
    let incident = state.respond.incidents.of_service(name).filter(|incident| !incident.is_over());
    let silent = state.monitor.silent.keys().filter(|target| target.split('/').next() == Some(name)).count();
    match (incident, platform) {
        (Some(incident), _) => html! {
            (chips::severity(incident.severity)) " " a href={ "/incidents/" (incident.id) } { (incident.id) }
        },
        (None, _) if silent > 0 => chip(Tone::Warn, &format!("{silent} silent")),
        (None, Some(status)) if status.ready == 0 && status.wanted > 0 => chip(Tone::Bad, "down"),
        (None, Some(status)) if status.ready < status.wanted => chip(Tone::Warn, "not all ready"),
        (None, Some(_)) => chip(Tone::Good, "well"),
        (None, None) => chip(Tone::Plain, "not run by Andon"),
    }
}
