//! An outlet against receivers of every manner.

use andon_definitions::prometheus::HttpClient;
use andon_remote::{Head, Item, Limits, Packing, Room, read};
use andon_timeseries::{Exemplar, Metadata, MetricKind, Sample};
use andon_vocabulary::Labels;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::http::near_client;
use crate::loopback::install_tls;
use crate::store::Store;

/// Answers with each status in turn, the last one for ever, and tells the samples of each request: `name value`.
async fn receiver(statuses: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut statuses = statuses.iter();
        let mut status = "";
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            status = statuses.next().copied().unwrap_or(status);
            let mut request = Vec::new();
            let body = loop {
                let mut part = [0; 65_536];
                let read = stream.read(&mut part).await.unwrap();
                assert!(read > 0, "the request is cut off");
                request.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&request);
                let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                let length = text.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
                if request.len() >= end + 4 + length.parse::<usize>().unwrap() {
                    let version = if text.contains("v2.Request") { Version::V2 } else { Version::V1 };
                    break samples(version, &request[end + 4..]);
                }
            };
            tell.send(body).unwrap();
            let counted = "x-prometheus-remote-write-samples-written: 1";
            let answer =
                format!("HTTP/1.1 {status}\r\n{counted}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}/write"), told)
}

/// The headers come first: they say which version it is.
fn samples(version: Version, body: &[u8]) -> Vec<String> {
    let head = Head { version, packing: Packing::Snappy };
    let body = head.unpack(body, &Limits::default()).unwrap();
    let mut samples = Vec::new();
    read(head.version, &body, &Limits::default(), &mut Room::default(), &mut |item| match item {
        Item::Series(series) => {
            let labels = series.labels().unwrap();
            let told = series.metadata.filter(|told| !told.help.is_empty());
            let told = told.map(|told| format!(" # {} {}", told.kind, told.help)).unwrap_or_default();
            let name = labels.name();
            samples.extend(series.samples.iter().map(|sample| format!("{name} {}{told}", sample.value)));
            samples
                .extend(series.exemplars.iter().map(|one| format!("{name} {} of {}", one.labels, one.value)));
        }
        Item::Metadata(told) => samples.push(format!("{} is a {}: {}", told.metric, told.kind, told.help)),
    })
    .unwrap();
    samples
}

struct World {
    around: Around,
    began: Timestamp,
    directory: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        install_tls();
        let directory = tempfile::tempdir().unwrap();
        let around = Around {
            store: Arc::new(Store::default()),
            clock: Arc::new(Clock::starting_at(Timestamp::EPOCH)),
            standings: Standings::default(),
            directory: directory.path().to_owned(),
        };
        let began = around.clock.now();
        World { around, began, directory }
    }

    fn outlet(&self, url: &str) -> Outlet {
        let queue = serde_json::json!({
            "max_samples_per_send": 2, "min_backoff": "10ms", "max_backoff": "20ms", "retry_on_http_429": true,
        });
        self.outlet_with(url, serde_json::json!({ "queue_config": queue }))
    }

    fn outlet_with(&self, url: &str, mut settings: serde_json::Value) -> Outlet {
        settings["url"] = url.into();
        let receiver: RemoteWrite = serde_json::from_value(settings).unwrap();
        let (external, directory) = (Labels::default(), self.directory.path().to_owned());
        let wanted = Wanted { name: "far".to_owned(), receiver, external, directory };
        let caller = Caller::new(&HttpClient::default(), self.directory.path(), &near_client().unwrap());
        Outlet::open(&wanted, caller, self.around.clone()).unwrap()
    }

    fn append(&self, name: &str, ms: i64, value: f64) {
        let labels = Labels::new([("__name__", name)]);
        let sample = Sample { at: self.at(ms), value };
        self.around.store.write(|head| {
            head.append(&labels, sample).unwrap();
            [labels.name().into()].into()
        });
    }

    /// Counted from the beginning.
    fn at(&self, ms: i64) -> Timestamp {
        Timestamp::from_ms(self.began.as_ms() + ms)
    }
}

#[tokio::test]
async fn what_is_measured_arrives_in_portions() {
    let world = World::new();
    let (url, mut told) = receiver(&["204 No Content"]).await;
    let mut outlet = world.outlet(&url);
    world.append("before", -5000, 1.0);
    for name in ["a", "b", "c"] {
        world.append(name, 1000, 1.0);
    }
    assert_eq!(outlet.advance(world.at(2000)).await, Ok(world.at(2000)));
    assert_eq!(told.recv().await.unwrap(), ["a 1", "b 1"]);
    assert_eq!(told.recv().await.unwrap(), ["c 1"]);
    let standing = world.around.standings.list().remove("far").unwrap();
    assert_eq!((standing.sent, standing.dropped, standing.done), (3, 0, Some(world.at(2000))));
}

