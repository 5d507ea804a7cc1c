//! From definitions and files to targets, and what goes on when they change.

use andon_definitions::{SourceFile, load};

use super::*;
use crate::http::near_client;
use crate::loopback::install_tls;

fn prometheus(text: &str) -> Arc<Prometheus> {
    let (catalog, found) = load(&[SourceFile { path: "prometheus.yml".into(), text: text.into() }]);
    assert!(found.is_empty(), "{found:?}");
    catalog.prometheus.unwrap()
}

fn pools(directory: &Path) -> Pools {
    install_tls();
    Pools::new(directory, near_client().unwrap())
}

fn names(targets: &BTreeMap<Name, Target>) -> Vec<&str> {
    targets.keys().map(|name| &**name).collect()
}

#[tokio::test]
async fn a_job_that_stays_the_same_keeps_its_targets_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let mut pools = pools(directory.path());
    let sources = Sources::default();
    let first = prometheus(
        "scrape_configs:\n  - { job_name: a, static_configs: [ { targets: [x, y] } ] }\n  - { job_name: b, static_configs: [ { targets: [z] } ] }\n",
    );
    let before = pools.wanted(&Plan::default(), Some(&first), &sources);
    assert_eq!(names(&before), ["a/x", "a/y", "b/z"]);
    assert!(pools.have_looked());
    let second = prometheus(
        "scrape_configs:\n  - { job_name: a, static_configs: [ { targets: [x, y] } ] }\n  - { job_name: b, scrape_interval: 5s, static_configs: [ { targets: [z] } ] }\n",
    );
    let after = pools.wanted(&Plan::default(), Some(&second), &sources);
    assert!(before["a/x"] == after["a/x"]);
    assert!(before["b/z"] != after["b/z"]);
    assert!(pools.wanted(&Plan::default(), None, &sources).is_empty());
}

#[tokio::test]
async fn files_of_targets_are_watched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("more.json");
    std::fs::write(&path, r#"[{"targets":["one:1"],"labels":{"zone":"eu"}}]"#).unwrap();
    let mut pools = pools(directory.path());
    let sources = Sources::default();
    let defined =
        prometheus("scrape_configs: [ { job_name: a, file_sd_configs: [ { files: ['*.json'] } ] } ]\n");
    assert!(pools.wanted(&Plan::default(), Some(&defined), &sources).is_empty());
    assert!(!pools.have_looked());
    pools.changed().await;
    let found = pools.wanted(&Plan::default(), Some(&defined), &sources);
    assert_eq!(names(&found), ["a/one:1"]);
    assert!(pools.have_looked());
    assert_eq!(found["a/one:1"].labels.get("zone"), Some("eu"));
    let filed = found["a/one:1"].discovered.get("__meta_filepath").unwrap();
    assert!(filed.ends_with("more.json"), "{filed}");

    std::fs::write(&path, "[{ broken").unwrap();
    pools.changed().await;
    assert_eq!(names(&pools.wanted(&Plan::default(), Some(&defined), &sources)), ["a/one:1"]);
    let trouble = &sources.pools()["a"].troubles[0];
    assert!(trouble.contains("more.json: not a list of target groups"), "{trouble}");

    std::fs::write(&path, r#"[{"targets":["one:1","two:2"]}]"#).unwrap();
    pools.changed().await;
    assert_eq!(names(&pools.wanted(&Plan::default(), Some(&defined), &sources)), ["a/one:1", "a/two:2"]);
    assert!(sources.pools()["a"].troubles.is_empty());
}

#[tokio::test]
async fn what_is_left_out_and_what_is_too_much_is_told() {
    let mut pools = pools(Path::new("."));
    let sources = Sources::default();
    let defined = prometheus(
        "scrape_configs:\n  - job_name: a\n    target_limit: 1\n    static_configs: [ { targets: [x, y, z, 'h/p'] } ]\n    relabel_configs: [ { source_labels: [__address__], regex: z, action: drop } ]\n",
    );
    let wanted = pools.wanted(&Plan::default(), Some(&defined), &sources);
    assert_eq!(names(&wanted), ["a/x", "a/y"]);
    let why = "target_limit: the job has 2 targets, more than 1";
    assert_eq!(wanted["a/x"].held.as_deref(), Some(why));
    let pool = &sources.pools()["a"];
    assert_eq!(pool.dropped[0].get("__address__"), Some("z"));
    assert_eq!(pool.troubles, ["h/p is not scraped: `h/p` is not HOST:PORT", why]);
}

#[tokio::test]
async fn targets_of_one_name_are_told_apart_by_their_address() {
    let mut pools = pools(Path::new("."));
    let defined = prometheus(
        "scrape_configs:\n  - job_name: a\n    static_configs: [ { targets: [x, x, y] } ]\n    relabel_configs: [ { target_label: instance, replacement: same } ]\n",
    );
    let wanted = pools.wanted(&Plan::default(), Some(&defined), &Sources::default());
    let urls: Vec<&str> = wanted.values().map(|target| target.url.as_str()).collect();
    assert_eq!(urls, ["http://x/metrics", "http://y/metrics"]);
}
