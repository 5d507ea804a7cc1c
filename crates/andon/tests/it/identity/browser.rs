//! What browsers bring: cookies that come along by themselves, forms from elsewhere, addresses to go on to.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

use super::site::{Answer, PASSWORD, Proof, Site};

const FORM: &str = "application/x-www-form-urlencoded";

/// A browser at the page where one signs in.
struct Browser {
    form_cookie: String,
    form: String,
}

impl Browser {
    async fn at(site: &Site) -> Browser {
        let page = site.get("/sign-in", &Proof::None).await;
        let form_cookie = page.cookie("andon_form").expect("a cookie for the form");
        Browser { form_cookie, form: page.form_token() }
    }

    async fn sign_in(&self, site: &Site, with: &str, more: &str) -> Answer {
        let body = format!("form={}&handle=ana&password={}{more}", self.form, PASSWORD.replace(' ', "+"));
        let cookies = format!("andon_form={}{with}", self.form_cookie);
        site.raw(request("/sign-in", &cookies, &body)).await
    }
}

fn request(path: &str, cookies: &str, body: &str) -> Request<Body> {
    Request::post(path)
        .header("host", "127.0.0.1:7070")
        .header("content-type", FORM)
        .header("cookie", cookies)
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

#[tokio::test]
async fn a_sign_in_gets_a_session_of_its_own() {
    let site = Site::new();
    let browser = Browser::at(&site).await;
    let planted = "0123456789abcdef".repeat(4);
    let answer = browser.sign_in(&site, &format!("; andon_session={planted}"), "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let first = answer.cookie("andon_session").expect("a session");
    assert_ne!(first, planted, "what somebody planted is never taken up");
    let as_whom = |cookie: &str| Proof::Session { cookie: cookie.to_owned(), form: None };
    assert_eq!(site.get("/", &as_whom(&planted)).await.status, StatusCode::UNAUTHORIZED);
    let page = site.get("/", &as_whom(&first)).await;
    assert!(page.body.contains("Signed in as"), "{}", page.body);
    // The same browser once more: another session, and the one before ends.
    let form = page.form_token();
    let body = format!("form={form}&handle=ana&password={}", PASSWORD.replace(' ', "+"));
    let answer = site.raw(request("/sign-in", &format!("andon_session={first}"), &body)).await;
    let second = answer.cookie("andon_session").expect("another session");
    assert_ne!(first, second);
    assert_eq!(site.get("/", &as_whom(&first)).await.status, StatusCode::UNAUTHORIZED);
    // Signed out, it is over for good.
    let page = site.get("/", &as_whom(&second)).await;
    let out = site.post("/sign-out", &as_whom(&second), &format!("form={}", page.form_token())).await;
    assert_eq!(out.cookie("andon_session").as_deref(), Some(""));
    assert_eq!(site.get("/", &as_whom(&second)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn its_cookie_is_for_us_alone() {
    let site = Site::new();
    let browser = Browser::at(&site).await;
    let answer = browser.sign_in(&site, "", "").await;
    let cookie = answer.set_cookie("andon_session").expect("a session");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let page = site.get("/sign-in", &Proof::None).await;
    assert!(page.set_cookie("andon_form").expect("a cookie").contains("HttpOnly; SameSite=Lax"));
    // Over TLS it goes over nothing else.
    let body = format!("form={}&handle=ana&password={}", browser.form, PASSWORD.replace(' ', "+"));
    let mut encrypted = request("/sign-in", &format!("andon_form={}", browser.form_cookie), &body);
    let address = "127.0.0.1".parse().expect("an address");
    encrypted.extensions_mut().insert(andon_api::Peer { address, tls: true });
    let cookie = site.raw(encrypted).await.set_cookie("andon_session").expect("a session");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let site = Site::new();
    let Proof::Session { cookie, .. } = site.session("ana") else { panic!("a session") };
    let page = site.get("/", &Proof::Session { cookie: cookie.clone(), form: None }).await;
    let (own, cookies) = (page.form_token(), format!("andon_session={cookie}"));
    let others = Browser::at(&site).await;
    let heads = site.journal().lines().count();
    for body in [
        "text=hello".to_owned(),
        "form=&text=hello".to_owned(),
        format!("form={cookie}&text=hello"),
        format!("form={}&text=hello", others.form),
        format!("form={}&form={own}&text=hello", "0".repeat(64)),
    ] {
        let answer = site.raw(request("/incidents/INC-1/note", &cookies, &body)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{body}");
    }
    // The API takes the cookie for no change either, unless a script of ours adds the token.
    let json = r#"{"command":{"note":{"incident":"INC-1","text":"hello"}}}"#;
    let without = Proof::Session { cookie: cookie.clone(), form: None };
    let path = "/api/v1/andon/commands";
    let answer = site.send(Method::POST, path, &without, "application/json", json).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(site.journal().lines().count(), heads, "nothing came of any of it");
    let with = Proof::Session { cookie: cookie.clone(), form: Some(own.clone()) };
    assert_eq!(site.send(Method::POST, path, &with, "application/json", json).await.status, StatusCode::OK);
    let answer =
        site.raw(request("/incidents/INC-1/note", &cookies, &format!("form={own}&text=hello"))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    // Nobody is signed in by a form from elsewhere: as whoever wrote that form.
    let body = format!("handle=ana&password={}", PASSWORD.replace(' ', "+"));
    let answer = site.raw(request("/sign-in", "", &body)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.cookie("andon_session").is_none());
    let mut foreign = request("/incidents/INC-1/note", &cookies, &format!("form={own}&text=hello"));
    foreign.headers_mut().insert(header::ORIGIN, "http://evil.example".parse().expect("a header"));
    assert_eq!(site.raw(foreign).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_sign_in_leads_on_to_us_only() {
    let site = Site::new();
    for (next, expect) in [
        ("/incidents/INC-1", "/incidents/INC-1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/%09/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let browser = Browser::at(&site).await;
        let answer = browser.sign_in(&site, "", &format!("&next={next}")).await;
        assert_eq!(answer.headers[header::LOCATION], expect, "{next}");
    }
    let page = site.get("/incidents/INC-1", &Proof::None).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("name=\"next\" value=\"/incidents/INC-1\""), "{}", page.body);
    assert!(!page.body.contains("checkout"), "whoever is unknown sees nothing of what goes on");
}

#[tokio::test]
async fn a_disabled_users_page_is_gone_at_once() {
    let site = Site::new();
    let ana = site.session("ana");
    assert_eq!(site.get("/", &ana).await.status, StatusCode::OK);
    let root = site.token("root");
    assert_eq!(site.post("/users/ana/disable", &root, "grants=").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/", &ana).await.status, StatusCode::UNAUTHORIZED);
    let browser = Browser::at(&site).await;
    assert_eq!(browser.sign_in(&site, "", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_typed_as_a_name_is_text() {
    let site = Site::new();
    let browser = Browser::at(&site).await;
    let nasty = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%3E";
    let body = format!("form={}&handle={nasty}&password=x&next=%2F%22%3E%3Cb%3E", browser.form);
    let answer = site.raw(request("/sign-in", &format!("andon_form={}", browser.form_cookie), &body)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!answer.body.contains("<script>alert") && !answer.body.contains("\"><b>"), "{}", answer.body);
    let root = site.token("root");
    let invite = r#"{"handle":"<script>alert(1)</script>"}"#;
    let answer = site.send(Method::POST, "/api/v1/andon/users", &root, "application/json", invite).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
}
