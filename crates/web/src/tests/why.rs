//! The page that answers why somebody was told, or was not.

use super::*;

#[tokio::test]
async fn an_alert_is_followed_to_whoever_was_paged() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let page = site.get("/why?of=DbPoolExhausted").await;
    has(
        &page,
        &[
            "ana was told of DbPoolExhausted",
            "it is worth a page: label severity=&quot;critical&quot;",
            "checkout claims it",
            "ana was on call in payments/primary",
            "paging ana through web",
            "rules.yaml:",
            "team.yaml:",
            "andon why DbPoolExhausted --at",
        ],
    );
    let page = site.get("/incidents/INC-1").await;
    has(&page, &["href=\"/why?of=INC-1&amp;at=", "href=\"/why?of=ana\""]);
    let page = site.get("/alerts").await;
    has(&page, &["href=\"/why?of=ALR-"]);
    let (_, rest) = page.split_once("/why?of=ALR-").unwrap();
    let id = rest.split('"').next().unwrap();
    has(&site.get(&format!("/why?of=ALR-{id}")).await, &["ana was told of DbPoolExhausted"]);
}

#[tokio::test]
async fn a_person_who_was_not_paged_hears_why_now_and_of_then() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let page = site.get("/why?of=ben").await;
    has(
        &page,
        &["ben was not paged since", "ben was not on call in payments/primary: ana was", "not due yet"],
    );
    // A minute after the deploy nothing had happened yet.
    let page = site.get("/why?of=ben&at=2026-11-20T21:01:00").await;
    has(&page, &["no incident was going on", "value=\"2026-11-20T21:01:00\""]);
    assert!(!page.contains("/incidents/INC-1"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_and_nothing_of_it_is_markup() {
    let site = Site::of(scene::quiet(scene::EVENING));
    has(&site.get("/why").await, &["<form", "name=\"of\""]);
    has(&site.get("/why?of=person%3Azoe").await, &["nobody is called zoe"]);
    has(&site.get("/why?of=ana&at=noon").await, &["is not a time"]);
    has(&site.get("/why?of=ana&window=long").await, &["That cannot be answered"]);
    let page = site.get("/why?of=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    has(&page, &["&lt;script&gt;alert(1)"]);
    assert!(!page.contains("<script>alert"), "{page}");
}
