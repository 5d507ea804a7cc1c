//! How on call was shared, by rotation; and what would share it better, for a person to decide.

use andon_api::Problem;
use andon_definitions::Team;
use andon_respond::{Borne, Load, Proposal, load};
use andon_vocabulary::Command;
use maud::{Markup, html};

use super::stretch;
use crate::forms::form;
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
use crate::may::offer;
use crate::visit::Visit;

pub fn tables(visit: &Visit, teams: &[&Team]) -> Markup {
    let duty = &visit.view.respond.duty;
    let rotations = teams.iter().flat_map(|team| team.oncall.keys().map(move |name| (*team, name)));
    let loads: Vec<Load> = rotations.filter_map(|(team, name)| load(duty, team, name, visit.now)).collect();
    html! {
        p.muted { "Pages that a provider took while somebody had it. One weighs 1, at a weekend 2, at night 3." }
        @for load in &loads {
            @if let Some(proposal) = &load.proposal { (proposed(visit, load, proposal)) }
        }
        (listing("Load", Rows::Stacked, &[Text("Rotation"), Text("Person"), Number("Shifts"), Number("Hours"), Number("Pages"), Number("At night"), Number("At weekends"), Number("Per shift"), Number("Weight")], html! {
            @for load in &loads { @for borne in &load.people { (row(load, borne)) } }
        }))
    }
}

fn row(load: &Load, borne: &Borne) -> Markup {
    let per_shift = f64::from(borne.pages) / f64::from(borne.shifts.max(1));
    html! {
        tr data-row {
            td { (load.team) "/" (load.rotation) }
            td { b { (borne.person) } }
            td.num data-label="shifts" { (borne.shifts) }
            td.num data-label="hours" { (borne.on_call.as_secs() / 3600) }
            td.num data-label="pages" { (borne.pages) }
            td.num data-label="at night" { (borne.at_night) }
            td.num data-label="at weekends" { (borne.at_weekends) }
            td.num data-label="per shift" { (format!("{per_shift:.1}")) }
            td.num data-label="weight" { (borne.weight()) }
        }
    }
}

fn may_offer(visit: &Visit, load: &Load, proposal: &Proposal) -> Result<(), Problem> {
    visit.may_say(&Command::OfferSwap {
        team: load.team.as_str().into(),
        rotation: load.rotation.as_str().into(),
        to: visit.me.clone(),
        gives: proposal.gives,
        takes: None,
        reason: String::new(),
    })
}

/// Only whose shift it is can offer it; others see the working.
fn proposed(visit: &Visit, load: &Load, proposal: &Proposal) -> Markup {
    let ms = |at: andon_vocabulary::Timestamp| at.as_ms().to_string();
    html! {
        div.proposal {
            p { b { (load.team) "/" (load.rotation) " is shared unevenly: " } (proposal.why) "." }
            p { (proposal.to) " could take it " (stretch(&proposal.gives, visit.now))
                @if let Some(takes) = &proposal.takes { ", and " (proposal.by) " " (stretch(takes, visit.now)) } "." }
            @if *proposal.by == *visit.me {
                (offer(may_offer(visit, load, proposal), &format!("Offer this swap to {}", proposal.to), || form("/oncall/swaps", "/oncall", "row", html! {
                    input type="hidden" name="rotation" value={ (load.team) "/" (load.rotation) };
                    input type="hidden" name="to" value=(proposal.to);
                    input type="hidden" name="from" value=(ms(proposal.gives.from));
                    input type="hidden" name="until" value=(ms(proposal.gives.until));
                    @if let Some(takes) = &proposal.takes {
                        input type="hidden" name="takes_from" value=(ms(takes.from));
                        input type="hidden" name="takes_until" value=(ms(takes.until));
                    }
                    input type="hidden" name="reason" value="the load is uneven";
                    button { "Offer this swap to " (proposal.to) }
                })))
            }
        }
    }
}
