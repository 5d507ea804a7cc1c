//! Targets that answer too much, or never.

use std::net::TcpListener;
use std::time::Duration;

use super::{PATIENCE, events};
use crate::real::{Home, Pager, Target, wait};

const MIB: u64 = 1 << 20;

#[test]
fn a_body_of_100_mb_is_a_target_that_is_down_and_costs_no_memory() {
    let (pager, target) = (Pager::start(), Target::exposing("shop_broken 0\n"));
    let home = Home::new(pager.files("").into_iter().chain([Target::service(target.address(), "3s")]));
    let server = home.start();
    wait("the first scrape", PATIENCE, || server.query("up").pop());
    let before = server.memory_peak();
    target.expose("shop_broken 0\n".repeat(100_000_000 / 14));
    let silent = wait("the target to be down", PATIENCE, || events(&server, "source_silent@1").pop());
    assert_eq!(silent["error"], "the answer is longer than 16 MiB; expose fewer series, or raise the limit");
    std::thread::sleep(Duration::from_secs(1));
    let up = server.query("up{service=\"shop\"}");
    assert_eq!(up[0].1, "0", "{up:?}");
    let grew = server.memory_peak() - before;
    assert!(grew < 40 * MIB, "it grew by {} MiB", grew / MIB);
    target.expose("shop_broken 0\n");
    wait("the target to be back", PATIENCE, || events(&server, "source_back@1").pop());
}

#[test]
fn a_target_that_never_answers_is_down_and_holds_up_nobody_else() {
    // Connections are taken by the kernel, and nobody ever reads from them.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = mute.local_addr().expect("an address");
    let (pager, target) = (Pager::start(), Target::exposing("shop_broken 0\n"));
    let (_, service) = Target::service(at, "300ms");
    let files = pager.files("").into_iter().chain([
        Target::service(target.address(), "100ms"),
        ("mute.yaml", service.replace("name: shop ", "name: mute ")),
        super::rules(),
    ]);
    let home = Home::new(files);
    let server = home.start();
    let silent = wait("the target to be down", PATIENCE, || events(&server, "source_silent@1").pop());
    assert_eq!(silent["error"], "no answer in time", "{silent}");
    assert_eq!(silent["target"], format!("mute/{at}"), "{silent}");
    target.expose("shop_broken 1\n");
    wait("the page of the other", PATIENCE, || pager.pages().pop());
}
