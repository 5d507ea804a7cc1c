//! A store elsewhere: who asks it, and a question handed on whole.

use std::path::Path;
use std::time::Duration;

use andon_definitions::instance::Asked;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Elsewhere, Said, Unsaid};
use crate::loopback::{Manner, server};

fn elsewhere(address: &str, more: serde_json::Value, base: &Path) -> Elsewhere {
    let mut asked = serde_json::json!({ "url": format!("http://{address}/prometheus/"), "timeout": "10s" });
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let asked: Asked = serde_json::from_value(asked).unwrap();
    Elsewhere::new(asked, base, Handle::current()).unwrap()
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn whole(mut said: Said) -> Result<String, String> {
    let mut body = Vec::new();
    while let Some(piece) = said.piece().await? {
        body.extend(piece);
    }
    Ok(String::from_utf8(body).unwrap())
}

const PATIENCE: Duration = Duration::from_secs(10);

async fn pass(store: &Elsewhere, path: &[&str], form: &[(&str, &str)]) -> Result<Said, Unsaid> {
    store.pass(&words(path), &fields(form), PATIENCE).await
}

async fn heard(asked: &mut UnboundedReceiver<String>) -> String {
    asked.recv().await.unwrap()
}

#[tokio::test]
async fn secrets_that_were_replaced_hold_from_the_next_question_on() {
    let dir = tempfile::tempdir().unwrap();
    let (address, mut asked) = server(Manner::Say(200, "application/json", "{}".to_owned())).await;
    let secrets = serde_json::json!({ "bearer": "secret:file/token", "headers": { "X-Scope-OrgID": "secret:file/tenant" } });
    let store = elsewhere(&address, secrets, dir.path());

    let Err(Unsaid::Silent(missing)) = pass(&store, &["query"], &[]).await else { panic!("no token") };
    assert!(missing.contains("cannot read"), "{missing}");
    for (token, tenant) in [("one", "a"), ("two", "b")] {
        std::fs::write(dir.path().join("token"), format!("{token}\n")).unwrap();
        std::fs::write(dir.path().join("tenant"), tenant).unwrap();
        pass(&store, &["query"], &[]).await.unwrap();
        let request = heard(&mut asked).await;
        assert!(request.contains(&format!("authorization: Bearer {token}\r\n")), "{request}");
        assert!(request.contains(&format!("x-scope-orgid: {tenant}\r\n")), "{request}");
    }

    let basic = serde_json::json!({ "username": "u", "password": "secret:file/password" });
    let store = elsewhere(&address, basic, dir.path());
    // `u:p` and `u:q`.
    for (password, coded) in [("p", "dTpw"), ("q", "dTpx")] {
        std::fs::write(dir.path().join("password"), password).unwrap();
        pass(&store, &["query"], &[]).await.unwrap();
        let request = heard(&mut asked).await;
        assert!(request.contains(&format!("authorization: Basic {coded}\r\n")), "{request}");
    }
}

#[tokio::test]
async fn a_question_arrives_as_it_was_put_and_its_answer_as_it_was_said() {
    let refusal = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    let (address, mut asked) = server(Manner::Say(422, "application/json", refusal.to_owned())).await;
    let store = elsewhere(&address, serde_json::json!({}), Path::new("."));

    let form = [("query", "a{b=\"c&d\"}"), ("limit", "3"), ("match[]", "x"), ("match[]", "y")];
    let said = pass(&store, &["query_range"], &form).await.unwrap();
    assert_eq!(said.status, 422);
    assert_eq!(whole(said).await.unwrap(), refusal);
    let request = heard(&mut asked).await;
    assert!(request.starts_with("POST /prometheus/api/v1/query_range HTTP/1.1\r\n"), "{request}");
    assert!(
        request.ends_with("query=a%7Bb%3D%22c%26d%22%7D&limit=3&match%5B%5D=x&match%5B%5D=y"),
        "{request}"
    );

    pass(&store, &["label", "a/b", "values"], &[("match[]", "up")]).await.unwrap();
    let request = heard(&mut asked).await;
    assert!(
        request.starts_with("GET /prometheus/api/v1/label/a%2Fb/values?match%5B%5D=up HTTP/1.1\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn an_answer_of_any_length_is_handed_on_and_one_that_comes_too_late_is_not() {
    let (address, _asked) = server(Manner::Flood(80 << 20)).await;
    let store = elsewhere(&address, serde_json::json!({}), Path::new("."));
    let mut said = pass(&store, &["query"], &[]).await.unwrap();
    let mut bytes = 0;
    while let Some(piece) = said.piece().await.unwrap() {
        bytes += piece.len();
    }
    assert!(bytes >= 80 << 20, "{bytes}");

    let (address, _asked) = server(Manner::Hang).await;
    let store = elsewhere(&address, serde_json::json!({ "timeout": "100ms" }), Path::new("."));
    assert_eq!(pass(&store, &["query"], &[]).await.unwrap_err(), Unsaid::TimedOut);
    let (address, _asked) = server(Manner::Drip).await;
    let store = elsewhere(&address, serde_json::json!({ "timeout": "200ms" }), Path::new("."));
    let said = pass(&store, &["query"], &[]).await.unwrap();
    assert!(whole(said).await.is_err());
}

#[tokio::test]
async fn credentials_that_the_store_does_not_take_are_no_answer() {
    let (address, _asked) = server(Manner::Say(401, "text/html", "<html>".to_owned())).await;
    let store = elsewhere(&address, serde_json::json!({}), Path::new("."));
    let Err(Unsaid::Silent(why)) = pass(&store, &["query"], &[]).await else { panic!("it refuses") };
    assert!(why.contains("401") && why.contains("credentials"), "{why}");
}
