//! Scrapes of targets of every manner.

use std::io::Write;

use andon_definitions::Job;
use andon_timeseries::{Matcher, Select};
use andon_vocabulary::Timestamp;
use tokio::sync::mpsc;

use super::*;
use crate::http::near_client;
use crate::loopback::{Manner, install_tls, server};
use crate::queue::{Message, queue};
use crate::store::Store;

fn job() -> Job {
    let mut job = Job::named("checkout");
    job.limits.body_bytes = Some(10 << 20);
    job.limits.samples = Some(100);
    job
}

fn target(address: &str) -> Target {
    target_of(address, job())
}

fn target_of(address: &str, job: Job) -> Target {
    install_tls();
    let labels = Labels::new([("service", "checkout"), ("instance", "checkout-1"), ("version", "v41")]);
    Target {
        name: "checkout/checkout-1".into(),
        url: format!("http://{address}/metrics"),
        discovered: labels.clone(),
        labels,
        every: Duration::from_millis(60),
        timeout: Duration::from_millis(300),
        settings: Settings::new(job, std::path::Path::new("."), &near_client().unwrap()),
        held: None,
    }
}

fn ticket(target: &Target, around: &Surroundings) -> Ticket {
    around.sources.expect(target)
}

fn surroundings() -> (Surroundings, mpsc::Receiver<Message>) {
    install_tls();
    let (queue, messages) = queue();
    let around = Surroundings {
        seed: 7,
        started: Timestamp::EPOCH,
        store: SharedStore::new(Store::default()),
        clock: Arc::new(Clock::starting_at(Timestamp::EPOCH)),
        queue,
        sources: Arc::default(),
    };
    (around, messages)
}

/// What the loop hears of a target, until it is settled.
async fn hear(manner: Manner) -> (SourceSeen, SharedStore) {
    let (address, _asked) = server(manner).await;
    let (around, mut messages) = surroundings();
    let store = around.store.clone();
    let (_keep, stop) = oneshot::channel();
    let target = target(&address);
    let task = tokio::spawn(run(target.clone(), ticket(&target, &around), around, First::AtOnce, stop));
    let heard = messages.recv().await;
    task.abort();
    match heard {
        Some(Message::Input(Input::Source(seen))) => (seen, store),
        other => panic!("{other:?}"),
    }
}

async fn silent(manner: Manner) -> String {
    let (seen, store) = hear(manner).await;
    assert_eq!(last(&store, "up"), Some(0.0));
    seen.silent.expect("it should be silent")
}

fn last(store: &SharedStore, name: &str) -> Option<f64> {
    let found = store.read().select(&[Matcher::metric(name)], Timestamp::EPOCH, Timestamp::MAX).unwrap();
    Some(found.first()?.samples.last()?.value)
}

fn say(body: &str) -> Manner {
    Manner::Say(200, "text/plain; version=0.0.4", body.to_owned())
}

#[tokio::test]
async fn a_target_that_answers_is_up_and_its_series_carry_its_labels() {
    let (seen, store) = hear(say("# HELP pool in use\ndb_pool_in_use 17\n")).await;
    assert_eq!(seen.silent, None);
    assert_eq!(&*seen.target, "checkout/checkout-1");
    assert_eq!(last(&store, "up"), Some(1.0));
    assert_eq!(last(&store, "db_pool_in_use"), Some(17.0));
    assert!(store.label_values("version").contains("v41"));
    assert!(last(&store, "scrape_duration_seconds").unwrap() < 0.3);
}

#[tokio::test]
async fn openmetrics_is_asked_for_and_understood() {
    let body = "# TYPE a counter\na_total 1\n# EOF\n".to_owned();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let (address, mut asked) = server(Manner::Say(200, kind, body)).await;
    let (around, _messages) = surroundings();
    let target = target(&address);
    let mut scrape = Scrape::new(target.clone(), ticket(&target, &around), around.clone());
    scrape.once(Timestamp::from_ms(1)).await;
    assert_eq!(last(&around.store, "a_total"), Some(1.0));
    let request = asked.recv().await.unwrap();
    assert!(request.contains("accept: application/openmetrics-text"), "{request}");
}

#[tokio::test]
async fn whatever_a_target_does_is_said_in_words() {
    assert_eq!(silent(Manner::Hang).await, "no answer in time");
    let broken = silent(Manner::BreakOff).await;
    assert!(broken.starts_with("the answer broke off"), "{broken}");
    let status = Manner::Say(500, "text/plain", String::new());
    assert_eq!(silent(status).await, "answered 500 Internal Server Error");
    let wrong = silent(say("up 1\nthis is no metric\n")).await;
    assert!(wrong.starts_with("line 2: "), "{wrong}");
    let many: String = (0..101).map(|n| format!("m{{n=\"{n}\"}} 1\n")).collect();
    let many = silent(say(&many)).await;
    assert!(many.contains("sample_limit: more than 100 samples"), "{many}");
}

