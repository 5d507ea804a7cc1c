//! Sentences of the journal on a page: their times become times of the viewer's zone, their ids become links.

use andon_vocabulary::Timestamp;
use maud::{Markup, html};

use crate::times::time;

const LISTS: [(&str, &str); 3] = [("INC-", "/incidents/"), ("RUN-", "/runs/"), ("REV-", "/reviews/")];

pub fn prose(text: &str, now: Timestamp) -> Markup {
    html! {
        @for (index, word) in text.split(' ').enumerate() {
            @if index > 0 { " " }
            (marked(word, now))
        }
    }
}

fn marked(word: &str, now: Timestamp) -> Markup {
    let end = word.trim_end_matches([',', '.', ';', ':', ')']).len();
    let (core, rest) = word.split_at(end);
    if let Some(at) = rfc3339(core) {
        return html! { (time(at, now)) (rest) };
    }
    match LISTS.iter().find_map(|(prefix, list)| Some((list, core.strip_prefix(prefix)?))) {
        Some((list, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            html! { a href={ (list) (core) } { (core) } (rest) }
        }
        _ => html! { (word) },
    }
}

/// Only what looks like the journal's own form, or the same without thousandths, is tried.
fn rfc3339(word: &str) -> Option<Timestamp> {
    (matches!(word.len(), 20 | 24) && word.ends_with('Z') && word.as_bytes()[10] == b'T')
        .then(|| word.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ids_are_marked_and_the_rest_is_escaped() {
        let html =
            prose("INC-7 until 1970-01-01T00:00:05Z, <b> INC-x RUN-3:", Timestamp::EPOCH).into_string();
        assert!(html.starts_with("<a href=\"/incidents/INC-7\">INC-7</a> until <time "), "{html}");
        assert!(
            html.contains(">00:00:05 UTC</time>, &lt;b&gt; INC-x <a href=\"/runs/RUN-3\">RUN-3</a>:"),
            "{html}"
        );
    }
}
