//! Which alerts somebody asks for, and the order in which they are shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use andon_cycle::State;
use andon_definitions::alertmanager::AlertMatcher;
use andon_monitor::{Alert, Phase};
use andon_vocabulary::AlertId;

/// The name under which alerts that no service claims are grouped.
const UNASSIGNED: &str = "unassigned";

/// What an alert must be and have; nothing: anything.
#[derive(Clone, Debug, Default)]
pub struct AskedAlerts {
    words: Vec<String>,
    /// Empty, where words are asked for.
    pub matchers: Vec<AlertMatcher>,
    state: Option<String>,
    service: Option<String>,
    told: Option<bool>,
}

impl AskedAlerts {
    /// `q` is matchers as Alertmanager reads them, or words; `state`, `service` and `told` (`yes`, `no`) say more.
    pub fn of(fields: &BTreeMap<String, String>) -> Result<AskedAlerts, String> {
        let given = |name: &str| fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let text = given("q").unwrap_or_default();
        let is_matchers = text.contains('=') || text.contains("!~");
        let state = given("state").map(str::to_owned);
        if let Some(state) = state.as_deref().filter(|word| !["pending", "firing", "lost"].contains(word)) {
            return Err(format!("`{state}` is no state of an alert: pending, firing or lost"));
        }
        let told = match given("told") {
            None => None,
            Some("yes") => Some(true),
            Some("no") => Some(false),
            Some(other) => return Err(format!("`told` is yes or no, not `{other}`")),
        };
        Ok(AskedAlerts {
            matchers: if is_matchers { AlertMatcher::list(text)? } else { Vec::new() },
            words: if is_matchers {
                Vec::new()
            } else {
                text.split_whitespace().map(str::to_lowercase).collect()
            },
            state,
            service: given("service").map(str::to_owned),
            told,
        })
    }

    pub fn is_everything(&self) -> bool {
        let nothing = self.words.is_empty() && self.matchers.is_empty();
        nothing && self.state.is_none() && self.service.is_none() && self.told.is_none()
    }

    pub fn takes(&self, alert: &Alert) -> bool {
        self.state.as_deref().is_none_or(|state| state == word(&alert.phase))
            && self.service.as_deref().is_none_or(|service| service == service_of(alert))
            && self.told.is_none_or(|told| told == alert.suppressed.is_empty())
            && self.matchers.iter().all(|matcher| matcher.matches(&alert.labels))
            && self.has_words(alert)
    }

    /// Every word must stand in the alert's state, service or labels.
    fn has_words(&self, alert: &Alert) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let suppressed = if alert.suppressed.is_empty() { "" } else { "suppressed" };
        let text = format!("{} {suppressed} {} {}", word(&alert.phase), alert.labels, service_of(alert));
        let text = text.to_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
    }

    /// By service; of one service what people are told of first, the most urgent first, then the oldest.
    pub fn find<'a>(&self, state: &'a State) -> Vec<(AlertId, &'a Alert)> {
        let mut found: Vec<(AlertId, &Alert)> = state
            .monitor
            .alerts
            .iter()
            .filter(|(_, alert)| self.takes(alert))
            .map(|(id, alert)| (*id, &**alert))
            .collect();
        found.sort_by_cached_key(|(id, alert)| {
            let fires = alert.fired_at().is_some();
            let first = Reverse((alert.suppressed.is_empty() && fires, fires, alert.urgency));
            (service_of(alert), first, alert.since(), *id)
        });
        found
    }
}

/// The service that an alert is shown under.
pub fn service_of(alert: &Alert) -> &str {
    alert.service.as_deref().unwrap_or(UNASSIGNED)
}

fn word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Pending { .. } => "pending",
        Phase::Firing { .. } => "firing",
        Phase::Lost { .. } => "lost",
    }
}
