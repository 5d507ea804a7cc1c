//! The store of samples that is not Andon's own: said wherever its silence matters.

use andon_definitions::instance::Metrics;
use maud::{Markup, html};

use crate::layout::banner;
use crate::times::time;
use crate::visit::Visit;

/// What such a store is called among the sources.
const NAME: &str = "prometheus";

/// Empty while it answers, or while the samples are kept here.
pub fn silence(visit: &Visit) -> Markup {
    let silent = match &visit.catalog().instance.metrics {
        Metrics::Prometheus(store) => {
            visit.view.monitor.silent.get(NAME).map(|silent| (store.asked().url, silent))
        }
        Metrics::Embedded => None,
    };
    html! {
        @if let Some((url, silent)) = silent {
            (banner("elsewhere", "bad", html! {
                h2 { "The store of the samples does not answer" }
                p { code { (without_secrets(&url)) } ", since " (time(silent.since, visit.now)) ": " (silent.error) "." }
                p { "No rule is evaluated until it does, and no alert is resolved for that." }
            }))
        }
    }
}

/// A name and a password may stand before the host.
fn without_secrets(url: &str) -> &str {
    url.rsplit('@').next().unwrap_or(url)
}
