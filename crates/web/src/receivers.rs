//! Who gets the samples by remote write, and how each receiver stands.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_api::Outgoing;
use andon_vocabulary::Timestamp;
use maud::{Markup, html};

use crate::chips::{Tone, chip};
use crate::layout::card;
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
use crate::times::ticking;

/// One that is behind for longer is worth a word: what was sampled a few seconds ago is still on its way.
const BEHIND: Duration = Duration::from_secs(30);

/// Nothing where there are no receivers.
pub fn section(receivers: &BTreeMap<String, Outgoing>, now: Timestamp) -> Markup {
    html! {
        @if !receivers.is_empty() {
            (card("receivers", "Sent on", Some("by remote write"), html! {
                (listing("Receivers of remote write", Rows::Even, &[Text("Receiver"), Text("State"), Text("Sent up to"), Number("Sent"), Number("Waiting"), Number("Dropped")], html! {
                    @for (name, outgoing) in receivers { (row(name, outgoing, now)) }
                }))
            }))
        }
    }
}

fn row(name: &str, outgoing: &Outgoing, now: Timestamp) -> Markup {
    let behind = outgoing.done.is_some_and(|done| now.since(done) > BEHIND);
    html! {
        tr {
            td.wide { b { (name) } @if !outgoing.url.is_empty() && outgoing.url != name { br; small.labels { (outgoing.url) } } }
            td.wide {
                @match &outgoing.trouble {
                    Some(why) => { (chip(Tone::Bad, "waits")) " " (why) }
                    None if behind => (chip(Tone::Warn, "catching up")),
                    None => (chip(Tone::Good, "sends")),
                }
                @if let Some(why) = &outgoing.refused { br; small { "dropped last: " (why) } }
            }
            td { @if let Some(done) = outgoing.done { (ticking(done, now)) " ago" } @else { span.muted { "nothing yet" } } }
            td.num data-label="sent" { (outgoing.sent) }
            td.num data-label="waiting" { (outgoing.pending) }
            td.num data-label="dropped" { (outgoing.dropped) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_receiver_says_what_is_wrong_and_how_far_it_came() {
        let now = Timestamp::from_ms(100_000);
        let shown =
            |outgoing: Outgoing| section(&BTreeMap::from([("far".to_owned(), outgoing)]), now).into_string();
        let done = Some(Timestamp::from_ms(97_000));
        let well =
            shown(Outgoing { url: "http://far/write".to_owned(), sent: 17, done, ..Outgoing::default() });
        assert!(well.contains("sends") && well.contains("http://far/write") && well.contains("17"), "{well}");
        let waits =
            shown(Outgoing { trouble: Some("connection refused".to_owned()), done, ..Outgoing::default() });
        assert!(waits.contains("waits") && waits.contains("connection refused"), "{waits}");
        let late = Some(Timestamp::from_ms(10_000));
        let refused = Some("answered 400".to_owned());
        let behind = shown(Outgoing { done: late, refused, dropped: 3, ..Outgoing::default() });
        assert!(behind.contains("catching up") && behind.contains("answered 400"), "{behind}");
        assert_eq!(section(&BTreeMap::new(), now).into_string(), "");
    }
}
