//! Prometheus's JSON, read.

use andon_monitor::Answer;
use andon_promql::Element;
use andon_timeseries::{Sample, Series};
use andon_vocabulary::{Labels, Timestamp};
use serde_json::Value;

use super::Silence;

/// A time as the API takes it: seconds with milliseconds.
pub fn seconds(at: Timestamp) -> String {
    let ms = at.as_ms();
    let sign = if ms < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000)
}

pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => safe.push(byte.into()),
            byte => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    safe
}

/// A form as a body or an address holds it.
pub fn encoded(form: &[(&str, &str)]) -> String {
    let fields: Vec<String> =
        form.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    fields.join("&")
}

/// What an answer that refuses says.
pub fn error(body: &[u8]) -> String {
    let said: Option<Value> = serde_json::from_slice(body).ok();
    let why = said.as_ref().and_then(|said| said["error"].as_str());
    why.map_or_else(|| "it refuses the query without a word".to_owned(), str::to_owned)
}

/// The `data` of an answer.
pub fn data(body: &[u8]) -> Result<Value, Silence> {
    let mut said: Value = serde_json::from_slice(body).map_err(|_| {
        Silence::Unreachable("it answers with something that is not Prometheus's JSON".to_owned())
    })?;
    if said["status"] != "success" {
        return Err(Silence::Refused(error(body)));
    }
    Ok(said["data"].take())
}

/// What an instant query gave. Native histograms are left out: their buckets are not to be had this way.
pub fn answer(body: &[u8]) -> Result<Answer, Silence> {
    let data = data(body)?;
    let malformed = || Silence::Unreachable("its answer lacks what Prometheus's would have".to_owned());
    let result = &data["result"];
    match data["resultType"].as_str() {
        Some("scalar") => {
            let sample = sample(result).ok_or_else(malformed)?;
            Ok(Answer::Values(vec![Element { labels: Labels::default(), value: sample.value.into() }]))
        }
        Some("vector") => {
            let elements = result.as_array().ok_or_else(malformed)?.iter();
            let element = |one: &Value| {
                Some(Element { labels: labels(&one["metric"])?, value: sample(&one["value"])?.value.into() })
            };
            let floats = elements.filter(|one| one.get("value").is_some());
            floats.map(element).collect::<Option<_>>().map(Answer::Values).ok_or_else(malformed)
        }
        Some("matrix") => series(result).map(Answer::Samples).ok_or_else(malformed),
        _ => Err(malformed()),
    }
}

/// Series with their samples, ordered by labels.
pub fn series(result: &Value) -> Option<Vec<Series>> {
    let one = |one: &Value| {
        let samples = one.get("values").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Some(Series {
            labels: labels(&one["metric"])?,
            samples: samples.iter().map(sample).collect::<Option<_>>()?,
            histograms: Vec::new(),
        })
    };
    let mut all: Vec<Series> = result.as_array()?.iter().map(one).collect::<Option<_>>()?;
    all.sort_by(|a, b| a.labels.cmp(&b.labels));
    all.dedup_by(|a, b| a.labels == b.labels);
    Some(all)
}

pub fn labels(metric: &Value) -> Option<Labels> {
    let pairs = metric.as_object()?.iter();
    let pairs: Option<Vec<_>> = pairs.map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    Some(Labels::new(pairs?))
}

/// `[seconds, "value"]`.
fn sample(pair: &Value) -> Option<Sample> {
    let [at, value] = pair.as_array()?.as_slice() else { return None };
    let at = Timestamp::from_ms((at.as_f64()? * 1000.0).round() as i64);
    let value = match value.as_str()? {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().ok()?,
    };
    Some(Sample { at, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_what_is_none_is_said() {
        let vector = br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1.5,"+Inf"]}]}}"#;
        let Ok(Answer::Values(elements)) = answer(vector) else { panic!("a vector") };
        assert_eq!(elements[0].labels.to_string(), r#"up{job="a"}"#);
        assert_eq!(elements[0].value.float(), Some(f64::INFINITY));
        let matrix = br#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1.001,"NaN"],[2,"3"]]}]}}"#;
        let Ok(Answer::Samples(series)) = answer(matrix) else { panic!("a matrix") };
        assert_eq!(series[0].samples[0].at, Timestamp::from_ms(1001));
        let refused = br#"{"status":"error","errorType":"bad_data","error":"no such thing"}"#;
        assert!(matches!(answer(refused), Err(Silence::Refused(why)) if why == "no such thing"));
        for odd in
            [&b"<html>"[..], b"{}", br#"{"status":"success","data":{"resultType":"vector","result":7}}"#]
        {
            assert!(answer(odd).is_err());
        }
        assert_eq!(seconds(Timestamp::from_ms(1_002)), "1.002");
    }
}
