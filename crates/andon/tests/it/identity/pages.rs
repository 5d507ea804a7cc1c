//! What can be pressed on a page is what its visitor may; the rest is there, cannot be pressed, and says why.

use super::site::{Proof, Site};

/// A page, what a form of it that can be pressed has in it, and who may. checkout is of team payments, whose are ana and
/// ben, whom the run asks.
const PRESSED: [(&str, &str, &[&str]); 18] = [
    ("/", r#"action="/halt""#, &["ana", "ben", "responder", "root"]),
    // Whoever can approve is led there first.
    ("/", r#"action="/incidents/INC-1/acknowledge""#, &["responder", "root"]),
    ("/incidents", r#"action="/incidents""#, &["ana", "ben", "responder", "root"]),
    ("/incidents", r#"action="/incidents/INC-1/acknowledge""#, &["ana", "ben", "responder", "root"]),
    ("/incidents/INC-1", r#"action="/incidents/INC-1/acknowledge""#, &["ana", "ben", "responder", "root"]),
    ("/incidents/INC-1", r#"action="/incidents/INC-1/resolve""#, &["ana", "ben", "responder", "root"]),
    ("/incidents/INC-1", r#"action="/incidents/INC-1/note""#, &["ana", "ben", "responder", "root"]),
    ("/incidents/INC-1", r#"form="approve-RUN-1""#, &["ana", "ben"]),
    ("/incidents/INC-1", r#"action="/runs/RUN-1/approve""#, &["ana", "ben"]),
    ("/runs/RUN-1", r#"action="/runs/RUN-1/abort""#, &["ana", "ben", "responder", "root"]),
    ("/alerts", r#"action="/incidents/INC-1/acknowledge""#, &["ana", "ben", "responder", "root"]),
    (SILENCE_OF_A_SERVICE, r#"method="post" action="/silences""#, &["ana", "ben", "responder", "root"]),
    (SILENCE_OF_ALL, r#"method="post" action="/silences""#, &["responder", "root"]),
    ("/silences", "/lift\"", &["ana", "ben", "responder", "root"]),
    ("/oncall", r#"action="/oncall/taken""#, &["ana", "ben", "responder", "root"]),
    ("/oncall", r#"action="/oncall/swaps""#, &["ana", "ben", "responder", "root"]),
    ("/", r#"href="/users""#, &["root"]),
    ("/account", r#"action="/account/tokens""#, &["ana", "ben", "viewer", "responder", "root"]),
];

const SILENCE_OF_A_SERVICE: &str = "/silences?matchers=service%3D%22checkout%22&for=2h";
const SILENCE_OF_ALL: &str = "/silences?matchers=severity%3D%22critical%22&for=2h";

#[tokio::test]
async fn what_can_be_pressed_is_what_one_may() {
    let site = Site::new();
    let silence = "key=k&back=/silences&matchers=service%3D%22cart%22&for=2h&comment=x";
    site.post("/silences", &site.token("responder"), silence).await;
    let mut wrong = Vec::new();
    for (page, pressed, may) in PRESSED {
        for person in ["ana", "ben", "viewer", "responder", "root"] {
            let shown = site.get(page, &site.session(person)).await.body;
            if shown.contains(pressed) != may.contains(&person) {
                wrong.push(format!("{person} at {page}: {pressed}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_cannot_be_pressed_says_why() {
    let site = Site::new();
    let viewer = site.session("viewer");
    let barred = async |page: &str, proof: &Proof, label: &str, why: &str| {
        let shown = site.get(page, proof).await.body;
        let title = format!("disabled title=\"{why}; an admin can grant it");
        let labels = shown.split(&title).skip(1).filter_map(|rest| rest.split(['>', '<']).nth(1));
        let labels: Vec<&str> = labels.collect();
        assert!(labels.contains(&label), "{page}: {title} {label}: {labels:?}\n{shown}");
    };
    let on = "no role of viewer allows `acknowledge` on";
    barred("/", &viewer, "Halt automation …", "no role of viewer allows `run` on automation").await;
    barred("/alerts", &viewer, "Acknowledge", &format!("{on} incident INC-1 of team payments")).await;
    for label in ["Resolve …", "Add note"] {
        barred("/incidents/INC-1", &viewer, label, &format!("{on} incident INC-1 of team payments")).await;
    }
    let why = "no role of viewer allows `run` on run RUN-1 of team payments";
    barred("/runs/RUN-1", &viewer, "Stop …", why).await;
    let why = "no role of ana allows `silence` on silences";
    barred(SILENCE_OF_ALL, &site.session("ana"), "Silence", why).await;
    for label in ["Take over", "Offer the swap"] {
        barred("/oncall", &viewer, label, &format!("{on} rotation payments/primary of team payments")).await;
    }
    let resolved = site.post("/incidents/INC-1/resolve", &site.token("ana"), "key=r&reason=by+hand").await;
    assert_eq!(resolved.status, axum::http::StatusCode::SEE_OTHER, "{}", resolved.body);
    for label in ["Save", "Add", "Close with this change"] {
        barred("/reviews/REV-1", &viewer, label, &format!("{on} review REV-1 of team payments")).await;
    }
    let responder = site.get("/reviews/REV-1", &site.session("responder")).await.body;
    assert!(
        responder.contains("action=\"/reviews/REV-1/close\"") && !responder.contains("barred"),
        "{responder}"
    );
    // Breaking the glass is everybody's, and looking at what was done is not.
    let broken = r#"{"break_glass":{"reason":"nobody answers","minutes":5}}"#;
    site.tell(&site.token("ben"), broken).await;
    barred("/", &viewer, "Reviewed", "no role of viewer allows `administer` on broken glass").await;
    assert!(site.get("/", &site.session("root")).await.body.contains("action=\"/glass/GLASS-1/review\""));
}
