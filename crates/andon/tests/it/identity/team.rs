//! Commands: each is for whoever answers for what it is about, by the API, by Alertmanager's and by the pages.

use axum::http::{Method, StatusCode};

use super::site::{Proof, Site};

/// A command of each sort, what it is, and which roles may say it. checkout is of team payments, whose are ana and ben.
const COMMANDS: [(&str, &[&str]); 10] = [
    (r#"{"note":{"incident":"INC-1","text":"looking"}}"#, &["ana", "responder", "root"]),
    (r#"{"acknowledge":{"incident":"INC-1"}}"#, &["ana"]),
    (r#"{"declare":{"service":"cart","title":"odd"}}"#, &["ana", "responder", "root"]),
    (r#"{"deploy":{"service":"cart","version":"v43"}}"#, &["ana", "deployer", "root"]),
    (r#"{"record_change":{"service":"cart","version":"v9","note":"by hand"}}"#, &["ana", "deployer", "root"]),
    (r#"{"abort":{"run":"RUN-1","reason":"no"}}"#, &["ana", "responder", "root"]),
    (r#"{"halt":{"reason":"stop"}}"#, &["ana", "responder", "root"]),
    (SILENCE_OF_A_SERVICE, &["ana", "responder", "root"]),
    (SILENCE_OF_ALL, &["responder", "root"]),
    (
        r#"{"break_glass":{"reason":"nobody answers","minutes":5}}"#,
        &["ana", "viewer", "responder", "deployer", "root", "nothing"],
    ),
];

const SILENCE_OF_A_SERVICE: &str = r#"{"silence":{"replaces":null,"silence":{"id":"6ba7b810-9dad-41d1-80b4-00c04fd430c8","matchers":[{"name":"service","op":"=","value":"checkout"}],"starts_at":"2026-11-20T21:00:00Z","ends_at":"2026-12-20T21:00:00Z","created_by":"x","comment":"x"}}}"#;
const SILENCE_OF_ALL: &str = r#"{"silence":{"replaces":null,"silence":{"id":"6ba7b810-9dad-41d1-80b4-00c04fd430c9","matchers":[{"name":"service","op":"=~","value":"checkout|.+"}],"starts_at":"2026-11-20T21:00:00Z","ends_at":"2026-12-20T21:00:00Z","created_by":"x","comment":"x"}}}"#;

#[tokio::test]
async fn a_command_is_for_whoever_answers_for_what_it_is_about() {
    for (command, may) in COMMANDS {
        for person in ["ana", "viewer", "responder", "deployer", "root", "nothing"] {
            let site = Site::new();
            let answer = site.tell(&site.token(person), command).await;
            let is_acknowledged = command.contains("acknowledge");
            // Only somebody of a team acknowledges, whatever else they may: that is another refusal, and not this one's.
            if is_acknowledged && ["responder", "root"].contains(&person) {
                continue;
            }
            let is_denied = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(
                !is_denied,
                may.contains(&person),
                "{person}: {command}: {} {}",
                answer.status,
                answer.body
            );
        }
        let site = Site::new();
        assert_eq!(site.tell(&Proof::None, command).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn whoever_says_it_is_who_has_signed_in() {
    let site = Site::new();
    let body = r#"{"who":"ben","command":{"note":{"incident":"INC-1","text":"it was not me"}}}"#;
    let kind = "application/json";
    let path = "/api/v1/andon/commands";
    let answer = site.send(Method::POST, path, &site.token("ana"), kind, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let journal = site.journal();
    let noted = journal.lines().find(|line| line.contains("it was not me")).expect("a record");
    assert!(noted.contains(r#""person":"ana""#) && noted.contains(r#""token":""#), "{noted}");
    assert!(!noted.contains(r#""person":"ben""#), "{noted}");
}

#[tokio::test]
async fn pages_and_alertmanagers_api_ask_the_same() {
    let site = Site::new();
    let silence = r#"{"matchers":[{"name":"alertname","value":".+","isRegex":true}],"startsAt":"2026-11-20T21:00:00Z","endsAt":"2026-12-20T21:00:00Z","createdBy":"eve","comment":"x"}"#;
    let set = async |proof: &Proof| {
        site.send(Method::POST, "/api/v2/silences", proof, "application/json", silence).await.status
    };
    assert_eq!(set(&site.token("ana")).await, StatusCode::FORBIDDEN);
    assert_eq!(set(&site.token("viewer")).await, StatusCode::FORBIDDEN);
    assert_eq!(set(&site.token("responder")).await, StatusCode::OK);
    for (person, expect) in [("viewer", StatusCode::FORBIDDEN), ("ana", StatusCode::SEE_OTHER)] {
        let answer = site.post("/incidents/INC-1/note", &site.token(person), "text=hello").await;
        assert_eq!(answer.status, expect, "{person}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_alert_names_whoever_raised_it_and_whoever_ended_it() {
    let site = Site::new();
    for (person, ends) in [("responder", "2026-12-20T21:00:00Z"), ("root", "2026-11-20T21:00:00Z")] {
        let body = format!(
            r#"[{{"labels":{{"alertname":"Down"}},"startsAt":"2026-11-20T20:00:00Z","endsAt":"{ends}"}}]"#
        );
        let proof = site.token(person);
        let answer = site.send(Method::POST, "/api/v2/alerts", &proof, "application/json", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let journal = site.journal();
    let raised = journal.lines().filter(|line| line.contains(r#""source":"alertmanager","alerts""#));
    let named = |line: &str, person: &str| {
        line.contains(&format!(r#""by":{{"person":"{person}","via":"api","token":""#))
    };
    let raised: Vec<&str> = raised.collect();
    assert!(raised.len() == 2 && named(raised[0], "responder") && named(raised[1], "root"), "{raised:?}");
}

/// By Alertmanager's API, where a client names whom it likes, and by Andon's own.
#[tokio::test]
async fn a_silence_is_its_makers_whatever_name_is_sent_with_it() {
    let site = Site::new();
    let by = async |proof: &Proof, id: &str, author: &str, ends: &str| {
        let body = format!(
            r#"{{"id":"{id}","matchers":[{{"name":"service","value":"checkout","isRegex":false}}],"startsAt":"2026-11-21T21:00:00Z","endsAt":"{ends}","createdBy":"{author}","comment":"x"}}"#
        );
        let answer = site.send(Method::POST, "/api/v2/silences", proof, "application/json", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let id: serde_json::Value = serde_json::from_str(&answer.body).expect("an id");
        id["silenceID"].as_str().expect("an id").to_owned()
    };
    let shown = async |id: &str, field: &str| {
        let answer = site.get(&format!("/api/v1/andon/silences/{id}"), &site.token("root")).await;
        let silence: serde_json::Value = serde_json::from_str(&answer.body).expect("a silence");
        silence[field].as_str().map(str::to_owned)
    };
    let ben = || Some("ben".to_owned());
    let id = by(&site.token("ben"), "", "ana", "2026-12-20T21:00:00Z").await;
    assert_eq!((shown(&id, "created_by").await, shown(&id, "owner").await), (ben(), ben()));
    assert_eq!(shown(&id, "posted_by").await.as_deref(), Some("ana"));
    let answered = site.get(&format!("/api/v2/silence/{id}"), &site.token("root")).await.body;
    assert!(answered.contains(r#""createdBy":"ana""#), "{answered}");
    let page = site.get("/silences", &site.session("root")).await.body;
    assert!(page.contains("posted as ana"), "{page}");
    // Who lets it end at another time does not make it theirs; who says that it is theirs does.
    assert_eq!(by(&site.token("ana"), &id, "ana", "2026-12-21T21:00:00Z").await, id);
    assert_eq!((shown(&id, "created_by").await, shown(&id, "owner").await), (ben(), ben()));
    by(&site.token("responder"), &id, "carl", "2026-12-22T21:00:00Z").await;
    assert_eq!(shown(&id, "created_by").await.as_deref(), Some("responder"));
    assert_eq!(shown(&id, "owner").await, None, "they are in no team");
    let said = SILENCE_OF_A_SERVICE.replace(r#""created_by":"x""#, r#""created_by":"ana","posted_by":"eve""#);
    assert_eq!(site.tell(&site.token("ben"), &said).await.status, StatusCode::OK);
    let id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    assert_eq!((shown(id, "created_by").await, shown(id, "posted_by").await), (ben(), None));
}

#[tokio::test]
async fn broken_glass_opens_for_a_while_and_somebody_else_looks_at_it() {
    let site = Site::new();
    let viewer = site.token("viewer");
    let users = async |proof: &Proof| site.get("/api/v1/andon/users", proof).await.status;
    assert_eq!(users(&viewer).await, StatusCode::FORBIDDEN);
    let broken = site.tell(&viewer, r#"{"break_glass":{"reason":"nobody answers","minutes":5}}"#).await;
    assert_eq!(broken.status, StatusCode::OK, "{}", broken.body);
    assert_eq!(users(&viewer).await, StatusCode::OK);
    let page = site.get("/", &site.session("ana")).await.body;
    assert!(page.contains("has broken the glass") && page.contains("nobody answers"), "{page}");
    let review = r#"{"review_glass":{"glass":"GLASS-1","note":"well done"}}"#;
    assert_eq!(site.tell(&viewer, review).await.status, StatusCode::FORBIDDEN, "not by whoever broke it");
    andon_api::scene::wait(&site.still, std::time::Duration::from_secs(301));
    assert_eq!(users(&viewer).await, StatusCode::FORBIDDEN, "it is over");
    assert!(site.get("/", &site.session("ana")).await.body.contains("GLASS-1"), "and stays in sight");
    assert_eq!(site.tell(&site.token("root"), review).await.status, StatusCode::OK);
    assert!(!site.get("/", &site.session("ana")).await.body.contains("GLASS-1"));
    let scoped = site.token_with(
        "viewer",
        Some(&[andon_identity::Permission::View]),
        std::time::Duration::from_secs(60),
    );
    let broken = site.tell(&scoped, r#"{"break_glass":{"reason":"x","minutes":5}}"#).await;
    assert_eq!(broken.status, StatusCode::FORBIDDEN, "a token with scopes stays within them");
}

#[tokio::test]
async fn broken_glass_is_over_for_whoever_is_disabled_and_let_in_again() {
    let site = Site::new();
    let users = async |proof: &Proof| site.get("/api/v1/andon/users", proof).await.status;
    let broken = r#"{"break_glass":{"reason":"nobody answers","minutes":5}}"#;
    assert_eq!(site.tell(&site.token("viewer"), broken).await.status, StatusCode::OK);
    assert_eq!(users(&site.token("viewer")).await, StatusCode::OK);
    let root = site.token("root");
    for way in ["disable", "enable"] {
        let answer = site.post(&format!("/users/viewer/{way}"), &root, "grants=").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    assert_eq!(users(&site.token("viewer")).await, StatusCode::FORBIDDEN);
    assert!(site.get("/", &root).await.body.contains("GLASS-1"), "somebody still looks at what was done");
}
