//! Links that wait to be used: who sees them, what of them, and that they can be taken back.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::site::{Proof, Site};

const JSON: &str = "application/json";
const LINKS: &str = "/api/v1/andon/invitations";

/// What the link holds.
async fn invite(site: &Site, by: &Proof, handle: &str) -> String {
    let body = format!("{{\"handle\":{handle:?},\"grants\":[\"viewer\"]}}");
    let answer = site.send(Method::POST, "/api/v1/andon/users", by, JSON, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let said: Value = serde_json::from_str(&answer.body).expect("JSON");
    said["link"].as_str().expect("a link").rsplit('=').next().expect("a secret").to_owned()
}

async fn waiting(site: &Site, by: &Proof) -> Vec<Value> {
    let answer = site.get(LINKS, by).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

#[tokio::test]
async fn whoever_administers_sees_what_waits_and_takes_it_back() {
    let site = Site::new();
    let root = site.token("root");
    let (kim, lea) = (invite(&site, &root, "kim").await, invite(&site, &root, "lea").await);
    let links = waiting(&site, &root).await;
    let of = |handle: &str| links.iter().find(|link| link["handle"] == handle).expect("it waits").clone();
    assert_eq!(links.len(), 2);
    assert_eq!((&of("kim")["by"], &of("kim")["grants"]), (&"root".into(), &serde_json::json!(["viewer"])));
    assert!(of("kim")["until"].is_string(), "{links:?}");
    let page = site.get("/users", &site.session("root")).await.body;
    assert!(page.contains("Take back …") && page.contains("The link for kim opens nothing"), "{page}");
    for secret in [&kim, &lea] {
        assert!(!page.contains(secret.as_str()) && !serde_json::to_string(&links).unwrap().contains(secret));
    }
    // Whoever may not look after users sees none and takes none back, and it goes on working.
    let id = |handle: &str| of(handle)["id"].as_str().expect("an id").to_owned();
    let own = format!("{LINKS}/{}", id("kim"));
    let form = format!("/users/invitations/{}/revoke", id("lea"));
    for role in ["viewer", "responder", "deployer", "ana", "nothing"] {
        let proof = site.token(role);
        assert_eq!(site.get(LINKS, &proof).await.status, StatusCode::FORBIDDEN, "{role}");
        let answer = site.send(Method::DELETE, &own, &proof, "", "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}");
        assert_eq!(site.post(&form, &proof, "back=/users").await.status, StatusCode::FORBIDDEN, "{role}");
    }
    assert_eq!(waiting(&site, &root).await.len(), 2);
    // One by the API, one by the page.
    assert_eq!(site.send(Method::DELETE, &own, &root, "", "").await.status, StatusCode::OK);
    let answer = site.post(&form, &root, "back=/users").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert!(waiting(&site, &root).await.is_empty());
    let again = site.send(Method::DELETE, &own, &root, "", "").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "{}", again.body);
    assert!(again.body.contains("waits to be used") && again.body.contains("taken back"), "{}", again.body);
    for secret in [&kim, &lea] {
        let answer = site.get(&format!("/welcome?link={secret}"), &Proof::None).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("taken back"), "{}", answer.body);
    }
    let journal = site.journal();
    let taken_back = journal.lines().filter(|record| record.contains("invitation_revoked"));
    assert_eq!(taken_back.count(), 2, "{journal}");
    assert!(!journal.contains(kim.as_str()) && !journal.contains(lea.as_str()));
}

#[tokio::test]
async fn the_first_admins_link_is_listed_as_nobodys() {
    let site = Site::new();
    let shared: std::sync::Arc<dyn andon_api::Loop> = site.still.clone();
    andon_api::admin_link(&shared, true).expect("it is asked").expect("a link");
    let root = site.token("root");
    let links = waiting(&site, &root).await;
    assert!(links.len() == 1 && links[0]["handle"].is_null() && links[0]["by"].is_null(), "{links:?}");
    let path = format!("{LINKS}/{}", links[0]["id"].as_str().expect("an id"));
    assert_eq!(site.send(Method::DELETE, &path, &root, "", "").await.status, StatusCode::OK);
    assert!(waiting(&site, &root).await.is_empty());
}
