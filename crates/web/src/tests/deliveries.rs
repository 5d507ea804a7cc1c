//! The page of what was sent to whom.

use super::*;

#[tokio::test]
async fn what_was_sent_is_listed_with_its_attempts_and_found_by_words() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let page = site.get("/deliveries").await;
    has(
        &page,
        &[
            "<b>ana</b>",
            "through web",
            "accepted",
            "ana was sent it through web: shown on the page",
            "/why?of=INC-1",
        ],
    );
    has(&site.get("/deliveries?q=ana+page+INC-1&state=accepted").await, &["<b>ana</b>"]);
    for none in ["q=ben", "state=failed", "q=ana+nothing"] {
        has(&site.get(&format!("/deliveries?{none}")).await, &["Nothing of that kind"]);
    }
    has(&site.get("/deliveries?state=lost").await, &["is no state"]);
    has(&site.get("/deliveries?window=%3Cb%3E").await, &["That cannot be looked for", "&lt;b&gt;"]);
    has(&site.get("/deliveries?from=99999").await, &["Newer"]);
}