#[tokio::test]
async fn a_receiver_in_trouble_gets_it_later_and_a_refusal_is_counted() {
    let world = World::new();
    let (url, mut told) = receiver(&["500 No", "429 Slow", "204 Yes", "400 Never", "204 Yes"]).await;
    let mut outlet = world.outlet(&url);
    world.append("a", 1000, 1.0);
    outlet.advance(world.at(2000)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(told.recv().await.unwrap(), ["a 1"]);
    }
    world.append("a", 3000, 2.0);
    outlet.advance(world.at(4000)).await.unwrap();
    world.append("a", 5000, 3.0);
    outlet.advance(world.at(6000)).await.unwrap();
    let standing = world.around.standings.list().remove("far").unwrap();
    assert_eq!((standing.sent, standing.dropped, standing.retried), (2, 1, 2));
    assert!(standing.refused.unwrap().starts_with("answered 400"));
    assert_eq!(standing.trouble, None);
}

#[tokio::test]
async fn a_sender_that_dies_goes_on_where_it_was() {
    let world = World::new();
    // The second request is never answered well, so that the task dies while it waits.
    let (url, mut told) = receiver(&["204 Yes", "503 Later"]).await;
    let mut outlet = world.outlet(&url);
    for name in ["a", "b", "c", "d", "e"] {
        world.append(name, 1000, 1.0);
    }
    let until = world.at(2000);
    let dying = tokio::spawn(async move { outlet.advance(until).await });
    assert_eq!(told.recv().await.unwrap(), ["a 1", "b 1"]);
    assert_eq!(told.recv().await.unwrap(), ["c 1", "d 1"]);
    dying.abort();
    let _ = dying.await;

    let (url, mut told) = receiver(&["204 Yes"]).await;
    world.append("f", 2500, 1.0);
    let mut outlet = world.outlet(&url);
    outlet.advance(world.at(3000)).await.unwrap();
    assert_eq!(told.recv().await.unwrap(), ["c 1", "d 1"]);
    assert_eq!(told.recv().await.unwrap(), ["e 1"]);
    outlet.advance(world.at(3000)).await.unwrap();
    assert_eq!(told.recv().await.unwrap(), ["f 1"]);
}

#[tokio::test]
async fn a_busy_receiver_is_asked_again_only_where_that_is_wanted() {
    let world = World::new();
    let (url, mut told) = receiver(&["429 Slow", "204 Yes"]).await;
    let mut outlet = world.outlet_with(&url, serde_json::json!({}));
    world.append("a", 1000, 1.0);
    outlet.advance(world.at(2000)).await.unwrap();
    world.append("a", 3000, 2.0);
    outlet.advance(world.at(4000)).await.unwrap();
    assert_eq!(told.recv().await.unwrap(), ["a 1"]);
    assert_eq!(told.recv().await.unwrap(), ["a 2"]);
    let standing = world.around.standings.list().remove("far").unwrap();
    assert_eq!((standing.sent, standing.dropped, standing.retried, standing.pending), (1, 1, 0, 0));
    assert!(standing.refused.unwrap().starts_with("answered 429"));
}

#[tokio::test]
async fn exemplars_and_what_metrics_are_go_out_where_that_is_wanted() {
    let world = World::new();
    world.append("hits_total", 1000, 1.0);
    let labels = Labels::new([("__name__", "hits_total")]);
    world.around.store.write(|head| {
        let series = head.series(&labels).unwrap();
        let traced = Labels::new([("trace_id", "t1")]);
        head.exemplar(series, Exemplar { labels: traced, value: 1.0, at: world.at(900) }).unwrap();
        let metadata = Metadata { kind: MetricKind::Counter, help: "of pages".into(), unit: "".into() };
        head.describe("hits", metadata).unwrap();
        [].into()
    });
    let v2 =
        serde_json::json!({ "send_exemplars": true, "protobuf_message": "io.prometheus.write.v2.Request" });
    let plain = serde_json::json!({ "metadata_config": { "send": false } });
    let exemplar = "hits_total {trace_id=\"t1\"} of 1";
    let cases = [
        (
            serde_json::json!({ "send_exemplars": true }),
            vec!["hits is a counter: of pages", "hits_total 1", exemplar],
        ),
        (v2, vec!["hits_total 1 # counter of pages", exemplar]),
        (plain, vec!["hits_total 1"]),
    ];
    for (settings, expected) in cases {
        let (url, mut told) = receiver(&["204 Yes"]).await;
        let mut outlet = world.outlet_with(&url, settings.clone());
        outlet.cursor.save(Progress::up_to(world.at(0))).unwrap();
        outlet.opened = world.at(0);
        outlet.describe(world.at(2000)).await.unwrap();
        outlet.describe(world.at(2001)).await.unwrap();
        outlet.advance(world.at(2000)).await.unwrap();
        let mut all = Vec::new();
        while let Ok(some) = told.try_recv() {
            all.extend(some);
        }
        assert_eq!(all, expected, "{settings}");
    }
}
