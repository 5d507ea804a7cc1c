//! A full disk: nothing is answered that is not kept, what was answered stays, and once there is room it goes on.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{PATIENCE, get, home};
use crate::real::disk::Disk;
use crate::real::{Pager, http, wait};

const REQUESTS_MAX: usize = 2_000;

/// What was answered with 200.
#[derive(Default)]
struct Kept {
    alerts: Vec<String>,
    silences: Vec<String>,
    sent: usize,
}

impl Kept {
    /// Sends alerts and silences until one is refused: how.
    fn until_refused(&mut self, to: SocketAddr) -> (u16, String) {
        for _ in 0..REQUESTS_MAX {
            self.sent += 1;
            let (status, answer) = self.send(to);
            if status != 200 {
                return (status, answer);
            }
        }
        panic!("{REQUESTS_MAX} requests were kept on a full disk");
    }

    fn send(&mut self, to: SocketAddr) -> (u16, String) {
        let n = self.sent.to_string();
        if self.sent.is_multiple_of(2) {
            let silence = json!({
                "matchers": [ { "name": "n", "value": n, "isRegex": false } ],
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z",
                "createdBy": "ana", "comment": "x".repeat(2_000),
            });
            let (status, answer) = post(to, "/api/v2/silences", &silence);
            if status == 200 {
                let answer: Value = serde_json::from_str(&answer).expect("JSON");
                self.silences.push(answer["silenceID"].as_str().expect("an id").to_owned());
            }
            (status, answer)
        } else {
            let alert = json!([{ "labels": { "alertname": "Full", "n": n }, "annotations": { "x": "x".repeat(2_000) } }]);
            let (status, answer) = post(to, "/api/v2/alerts", &alert);
            if status == 200 {
                self.alerts.push(n);
            }
            (status, answer)
        }
    }

    #[track_caller]
    fn must_be_at(&self, at: SocketAddr) {
        let held = super::kill::names(&get(at, "/api/v2/alerts"), "/labels/n");
        let lost: Vec<_> = self.alerts.iter().filter(|n| !held.contains(n)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let set = super::kill::names(&get(at, "/api/v2/silences"), "/id");
        let lost: Vec<_> = self.silences.iter().filter(|id| !set.contains(id)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }
}

fn post(to: SocketAddr, path: &str, body: &Value) -> (u16, String) {
    let headers = [("content-type", "application/json")];
    http::request(to, "POST", path, &headers, &body.to_string()).expect("it answers")
}

#[test]
fn nothing_that_was_acknowledged_is_lost_on_a_full_disk() {
    let pager = Pager::start();
    let home = home(&pager);
    let Some(disk) = Disk::mount(&home.data()) else {
        // Only an administrator of the machine may mount: no tool is missing.
        eprintln!("SKIPPED: a disk of its own cannot be mounted here, so no disk is filled");
        return;
    };
    let server = home.start();
    let mut kept = Kept::default();
    disk.fill();
    let (status, answer) = kept.until_refused(server.address);
    // Alertmanager's API knows no other status for what cannot be kept.
    assert_eq!(status, 500, "{answer}");
    assert!(answer.contains("disk"), "{answer}");
    kept.must_be_at(server.address);

    disk.free();
    wait("an alert to be taken again", PATIENCE, || {
        kept.sent += 1;
        (kept.send(server.address).0 == 200).then_some(())
    });

    disk.fill();
    assert_eq!(kept.until_refused(server.address).0, 500);
    server.kill();
    disk.free();
    let server = home.start();
    kept.must_be_at(server.address);
    assert!(kept.alerts.len() > 2 && kept.silences.len() > 2, "the disk was full at once");
    // The server before the disk that it writes to.
    drop(server);
    drop(disk);
}
