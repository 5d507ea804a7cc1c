//! The page of who is on call, and what its forms do.

use super::*;

#[tokio::test]
async fn lanes_show_who_has_it_and_a_stretch_can_be_taken_over_and_given_back() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let page = site.get("/oncall").await;
    has(
        &page,
        &[
            "<h1>On call</h1>",
            "Days in Europe/Madrid",
            "ana (you)",
            "class=\"lane final\"",
            "class=\"now\"",
            "Take over",
        ],
    );
    assert!(!page.contains("class=\"lane overrides\""), "nobody stands in");

    let rotation = "payments/primary";
    let asked = format!(
        "rotation={rotation}&person=ben&from=2026-11-21T09%3A00&until=2026-11-22T09%3A00&reason=away"
    );
    let answer = site.post("/oncall/taken", "ana", &format!("key=k1&back=/oncall&{asked}")).await;
    assert!(
        said(&answer).starts_with("ben has payments/primary from 2026-11-21T08:00:00Z"),
        "{}",
        said(&answer)
    );
    let page = site.get("/oncall").await;
    has(&page, &["class=\"lane overrides\"", "taken over", "OVR-1", "away", "Give back"]);
    let answer = site.post("/oncall/taken", "ana", &format!("key=k2&back=/oncall&{asked}")).await;
    assert!(said(&answer).contains("has it"), "{}", said(&answer));
    let answer = site.post("/oncall/taken/OVR-1/give-back", "ben", "key=k3&back=/oncall").await;
    assert!(said(&answer).contains("given back by ben"), "{}", said(&answer));
    has(&site.get("/oncall").await, &["Nothing: the files say it all."]);
}

#[tokio::test]
async fn a_swap_is_offered_on_one_page_and_accepted_on_the_others() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let asked = "rotation=payments/primary&to=ben&from=2026-11-21T09%3A00&until=2026-11-22T09%3A00";
    let answer = site.post("/oncall/swaps", "ana", &format!("key=k1&back=/oncall&{asked}")).await;
    assert!(said(&answer).starts_with("ana asks ben to take payments/primary"), "{}", said(&answer));
    assert!(!site.get("/oncall").await.contains("Accept"), "it is not ana's to accept");
    let bens = site.send(Method::GET, "/oncall", &[("cookie", "andon_person=ben")], "").await.body;
    has(&bens, &["ana asks you to take payments/primary", "Accept", "Decline"]);
    let answer = site.post("/oncall/swaps/SWP-1/accept", "ben", "key=k2&back=/oncall").await;
    assert!(said(&answer).contains("accepts SWP-1"), "{}", said(&answer));
    has(&site.get("/oncall").await, &["taken over", "OVR-1"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_what_is_hostile_is_only_text() {
    let site = Site::of(scene::quiet(scene::EVENING));
    for (asked, words) in [
        (
            "rotation=nowhere&person=ben&from=2026-11-21T09%3A00&until=2026-11-22T09%3A00",
            "say which rotation",
        ),
        ("rotation=payments/primary&person=ben&from=soon&until=2026-11-22T09%3A00", "is not a time"),
        ("rotation=payments/primary&person=ben", "say from when"),
        (
            "rotation=payments/primary&person=mallory&from=2026-11-21T09%3A00&until=2026-11-22T09%3A00",
            "is not among",
        ),
    ] {
        let answer = site.post("/oncall/taken", "ana", &format!("key={words}&back=/oncall&{asked}")).await;
        assert!(said(&answer).contains(words), "{asked}: {}", said(&answer));
    }
    let hostile = "rotation=payments/primary&person=ben&from=2026-11-21T09%3A00&until=2026-11-22T09%3A00&reason=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    site.post("/oncall/taken", "ana", &format!("key=k&back=/oncall&{hostile}")).await;
    let page = site.get("/oncall?days=99999&from=never&team=%3Cb%3E").await;
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"), "{page}");
    for path in ["/oncall?from=9999-12-31", "/oncall?from=-009999-01-01&days=28"] {
        site.get(path).await;
    }
}
