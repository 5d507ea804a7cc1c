//! Alertmanager's HTTP API, spoken by a real Andon: the stock `amtool` and a stock Prometheus work with it, a real
//! Alertmanager beside it says the same of the same alerts, and what was acknowledged survives a `kill -9`.
//!
//! `ALERTMANAGER`, `AMTOOL` and `PROMETHEUS` name other binaries than those on the PATH.

mod amtool;
mod beside;
mod full;
mod kill;
mod sender;
mod signed_in;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::real::{Home, Pager, http};

const PATIENCE: Duration = Duration::from_secs(30);

const ROUTES: &str = "\
route:
  receiver: default
  group_by: [alertname]
  routes:
  - receiver: db
    matchers: ['team=\"db\"']
    group_by: [alertname, instance]
    continue: true
  - receiver: all
    matchers: ['team=~\"db|web\"']
    group_by: ['...']
receivers: [ { name: default }, { name: db }, { name: all } ]
inhibit_rules:
- source_matchers: ['severity=\"critical\"']
  target_matchers: ['severity=\"warning\"']
  equal: [alertname]
";

/// With the routes above; nobody is disturbed.
fn home(pager: &Pager) -> Home {
    let routes = ("alertmanager.yml", ROUTES.to_owned());
    Home::new(pager.files("").into_iter().chain([routes]))
}

#[track_caller]
fn post(to: SocketAddr, path: &str, body: &Value) -> String {
    let headers = [("content-type", "application/json")];
    let (status, answer) = http::request(to, "POST", path, &headers, &body.to_string()).expect("it answers");
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

#[track_caller]
fn get(from: SocketAddr, path: &str) -> Value {
    let (status, answer) = http::request(from, "GET", path, &[], "").expect("it answers");
    assert_eq!(status, 200, "{path}: {answer}");
    serde_json::from_str(&answer).expect("JSON")
}
