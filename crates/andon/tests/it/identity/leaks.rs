//! What proves somebody stands nowhere but with them: not in the journal, not in an answer, not in the accounts.

use andon_api::AccountBook;
use axum::http::Method;

use super::site::{PASSWORD, Proof, Site};

#[tokio::test]
async fn no_secret_is_in_the_journal_nor_in_what_is_answered() {
    let site = Site::new();
    let json = "application/json";
    let mut secrets = vec![PASSWORD.to_owned(), "hunter2-hunter2".to_owned()];
    let body = format!("{{\"handle\":\"ana\",\"password\":{PASSWORD:?}}}");
    let said = site.send(Method::POST, "/api/v1/andon/sign-in", &Proof::None, json, &body).await;
    let said: serde_json::Value = serde_json::from_str(&said.body).expect("JSON");
    let token = said["token"].as_str().expect("a token").to_owned();
    secrets.push(token.clone());
    secrets.push(token.rsplit('_').next().expect("a secret").to_owned());
    // What somebody types into the wrong field, and what cannot be read.
    let mut answers = String::new();
    for body in [
        r#"{"handle":"hunter2-hunter2","password":"x"}"#,
        r#"{"handle":"ana","password":"hunter2-hunter2"}"#,
        r#"{"handle":"ana","password":["hunter2-hunter2"]}"#,
        r#"{"hunter2-hunter2":1}"#,
        r#"hunter2-hunter2"#,
    ] {
        let answer = site.send(Method::POST, "/api/v1/andon/sign-in", &Proof::None, json, body).await;
        answers.push_str(&answer.body);
    }
    let invite = r#"{"handle":"kim"}"#;
    let invited = site.send(Method::POST, "/api/v1/andon/users", &site.token("root"), json, invite).await;
    let invited: serde_json::Value = serde_json::from_str(&invited.body).expect("JSON");
    let link = invited["link"].as_str().expect("a link").rsplit('=').next().expect("a secret");
    secrets.push(link.to_owned());
    let bearer = Proof::Bearer(token);
    for path in
        ["/api/v1/andon/me", "/api/v1/andon/tokens", "/api/v1/andon/status", "/account", "/", "/metrics"]
    {
        answers.push_str(&site.get(path, &bearer).await.body);
    }
    let wrong = Proof::Bearer("andon_hunter2-hunter2".to_owned());
    answers.push_str(&site.get("/", &wrong).await.body);
    answers.push_str(&site.get("/api/v1/andon/status", &wrong).await.body);
    for path in ["/api/v1/andon/users", "/api/v1/andon/invitations", "/api/v1/andon/tokens", "/users"] {
        answers.push_str(&site.get(path, &site.token("root")).await.body);
    }
    let accounts = format!("{:?}", site.still.read());
    let journal = site.journal();
    assert!(journal.contains("signed_in") && journal.contains("sign_in_refused"));
    for secret in &secrets {
        assert!(!journal.contains(secret.as_str()), "the journal knows a secret");
        assert!(!answers.contains(secret.as_str()), "an answer holds a secret");
        assert!(!accounts.contains(secret.as_str()), "the accounts show a secret");
    }
    assert!(!accounts.contains("argon2") && !answers.contains("argon2"));
}
