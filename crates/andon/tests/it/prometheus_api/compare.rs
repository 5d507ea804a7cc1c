//! The same questions to both, and the same answers.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::asking::{self, Said};
use super::peer::{Peer, binary};
use super::questions::{CLOSE, INSTANT, LOOKUPS, ORDERED, QUERIES, WRONG};
use super::world::World;
use crate::house::may_skip;
use crate::real::{Home, Pager, Target, wait};

/// What the two add to a series of their own accord.
const OWN: &[&str] = &["instance", "job", "service", "version"];

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, PartialEq)]
enum How {
    /// But for the order of series, which nothing promises.
    Exact,
    Ordered,
    /// To twelve digits.
    Close,
}

struct Both {
    andon: SocketAddr,
    peer: Peer,
    differences: Vec<String>,
    asked: usize,
}

#[test]
fn answers_are_prometheuss() {
    let Some(prometheus) = binary("PROMETHEUS", "prometheus") else {
        assert!(may_skip("there is no prometheus to compare with"));
        return;
    };
    let (pager, world) = (Pager::start(), World::start());
    let dir = tempfile::tempdir().expect("a temporary directory");
    let peer = Peer::start(&prometheus, dir.path(), world.address());
    let home = Home::new(pager.files("").into_iter().chain([Target::service(world.address(), "250ms")]));
    let server = home.start();
    let mut both = Both { andon: server.address, peer, differences: Vec::new(), asked: 0 };

    // From when on both have every second.
    let first = wait("both to begin", PATIENCE, || both.newest()).max(world.began) + 1;
    std::thread::sleep(Duration::from_secs(9));
    let last = world.freeze();
    wait("both to have the last second", PATIENCE, || both.newest().filter(|newest| *newest == last));
    assert!(last - first >= 8, "from {first} to {last}");
    // Between two samples, where it does not matter which end of a range belongs to it.
    let at = format!("{last}.5");
    let from = format!("{}.5", first + 5);

    for (queries, how) in [(QUERIES, How::Exact), (CLOSE, How::Close)] {
        for query in queries {
            both.ask("/api/v1/query", &[("query", query), ("time", &at)], how);
            let range = [("query", *query), ("start", &from), ("end", &at), ("step", "1")];
            both.ask("/api/v1/query_range", &range, how);
        }
    }
    for query in ORDERED {
        both.ask("/api/v1/query", &[("query", query), ("time", &at)], How::Ordered);
    }
    for query in INSTANT {
        both.ask("/api/v1/query", &[("query", query), ("time", &at)], How::Exact);
    }
    for (path, query) in LOOKUPS {
        both.ask(path, &placed(query, &at), How::Exact);
    }
    for (path, query, has_words) in WRONG {
        both.ask_wrongly(path, &placed(query, &at), *has_words);
    }
    if both.peer.major >= 3 {
        for (path, query) in [("/api/v1/query", "query"), ("/api/v1/series", "match[]")] {
            both.ask(
                path,
                &[(query, "{__name__=~\"shop_.*\"}"), ("time", &at), ("limit", "100")],
                How::Exact,
            );
            both.ask_wrongly(path, &[(query, "shop_heat"), ("limit", "-1")], true);
            both.ask_wrongly(path, &[(query, "shop_heat"), ("limit", "x")], true);
        }
    }
    let Both { differences, asked, .. } = both;
    println!("{asked} questions, {} answered differently", differences.len());
    assert!(
        differences.is_empty(),
        "of {asked} answers {} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

fn placed<'a>(query: &[(&'a str, &'a str)], at: &'a str) -> Vec<(&'a str, &'a str)> {
    query.iter().map(|(name, value)| (*name, if *value == "$at" { at } else { *value })).collect()
}

impl Both {
    /// The last second that both have.
    fn newest(&self) -> Option<i64> {
        let newest = |of: SocketAddr| {
            let said = asking::get(of, "/api/v1/query", &[("query", "max(timestamp(shop_big))")]);
            said.body.pointer("/data/result/0/value/1")?.as_str()?.parse::<f64>().ok()
        };
        Some(newest(self.andon)?.min(newest(self.peer.address)?) as i64)
    }

    fn ask(&mut self, path: &str, query: &[(&str, &str)], how: How) {
        let plain = |said: Said| {
            let mut body = said.body;
            normalize(&mut body, how, self.peer.major);
            (said.status, body)
        };
        let ours = plain(asking::get(self.andon, path, query));
        let theirs = plain(asking::get(self.peer.address, path, query));
        self.note(path, query, &format!("{} {}", ours.0, ours.1), &format!("{} {}", theirs.0, theirs.1));
    }

    fn ask_wrongly(&mut self, path: &str, query: &[(&str, &str)], has_words: bool) {
        let told = |said: Said| {
            // Some releases begin one of them with a capital.
            let words = if has_words { said.body["error"].to_string().to_lowercase() } else { String::new() };
            format!("{} {} {words}", said.status, said.body["errorType"])
        };
        let ours = told(asking::get(self.andon, path, query));
        let theirs = told(asking::get(self.peer.address, path, query));
        self.note(path, query, &ours, &theirs);
    }

    fn note(&mut self, path: &str, query: &[(&str, &str)], ours: &str, theirs: &str) {
        self.asked += 1;
        if ours != theirs {
            self.differences.push(format!("{path} {query:?}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
}

fn normalize(body: &mut Value, how: How, major: u32) {
    if major < 3 {
        if let Some(fields) = body.as_object_mut() {
            fields.remove("warnings");
            fields.remove("infos");
        }
        body.sort_all_objects();
    }
    without_own(body);
    if how == How::Close {
        rounded(body);
    }
    for pointer in ["/data/result", "/data"] {
        if how != How::Ordered
            && let Some(Value::Array(items)) = body.pointer_mut(pointer)
        {
            // A scalar is no list of series.
            if items.iter().all(|item| item.is_object() || item.is_string()) {
                items.sort_by_key(Value::to_string);
            }
        }
    }
}

fn without_own(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !OWN.contains(&name.as_str()));
            fields.values_mut().for_each(without_own);
        }
        Value::Array(items) => {
            items.retain(|item| !item.as_str().is_some_and(|name| OWN.contains(&name)));
            items.iter_mut().for_each(without_own);
        }
        _ => {}
    }
}

/// Values are strings in pairs with their times.
fn rounded(value: &mut Value) {
    match value {
        Value::Array(pair) => match &mut pair[..] {
            [Value::Number(_), Value::String(text)] => {
                if let Ok(number) = text.parse::<f64>() {
                    *text = format!("{number:.12e}");
                }
            }
            items => items.iter_mut().for_each(rounded),
        },
        Value::Object(fields) => fields.values_mut().for_each(rounded),
        _ => {}
    }
}
