//! The page of silences, and what it leaves behind on the page of alerts.

use super::*;

#[tokio::test]
async fn a_silence_is_looked_at_before_it_is_set_and_can_be_lifted() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let alerts = site.get("/alerts").await;
    assert!(alerts.contains("/silences?matchers=alertname%3D%22DbPoolExhausted%22"), "{alerts}");
    has(&site.get("/silences").await, &["New silence", "Nobody is kept from hearing"]);

    let asked = "matchers=service%3D%22checkout%22&for=2h&comment=being+mended";
    let shown = site.get(&format!("/silences?{asked}")).await;
    has(&shown, &["It matches now", "1 of 1 alerts that fire", "<b>DbPoolExhausted</b>", "Silence until"]);
    assert_eq!(site.still.view().monitor.silences.all().count(), 0, "looking sets nothing");

    let from = shown.split_once("name=\"from\" value=\"").unwrap().1.split('"').next().unwrap();
    let body = format!("key=k1&back=/silences&from={from}&{asked}");
    let answer = site.post("/silences", "ana", &body).await;
    assert!(said(&answer).starts_with("ana silences {service=\"checkout\"}"), "{}", said(&answer));
    // Sent twice by a slow connection.
    site.post("/silences", "ana", &body).await;
    let view = site.still.view();
    assert_eq!(view.monitor.silences.all().count(), 1);
    let page = site.get("/silences").await;
    has(&page, &["In force", "being mended", "service=&quot;checkout&quot;", "data-label=\"alerts\">1</td>"]);
    has(&site.get("/alerts").await, &[">silenced<"]);

    let id = view.monitor.silences.all().next().unwrap().silence.id;
    let answer = site.post(&format!("/silences/{id}/lift"), "ben", "key=k2&back=/silences").await;
    assert!(said(&answer).contains("lifted by ben"), "{}", said(&answer));
    has(&site.get("/silences").await, &["Over", "lifted by ben", "Nobody is kept from hearing"]);
    assert!(!site.get("/alerts").await.contains(">silenced<"));
}

#[tokio::test]
async fn what_is_no_silence_is_said_in_words() {
    let site = Site::of(scene::leaking(scene::EVENING));
    for (asked, words) in [
        ("matchers=&for=2h", "say which alerts are meant"),
        ("matchers=a%3D~%22%5B%22&for=2h", "That is no silence yet"),
        ("matchers=a%3D%22b%22&for=soon", "That is no silence yet"),
        ("matchers=a%3D%22b%22&for=4000d", "no silence lasts longer than a year"),
    ] {
        has(&site.get(&format!("/silences?{asked}")).await, &[words]);
        let answer = site.post("/silences", "ana", &format!("key={asked}&back=/silences&{asked}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    // It would match everything, and the loop refuses it.
    let all = "key=k&back=/silences&matchers=a%3D~%22.*%22&for=2h";
    let answer = site.post("/silences", "ana", all).await;
    assert!(said(&answer).contains("every matcher matches a label that is not there"), "{}", said(&answer));
    assert_eq!(site.still.view().monitor.silences.all().count(), 0);
}

#[tokio::test]
async fn a_hostile_comment_is_only_text() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let hostile = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let asked = format!("matchers=service%3D%22checkout%22&for=2h&comment={hostile}");
    let shown = site.get(&format!("/silences?{asked}")).await;
    site.post("/silences", "ana", &format!("key=k&back=/silences&{asked}")).await;
    for page in [shown, site.get("/silences").await] {
        assert!(!page.contains("<script>alert") && page.contains("&gt;&lt;script&gt;"), "{page}");
    }
}
