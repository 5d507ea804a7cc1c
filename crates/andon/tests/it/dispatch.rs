//! An `alertmanager.yml` as it is, over real HTTP: what fires is told to its receivers in groups, once, and whoever is
//! killed in between tells nobody again.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::real::http::{Listener, Response};
use crate::real::{Call, Home, Pager, Target, wait, within};

const RULES: &str = "groups: [ { name: shop, rules: [ { alert: ShopBroken, expr: shop_broken > 0, \
                     labels: { severity: log }, annotations: { summary: '{{ $labels.part }} is broken' } } ] } ]\n";
const PATIENCE: Duration = Duration::from_secs(20);
/// Several of the groups' intervals.
const QUIET: Duration = Duration::from_secs(3);

fn exposed(cart: u8, till: u8) -> String {
    format!(
        "# TYPE shop_broken gauge\nshop_broken{{part=\"cart\"}} {cart}\nshop_broken{{part=\"till\"}} {till}\n"
    )
}

fn file(receivers: &str) -> (&'static str, String) {
    let route = "route: { receiver: first, group_by: [alertname], group_wait: 300ms, group_interval: 1s, \
                 routes: [ { receiver: first, continue: true }, { receiver: second } ] }\n";
    ("alertmanager.yml", format!("{route}receivers:\n{receivers}"))
}

/// Nobody is on call for what is only for the log, but a service has a team.
fn home(service: (&'static str, String), receivers: &str) -> Home {
    let team = Pager::start().files("");
    Home::new(team.into_iter().chain([service, ("rules.yaml", RULES.to_owned()), file(receivers)]))
}

fn webhook(name: &str, address: std::net::SocketAddr) -> String {
    format!("  - {{ name: {name}, webhook_configs: [ {{ url: 'http://{address}/' }} ] }}\n")
}

/// What a server does not know to have arrived when it dies it sends again under the same key, which says so.
fn told(pager: &Pager) -> Vec<Call> {
    let mut keys = BTreeSet::new();
    pager.calls().into_iter().filter(|call| keys.insert(call.key.clone())).collect()
}

fn parts(message: &Value) -> Vec<&str> {
    let alerts = message["alerts"].as_array().map(Vec::as_slice).unwrap_or_default();
    alerts.iter().filter_map(|alert| alert["labels"]["part"].as_str()).collect()
}

#[test]
fn a_group_is_told_once_whatever_dies_and_its_end_too() {
    let (first, second, target) = (Pager::start(), Pager::start(), Target::exposing(&exposed(1, 1)));
    let service = Target::service(target.address(), "100ms");
    let receivers = webhook("first", first.address()) + &webhook("second", second.address());
    let home = home(service, &receivers);
    let server = home.start();

    for pager in [&first, &second] {
        let call = wait("a notification", PATIENCE, || told(pager).first().cloned());
        let message = &call.delivery;
        assert_eq!(message["version"], "4", "{message}");
        assert_eq!(message["status"], "firing", "{message}");
        assert_eq!(message["groupLabels"]["alertname"], "ShopBroken", "{message}");
        assert_eq!(parts(message), ["cart", "till"], "{message}");
        assert_eq!(message["alerts"][0]["annotations"]["summary"], "cart is broken", "{message}");
        assert!(!call.key.is_empty());
    }
    server.kill();
    let server = home.start();
    std::thread::sleep(QUIET);
    assert_eq!((told(&first).len(), told(&second).len()), (1, 1), "nobody is told again what they know");

    target.expose(exposed(0, 1));
    let call = wait("that one is well", PATIENCE, || told(&first).get(1).cloned());
    assert_eq!(call.delivery["status"], "firing", "{}", call.delivery);
    let statuses: Vec<&Value> =
        call.delivery["alerts"].as_array().unwrap().iter().map(|alert| &alert["status"]).collect();
    assert_eq!(statuses, ["resolved", "firing"], "{}", call.delivery);

    // While it is down all is mended: it says so when it is back.
    server.kill();
    target.expose(exposed(0, 0));
    let server = home.start();
    let call = wait("that all is well", PATIENCE, || told(&second).get(2).cloned());
    assert_eq!((call.delivery["status"].as_str(), parts(&call.delivery)), (Some("resolved"), vec!["till"]));
    std::thread::sleep(QUIET);
    assert_eq!((told(&first).len(), told(&second).len()), (3, 3));
    server.stop();
}

#[test]
fn a_receiver_that_hangs_or_is_broken_keeps_no_other_waiting() {
    // The first never answers before the test is over.
    let (over, is_over) = mpsc::channel::<()>();
    let is_over = std::sync::Mutex::new(is_over);
    let hangs = Listener::serve(move |_| {
        let _ = is_over.lock().expect("nobody panics").recv();
        Response::new(200, "")
    });
    let (second, target) = (Pager::start(), Target::exposing(&exposed(1, 0)));
    second.answer(503);
    let service = Target::service(target.address(), "100ms");
    let receivers = webhook("first", hangs.address) + &webhook("second", second.address());
    let home = home(service, &receivers);
    let server = home.start();
    wait("an attempt", PATIENCE, || second.calls().first().cloned());
    second.answer(204);
    let arrived =
        wait("another attempt", PATIENCE, || second.calls().into_iter().find(|call| call.answered == 204));
    assert_eq!(arrived.key, second.calls()[0].key, "a repeated attempt has the same key");
    let more = within(QUIET, || second.calls().into_iter().filter(|call| call.answered == 204).nth(1));
    assert!(more.is_none(), "it is told once");
    drop(over);
    server.stop();
}
