//! How bad an incident is, computed from tier, urgency and impact (SEV1 worst, SEV4 least).

use andon_definitions::Context;
use andon_vocabulary::{Event, PlatformStatus, RespondEvent, SeverityReason, Urgency};

use crate::incident::{Incident, Incidents};

/// Tier 1 and a page give SEV2, tier 2 SEV3, tier 3 or any ticket SEV4; one step up when no instance is healthy.
pub(crate) fn compute(tier: u8, urgency: Urgency, platform: Option<&PlatformStatus>) -> (u8, SeverityReason) {
    let base = match (urgency, tier) {
        (Urgency::Page, 1) => 2,
        (Urgency::Page, 2) => 3,
        _ => 4,
    };
    // Not `ready`: that counts only the wanted version, and is 0 at the beginning of every roll-out.
    let nothing_healthy =
        platform.is_some_and(|status| status.wanted > 0 && !status.instances.iter().any(|one| one.ready));
    if nothing_healthy && urgency == Urgency::Page {
        return (base - 1, SeverityReason::NoHealthyInstance);
    }
    (base, SeverityReason::Computed { tier, urgency })
}

pub(crate) fn tier(cx: &Context, service: &str) -> u8 {
    cx.catalog.services.get(service).map_or(3, |service| service.tier)
}

/// Severity follows the incident, but only upwards while it lasts, and a person's word wins.
pub(crate) fn recompute(incidents: &Incidents, incident: &Incident, cx: &Context) -> Option<Event> {
    if incident.is_over() || matches!(incident.severity_why, SeverityReason::Person { .. }) {
        return None;
    }
    let platform = incidents.platforms.get(&incident.service);
    let (severity, why) = compute(tier(cx, &incident.service), incident.urgency(), platform);
    (severity < incident.severity).then(|| {
        RespondEvent::SeverityChanged { incident: incident.id, from: incident.severity, to: severity, why }
            .into()
    })
}
