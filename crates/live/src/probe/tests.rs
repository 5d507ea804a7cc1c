//! Probes against servers of every manner.

use super::*;
use crate::http::probe_client;
use crate::loopback::{Manner, install_tls, server};

fn probe(ask: Ask) -> Probe {
    Probe {
        service: "checkout".into(),
        instance: "checkout-1".into(),
        ask,
        every: Duration::from_millis(300),
        under: Duration::from_millis(200),
    }
}

async fn http(address: &str) -> Seen {
    let ask_it = Ask::Http { url: format!("http://{address}/healthz"), status: 200 };
    ask(&probe(ask_it), &probe_client().unwrap()).await
}

#[tokio::test]
async fn an_answer_is_judged_by_its_status() {
    let (good, _asked) = server(Manner::Say(200, "text/plain", String::new())).await;
    let seen = http(&good).await;
    assert_eq!((seen.status, seen.failure), (Some(200), None));
    let (bad, _asked) = server(Manner::Say(503, "text/plain", String::new())).await;
    let seen = http(&bad).await;
    assert_eq!(seen.failure.as_deref(), Some("answered 503, not 200"));
}

#[tokio::test]
async fn a_server_that_hangs_is_a_failure_in_time() {
    let (address, _asked) = server(Manner::Hang).await;
    let seen = http(&address).await;
    assert_eq!(seen.failure.as_deref(), Some("no answer in time"));
}

#[tokio::test]
async fn nobody_there_is_said_in_words() {
    install_tls();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let taken = ask(&probe(Ask::Tcp { address: address.clone() }), &probe_client().unwrap()).await;
    assert_eq!(taken.failure, None);
    drop(listener);
    for seen in [http(&address).await, ask(&probe(Ask::Tcp { address }), &probe_client().unwrap()).await] {
        let failure = seen.failure.unwrap();
        assert!(failure.starts_with("cannot connect"), "{failure}");
    }
}

#[test]
fn what_was_seen_becomes_series() {
    let ask = Ask::Http { url: "https://shop/".to_owned(), status: 200 };
    let seen = Seen {
        status: Some(200),
        certificate_ends: Some(Timestamp::from_ms(1_800_000_000_000)),
        failure: None,
    };
    let found = samples(&probe(ask), &seen, Duration::from_millis(250));
    let shown: Vec<String> =
        found.iter().map(|(labels, value)| format!("{} {value}", labels.name())).collect();
    assert_eq!(
        shown,
        [
            "probe_success 1",
            "probe_duration_seconds 0.25",
            "probe_http_status_code 200",
            "probe_ssl_earliest_cert_expiry 1800000000"
        ]
    );
}
