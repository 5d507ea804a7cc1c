//! Remote write as a sender sees it.

use std::sync::Arc;

use andon_remote::{Batch, Version, Written};
use andon_timeseries::Sample;
use andon_vocabulary::{Labels, Timestamp};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;

use super::*;
use crate::still::Still;

const NOW: i64 = 1_700_000_000_000;

fn packed(version: Version) -> Vec<u8> {
    let mut batch = Batch::default();
    let labels = Labels::new([("__name__", "m"), ("job", "a")]);
    batch.sample(&labels, Sample { at: Timestamp::from_ms(NOW), value: 1.0 });
    batch.packed(version).unwrap().body
}

/// Status, words, and how many samples were written.
async fn send(headers: &[(&str, &str)], body: Vec<u8>) -> (StatusCode, String, Option<u64>) {
    let router = crate::router(Arc::new(Still::new(Timestamp::from_ms(NOW))));
    let mut request = Request::post("/api/v1/write").header("host", "127.0.0.1:7070");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let samples = response.headers().get(Written::SAMPLES);
    let samples = samples.map(|count| count.to_str().unwrap().parse().unwrap());
    let status = response.status();
    let words = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(words.to_vec()).unwrap(), samples)
}

#[tokio::test]
async fn both_versions_are_taken_and_counted() {
    let done = (StatusCode::NO_CONTENT, String::new(), Some(1));
    assert_eq!(send(&[], packed(Version::V1)).await, done);
    for version in [Version::V1, Version::V2] {
        let headers = [("content-type", version.content_type()), ("content-encoding", "snappy")];
        assert_eq!(send(&headers, packed(version)).await, done);
    }
}

#[tokio::test]
async fn what_is_not_spoken_here_is_said() {
    let (status, words, _) = send(&[("content-type", "application/json")], Vec::new()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(words.contains("application/x-protobuf"), "{words}");
    let (status, _, _) = send(&[("content-encoding", "br")], packed(Version::V1)).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_broken_body_and_a_bomb_must_not_be_sent_again() {
    let (status, words, samples) = send(&[], b"no snappy".to_vec()).await;
    assert_eq!((status, samples), (StatusCode::BAD_REQUEST, Some(0)));
    assert!(words.contains("no snappy block"), "{words}");
    let bomb = andon_remote::packed(&vec![0; 33 << 20]).unwrap();
    let (status, words, _) = send(&[], bomb).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(words.contains("larger than 32 MiB"), "{words}");
    let (status, _, _) = send(&[], vec![0; BODY_BYTES_MAX + 1]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
