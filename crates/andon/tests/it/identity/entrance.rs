//! The entrance: links that work once, guessing that ends in 429, two admins at the same time.

use axum::http::{Method, StatusCode, header};

use super::site::{PASSWORD, Proof, Site};

const JSON: &str = "application/json";

async fn sign_in(site: &Site, handle: &str, password: &str) -> super::site::Answer {
    let body = format!("{{\"handle\":{handle:?},\"password\":{password:?}}}");
    site.send(Method::POST, "/api/v1/andon/sign-in", &Proof::None, JSON, &body).await
}

async fn invite(site: &Site, by: &Proof, handle: &str) -> String {
    let body = format!("{{\"handle\":{handle:?},\"grants\":[\"viewer\"]}}");
    let answer = site.send(Method::POST, "/api/v1/andon/users", by, JSON, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let said: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    said["link"].as_str().expect("a link").to_owned()
}

async fn choose(site: &Site, link: &str, handle: &str, password: &str) -> StatusCode {
    let page = site.get(link, &Proof::None).await;
    let cookie = page.cookie("andon_form").expect("a cookie for the form");
    if !page.body.contains("name=\"link\"") {
        return page.status;
    }
    let link = link.split_once("link=").expect("a link").1;
    let password = password.replace(' ', "+");
    let body = format!(
        "form={}&link={link}&handle={handle}&password={password}&again={password}",
        page.form_token()
    );
    let request = axum::http::Request::post("/welcome")
        .header("host", "127.0.0.1:7070")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", format!("andon_form={cookie}"))
        .body(axum::body::Body::from(body))
        .expect("a request");
    site.raw(request).await.status
}

#[tokio::test]
async fn a_link_works_once() {
    let site = Site::new();
    let root = site.token("root");
    let link = invite(&site, &root, "kim").await;
    assert_eq!(sign_in(&site, "kim", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(choose(&site, &link, "kim", "short").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        choose(&site, &link, "eve", PASSWORD).await,
        StatusCode::SEE_OTHER,
        "it is kim's whoever is named"
    );
    assert_eq!(choose(&site, &link, "kim", "another password").await, StatusCode::FORBIDDEN);
    assert_eq!(sign_in(&site, "kim", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(sign_in(&site, "eve", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_first_admin_comes_by_a_link_and_there_is_one() {
    let still = std::sync::Arc::new(andon_api::scene::quiet(andon_api::scene::EVENING));
    let shared: std::sync::Arc<dyn andon_api::Loop> = still.clone();
    assert!(andon_api::admin_link(&shared, false).expect("it is asked").is_none(), "nobody has to sign in");
    andon_api::scene::ask_who_they_are(&still);
    let void = andon_api::admin_link(&shared, false).expect("it is asked").expect("a link");
    let link = andon_api::admin_link(&shared, false).expect("it is asked").expect("a link");
    let site = Site::over(still);
    let path = |link: &andon_identity::Secret| format!("/welcome?link={}", link.expose());
    assert_eq!(
        choose(&site, &path(&void), "eve", PASSWORD).await,
        StatusCode::FORBIDDEN,
        "a newer one was made"
    );
    assert_eq!(choose(&site, &path(&link), "ana", PASSWORD).await, StatusCode::SEE_OTHER);
    assert_eq!(choose(&site, &path(&link), "eve", PASSWORD).await, StatusCode::FORBIDDEN);
    assert!(andon_api::admin_link(&shared, false).expect("it is asked").is_none());
    let token = sign_in(&site, "ana", PASSWORD).await;
    let said: serde_json::Value = serde_json::from_str(&token.body).expect("JSON");
    let ana = Proof::Bearer(said["token"].as_str().expect("a token").to_owned());
    assert_eq!(site.get("/api/v1/andon/users", &ana).await.status, StatusCode::OK);
}

#[tokio::test]
async fn guessing_ends_in_429_and_is_counted_once() {
    let site = Site::new();
    for _ in 0..5 {
        assert_eq!(sign_in(&site, "ana", "a wrong password").await.status, StatusCode::UNAUTHORIZED);
    }
    let answer = sign_in(&site, "ana", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let after: u64 = answer.headers[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=30).contains(&after), "{after}");
    andon_api::scene::wait(&site.still, std::time::Duration::from_secs(after));
    assert_eq!(sign_in(&site, "ana", PASSWORD).await.status, StatusCode::OK);
    let journal = site.journal();
    assert_eq!(journal.matches("sign_in_refused").count(), 2, "once as input and once as event\n{journal}");
}

#[tokio::test]
async fn an_unknown_name_is_answered_as_a_known_one() {
    let site = Site::new();
    let known = sign_in(&site, "ana", "a wrong password").await;
    let unknown = sign_in(&site, "nobody", "a wrong password").await;
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
}

#[tokio::test]
async fn two_admins_do_not_shut_each_other_out() {
    let site = Site::new();
    site.user("second", &["admin"]);
    let (root, second) = (site.token("root"), site.token("second"));
    let out = r#"{"disabled":true}"#;
    let put = async |by: &Proof, whom: &str| {
        site.send(Method::PUT, &format!("/api/v1/andon/users/{whom}"), by, JSON, out).await.status
    };
    let (first, other) = tokio::join!(put(&root, "second"), put(&second, "root"));
    assert!(first == StatusCode::OK || other == StatusCode::OK);
    let admins = andon_api::AccountBook::read(&*site.still);
    assert!(admins.has_admin());
    let left = if first == StatusCode::OK { ("root", &root) } else { ("second", &second) };
    assert_eq!(put(left.1, left.0).await, StatusCode::CONFLICT, "the last one stays");
}

#[tokio::test]
async fn nobody_takes_more_than_they_have() {
    let site = Site::new();
    let ana = site.token("ana");
    let issue = async |by: &Proof, body: &str| {
        site.send(Method::POST, "/api/v1/andon/tokens", by, JSON, body).await.status
    };
    assert_eq!(issue(&ana, r#"{"note":"ci","scopes":["view"]}"#).await, StatusCode::OK);
    assert_eq!(issue(&ana, r#"{"owner":"root"}"#).await, StatusCode::FORBIDDEN);
    assert_eq!(issue(&ana, r#"{"lasts":"9999d"}"#).await, StatusCode::UNPROCESSABLE_ENTITY);
    let scoped = site.token_with(
        "root",
        Some(&[andon_identity::Permission::View]),
        std::time::Duration::from_secs(60),
    );
    assert_eq!(issue(&scoped, r#"{"scopes":["administer"]}"#).await, StatusCode::FORBIDDEN);
    assert_eq!(issue(&scoped, "{}").await, StatusCode::FORBIDDEN);
    let grant = async |by: &Proof| {
        let body = r#"{"grants":["admin"]}"#;
        site.send(Method::PUT, "/api/v1/andon/users/ana", by, JSON, body).await.status
    };
    assert_eq!(grant(&ana).await, StatusCode::FORBIDDEN);
    assert_eq!(grant(&site.token("root")).await, StatusCode::OK);
    // Somebody else's token is not there, for whoever looks.
    let id = "0".repeat(12);
    let path = format!("/api/v1/andon/tokens/{id}");
    let revoke = async |by: &Proof| site.send(Method::DELETE, &path, by, "", "").await.status;
    assert_eq!(revoke(&site.token("ben")).await, StatusCode::NOT_FOUND);
}
