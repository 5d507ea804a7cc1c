//! What a disturbance does to people, measured by the service's own query.

use andon_api::Metrics;
use andon_definitions::Service;
use andon_vocabulary::{Timestamp, Value};
use maud::{Markup, html};

/// What is known of the impact now.
pub struct Impact {
    per_minute: Option<f64>,
    unit: String,
    cost: Option<(f64, String)>,
}

/// None where the service does not say what its failure costs. Blocking.
pub fn measure(service: &Service, metrics: &dyn Metrics, at: Timestamp) -> Option<Impact> {
    let cost = service.value_per_minute.as_ref().map(|money| (money.amount, money.currency.clone()));
    let (per_minute, unit) = match &service.impact {
        Some(impact) => {
            let per_second = metrics.instant(&impact.query, at).ok();
            let sum = per_second
                .filter(|found| !found.is_empty())
                .map(|found| found.iter().map(|(_, value)| value).sum());
            (sum.map(|sum: f64| sum * 60.0), impact.unit.clone())
        }
        None if cost.is_none() => return None,
        None => (None, String::new()),
    };
    Some(Impact { per_minute, unit, cost })
}

impl Impact {
    pub fn show(&self) -> Markup {
        html! {
            @if !self.unit.is_empty() {
                p {
                    @match self.per_minute {
                        Some(rate) => { b.num { (round(rate)) } " " (self.unit) " fail per minute" }
                        None => { "no data on failing " (self.unit) }
                    }
                }
            }
            @if let Some((amount, currency)) = &self.cost {
                p.muted { "Down, it costs " span.num { (Value(*amount)) " " (currency) } " per minute" }
            }
        }
    }
}

fn round(rate: f64) -> String {
    if rate >= 10.0 || rate == 0.0 { format!("{rate:.0}") } else { format!("{rate:.1}") }
}
