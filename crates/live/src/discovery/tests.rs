//! Discovery over HTTP, of answers of every manner.

use std::time::Duration;

use andon_definitions::Job;

use super::*;
use crate::http::near_client;
use crate::loopback::{Manner, install_tls, server};

async fn discover(manner: Manner) -> (Vec<Labels>, Vec<String>) {
    install_tls();
    let (address, _asked) = server(manner).await;
    let mut job = Job::named("a");
    let config = serde_json::json!({ "url": format!("http://{address}/targets") });
    job.discovery.http_sd_configs.push(serde_json::from_value(config).unwrap());
    let changed = Arc::default();
    let discovering = Discovering::start(&job, Path::new("."), &near_client().unwrap(), &changed);
    tokio::time::timeout(Duration::from_secs(10), changed.notified()).await.unwrap();
    assert!(discovering.has_looked());
    (discovering.targets(), discovering.troubles())
}

#[tokio::test]
async fn an_address_says_who_is_to_be_asked() {
    let body = r#"[{"targets":["a:1","b:2"],"labels":{"zone":"eu"}},{"targets":[]}]"#.to_owned();
    let (targets, troubles) = discover(Manner::Say(200, "application/json; charset=utf-8", body)).await;
    assert!(troubles.is_empty(), "{troubles:?}");
    let addresses: Vec<_> = targets.iter().map(|labels| labels.get("__address__").unwrap()).collect();
    assert_eq!(addresses, ["a:1", "b:2"]);
    assert!(targets[0].get("__meta_url").unwrap().ends_with("/targets"));
}

#[tokio::test]
async fn what_is_wrong_with_an_answer_is_said() {
    for (manner, why) in [
        (Manner::Say(500, "application/json", "[]".into()), "answered 500"),
        (Manner::Say(200, "text/html", "[]".into()), r#"answered "text/html", not application/json"#),
        (Manner::Say(200, "application/json", "{}".into()), "not a list of target groups"),
        (Manner::Flood(20 << 20), "answered \"\""),
    ] {
        let (targets, troubles) = discover(manner).await;
        assert!(targets.is_empty());
        assert!(troubles[0].contains(why), "{troubles:?}");
    }
}
