//! Remote write 1.0 as Prometheus sends it: 2,000 samples a request, snappy, one connection, in order of time.

use crate::Failed;
use crate::data::Data;

const SAMPLES_A_REQUEST: usize = 2_000;

/// How many samples were taken.
pub async fn send(url: &str, data: &Data) -> Result<u64, Failed> {
    let client = reqwest::Client::new();
    let labels: Vec<Vec<u8>> = (0..data.series()).map(|series| labels(data, series)).collect();
    let mut snappy = snap::raw::Encoder::new();
    let mut sent = 0;
    for sample in 0..data.samples() {
        for first in (0..data.series()).step_by(SAMPLES_A_REQUEST) {
            let mut body = Vec::new();
            let end = (first + SAMPLES_A_REQUEST).min(data.series());
            for (series, labels) in labels.iter().enumerate().take(end).skip(first) {
                let mut one = labels.clone();
                let mut point = vec![0x09];
                point.extend_from_slice(&data.value(series, sample).to_le_bytes());
                point.push(0x10);
                varint(&mut point, data.at(sample) as u64);
                field(&mut one, 0x12, &point);
                field(&mut body, 0x0a, &one);
            }
            let request = client
                .post(url)
                .header("content-encoding", "snappy")
                .header("content-type", "application/x-protobuf")
                .header("x-prometheus-remote-write-version", "0.1.0")
                .body(snappy.compress_vec(&body)?);
            let response = request.send().await?;
            if !response.status().is_success() {
                return Err(format!("{url} said {}: {}", response.status(), response.text().await?).into());
            }
            sent += (end - first) as u64;
        }
    }
    Ok(sent)
}

/// The labels as fields of a `TimeSeries`.
fn labels(data: &Data, series: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in data.labels(series) {
        let mut pair = Vec::new();
        field(&mut pair, 0x0a, name.as_bytes());
        field(&mut pair, 0x12, value.as_bytes());
        field(&mut bytes, 0x0a, &pair);
    }
    bytes
}

fn field(into: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    into.push(tag);
    varint(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}
