//! What a verdict or a source makes of the alerts that are held.

use andon_definitions::{AlertingRule, Context, Outside, Template};
use andon_vocabulary::{
    Active, AlertFired, AlertId, FiredReason, Gone, GoneWhy, Labels, LostReason, MonitorEvent, Name,
    ResolvedReason, SourceSeen, Timestamp, Verdict,
};

use crate::rule::definition;
use crate::state::urgency;
use crate::{Phase, State};

impl State {
    /// A verdict on a rule that is no longer defined comes too late and says nothing.
    pub(crate) fn verdict(&self, verdict: &Verdict, cx: &Context) -> Vec<MonitorEvent> {
        // Most verdicts of many rules say nothing; it must cost nothing to see that.
        let is_quiet = verdict.active.is_empty() && verdict.gone.is_empty() && verdict.error.is_none();
        if is_quiet && !self.failing.contains_key(&verdict.rule) {
            return Vec::new();
        }
        let Some(rule) = definition(cx.catalog, &verdict.rule) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        match (&verdict.error, self.failing.contains_key(&verdict.rule)) {
            (Some(_), true) => return events,
            (Some(error), false) => {
                events.push(MonitorEvent::RuleFailed { rule: verdict.rule.clone(), error: error.clone() });
                return events;
            }
            (None, true) => events.push(MonitorEvent::RuleRecovered { rule: verdict.rule.clone() }),
            (None, false) => {}
        }
        let holds = verdict.active.iter().filter_map(|active| self.holds(&verdict.rule, rule, active, cx));
        events.extend(holds);
        let ended = verdict.gone.iter().filter_map(|gone| self.ended(&verdict.rule, rule, gone, cx.now));
        events.extend(ended);
        events
    }

    /// The condition holds on these labels.
    fn holds(&self, name: &Name, rule: &AlertingRule, active: &Active, cx: &Context) -> Option<MonitorEvent> {
        let alert = AlertId(active.labels.fingerprint());
        let fired = |since: Timestamp| {
            let service = cx.catalog.service_of(&active.labels);
            Some(MonitorEvent::AlertFired(AlertFired {
                alert,
                rule: name.clone(),
                labels: active.labels.clone(),
                annotations: annotations(rule, active, &cx.catalog.outside),
                value: active.value,
                service: service.map(Name::from),
                urgency: urgency(&active.labels),
                since,
                received: None,
                suppressed: self.suppressed(alert, &active.labels, service, cx),
                reason: if rule.held_for.is_zero() {
                    FiredReason::AtOnce
                } else {
                    FiredReason::HeldFor { span: *rule.held_for }
                },
            }))
        };
        let Some(held) = self.alerts.get(&alert).filter(|_| !self.is_forgotten(alert)) else {
            return if rule.held_for.is_zero() {
                fired(cx.now)
            } else {
                Some(MonitorEvent::AlertPending {
                    alert,
                    rule: name.clone(),
                    labels: active.labels.clone(),
                    value: active.value,
                })
            };
        };
        if held.rule != *name || held.received.is_some() {
            // Two raise an alert with the very same labels: it is one alert, and the first keeps it.
            return None;
        }
        match held.phase {
            Phase::Pending { since, .. } if cx.now.since(since) >= *rule.held_for => fired(since),
            Phase::Lost { .. } | Phase::Firing { held_until: Some(_), .. } => {
                Some(MonitorEvent::AlertFound { alert, rule: name.clone(), value: active.value })
            }
            Phase::Pending { .. } | Phase::Firing { .. } => None,
        }
    }

    /// The condition does not hold on the labels of an alert, or nobody can say.
    fn ended(&self, name: &Name, rule: &AlertingRule, gone: &Gone, now: Timestamp) -> Option<MonitorEvent> {
        let alert = gone.alert;
        let held = self.alerts.get(&alert).filter(|held| held.rule == *name && held.received.is_none())?;
        let lost = |why: LostReason| Some(MonitorEvent::AlertLost { alert, rule: name.clone(), why });
        match (&held.phase, &gone.why) {
            (Phase::Pending { .. }, _) => Some(MonitorEvent::AlertDropped { alert, rule: name.clone() }),
            (Phase::Firing { held_until: Some(until), .. }, GoneWhy::False { .. }) if now < *until => None,
            (Phase::Firing { held_until: None, .. } | Phase::Lost { .. }, GoneWhy::False { .. })
                if !rule.keep_firing_for.is_zero() =>
            {
                Some(MonitorEvent::AlertHeld {
                    alert,
                    rule: name.clone(),
                    until: now + *rule.keep_firing_for,
                })
            }
            (_, GoneWhy::False { value }) => Some(MonitorEvent::AlertResolved {
                alert,
                rule: name.clone(),
                why: ResolvedReason::ConditionFalse { value: *value },
            }),
            // Another silent target, or the same reason again, is nothing new.
            (Phase::Lost { why: LostReason::SeriesGone, .. }, GoneWhy::SeriesGone)
            | (Phase::Lost { why: LostReason::SourceSilent { .. }, .. }, GoneWhy::SourceSilent { .. }) => {
                None
            }
            (_, GoneWhy::SeriesGone) => lost(LostReason::SeriesGone),
            (_, GoneWhy::SourceSilent { target }) => {
                lost(LostReason::SourceSilent { target: target.clone() })
            }
        }
    }

    pub(crate) fn source(&self, seen: &SourceSeen) -> Vec<MonitorEvent> {
        let target = seen.target.clone();
        match (&seen.silent, self.silent.contains_key(&target)) {
            (Some(error), false) => vec![MonitorEvent::SourceSilent { target, error: error.clone() }],
            (None, true) => vec![MonitorEvent::SourceBack { target }],
            _ => Vec::new(),
        }
    }

    /// What changed definitions leave without a rule.
    pub(crate) fn removed(&self, cx: &Context) -> Vec<MonitorEvent> {
        let catalog = cx.catalog;
        let own = self.alerts.iter().filter(|(_, alert)| alert.received.is_none());
        let orphans = own.filter(|(_, alert)| definition(catalog, &alert.rule).is_none());
        let ended = orphans.map(|(id, alert)| match alert.phase {
            Phase::Pending { .. } => MonitorEvent::AlertDropped { alert: *id, rule: alert.rule.clone() },
            Phase::Firing { .. } | Phase::Lost { .. } => MonitorEvent::AlertResolved {
                alert: *id,
                rule: alert.rule.clone(),
                why: ResolvedReason::RuleRemoved,
            },
        });
        let failing = self.failing.keys();
        let no_longer = failing.filter(|rule| definition(catalog, rule).is_none());
        ended.chain(no_longer.map(|rule| MonitorEvent::RuleRecovered { rule: rule.clone() })).collect()
    }
}

fn annotations(rule: &AlertingRule, active: &Active, outside: &Outside) -> Labels {
    if let Some(filled) = &active.annotations {
        return filled.clone();
    }
    let render = |text: &str| {
        let template = Template::parse(text).expect("checked when it was loaded");
        template.render(&active.labels, active.value.0, outside)
    };
    let annotations = rule.annotations.iter();
    Labels::new(annotations.map(|(name, text)| (name.as_str(), render(text))))
}