#[tokio::test]
async fn a_flood_is_cut_and_never_held_in_memory() {
    let (address, _asked) = server(Manner::Flood(100 << 20)).await;
    let mut slow = target(&address);
    slow.timeout = Duration::from_secs(10);
    let mut body = Vec::new();
    let error = fetch::ask(&slow).await.unwrap().whole(&mut body).await.unwrap_err();
    assert_eq!(error, "the answer is longer than 10 MiB; expose fewer series, or raise the limit");
    assert!(body.capacity() <= 32 << 20, "{}", body.capacity());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_asked_for_and_unpacked() {
    let (address, mut asked) = server(Manner::Packed("text/plain", gzip(b"a 1\n"))).await;
    let (around, _messages) = surroundings();
    let target = target(&address);
    let mut scrape = Scrape::new(target.clone(), ticket(&target, &around), around.clone());
    scrape.once(Timestamp::from_ms(1)).await;
    assert_eq!(last(&around.store, "a"), Some(1.0));
    let request = asked.recv().await.unwrap();
    assert!(
        request.contains("accept-encoding: gzip") && request.contains("timeout-seconds: 0.3"),
        "{request}"
    );
}

#[tokio::test]
async fn hostile_answers_cost_only_their_sender_and_are_named() {
    let bomb = gzip(&vec![b'#'; 40 << 20]);
    assert!(bomb.len() < 1 << 20);
    let (address, _asked) = server(Manner::Packed("text/plain", bomb)).await;
    let mut patient = target(&address);
    patient.timeout = Duration::from_secs(20);
    let mut body = Vec::new();
    let error = fetch::ask(&patient).await.unwrap().whole(&mut body).await.unwrap_err();
    assert!(
        error.starts_with("the answer is longer than 10 MiB") && error.contains("bytes of gzip"),
        "{error}"
    );
    assert!(body.capacity() <= 32 << 20);

    let broken = silent(Manner::Packed("text/plain", b"this is no gzip".to_vec())).await;
    assert!(broken.starts_with("the answer is no gzip"), "{broken}");
    assert_eq!(silent(Manner::Drip).await, "the answer broke off: no answer in time");

    let labels: String = (0..1_000_000).map(|n| format!("l{n}=\"\",")).collect();
    let wide = silent(say(&format!("a{{{labels}}} 1\n"))).await;
    assert!(wide.starts_with("the answer is longer than") || wide.starts_with("line 1: "), "{wide}");
    let wide: String = (0..2000).map(|n| format!("l{n}=\"x\",")).collect();
    let wide = silent(say(&format!("a{{{wide}}} 1\n"))).await;
    assert!(wide.starts_with("line 1: more than 1024 labels"), "{wide}");
    let html = silent(Manner::Say(200, "text/html", "<html>".into())).await;
    assert!(html.contains("text/html"), "{html}");
}

#[tokio::test]
async fn a_flood_of_nan_is_stored_and_a_clock_a_year_off_is_named_beside_the_rest() {
    let nan: String = (0..90).map(|n| format!("m{{n=\"{n}\"}} NaN\n")).collect();
    let (address, _asked) = server(say(&format!("{nan}late 1 {}\nhere 1\n", 31_536_000_000_u64))).await;
    let (around, _messages) = surroundings();
    let target = target(&address);
    let mut scrape = Scrape::new(target.clone(), ticket(&target, &around), around.clone());
    scrape.once(Timestamp::from_ms(1)).await;
    assert_eq!(last(&around.store, "here"), Some(1.0));
    assert!(last(&around.store, "m").unwrap().is_nan());
    assert_eq!(last(&around.store, "late"), None);
    let source = &around.sources.list()[&target.name];
    assert_eq!((source.error.as_deref(), source.samples), (None, 92));
    let remark = source.remark.as_deref().unwrap();
    assert!(remark.starts_with("1 samples are of the future, up to 364 days"), "{remark}");
}

#[tokio::test]
async fn a_target_that_is_held_is_down_and_says_why() {
    let (address, mut asked) = server(say("a 1\n")).await;
    let (around, _messages) = surroundings();
    let mut target = target(&address);
    target.held = Some("target_limit: too many".into());
    let mut scrape = Scrape::new(target.clone(), ticket(&target, &around), around.clone());
    scrape.once(Timestamp::from_ms(1)).await;
    assert_eq!(last(&around.store, "up"), Some(0.0));
    assert_eq!(around.sources.list()[&target.name].error.as_deref(), Some("target_limit: too many"));
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn nobody_there_is_silent_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let (around, mut messages) = surroundings();
    let (_keep, stop) = oneshot::channel();
    let target = target(&address);
    let task = tokio::spawn(run(target.clone(), ticket(&target, &around), around, First::AtOnce, stop));
    let Some(Message::Input(Input::Source(seen))) = messages.recv().await else {
        panic!("a source was expected");
    };
    task.abort();
    let why = seen.silent.unwrap();
    assert!(why.contains("connection refused"), "{why}");
}

#[tokio::test]
async fn when_scraping_stops_the_series_end() {
    let (address, _asked) = server(say("a 1\n")).await;
    let (around, mut messages) = surroundings();
    let store = around.store.clone();
    let (stopping, stop) = oneshot::channel();
    let target = target(&address);
    let task = tokio::spawn(run(target.clone(), ticket(&target, &around), around, First::AtOnce, stop));
    messages.recv().await.unwrap();
    drop(stopping);
    task.await.unwrap();
    for name in ["a", "up"] {
        assert!(andon_timeseries::is_stale(last(&store, name).unwrap()), "{name}");
    }
}

#[tokio::test]
async fn what_a_target_exposed_before_a_start_ends_with_the_first_scrape_that_does_not_find_it() {
    let (address, _asked) = server(Manner::Hang).await;
    let (mut around, mut messages) = surroundings();
    let store = around.store.clone();
    let target = target(&address);
    let before = target.labels.with("__name__", "pool");
    crate::source::Source::default().write(&store, around.clock.now(), vec![(before.clone(), 0.95)]);
    tokio::time::sleep(Duration::from_millis(2)).await;
    around.started = around.clock.now();
    let (_keep, stop) = oneshot::channel();
    let ticket = ticket(&target, &around);
    let task = tokio::spawn(run(target, ticket, around, First::AtOnce, stop));
    messages.recv().await.expect("it is silent");
    task.abort();
    assert!(andon_timeseries::is_stale(store.read().head().last(&before).unwrap().value));
}
