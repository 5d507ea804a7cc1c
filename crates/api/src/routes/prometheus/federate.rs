//! The newest sample of each chosen series, as text for another Prometheus to scrape.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use andon_timeseries::{Matchers, Sample, SelectError, Wanted, is_stale};
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::form::Form;
use super::gate::DEADLINE;
use super::{Site, go};

/// How old a sample may be and still be the newest.
const LOOKBACK: Duration = Duration::from_secs(300);

const TEXT: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");

pub async fn federate(State(site): State<Site>, form: Form) -> Response {
    let any_of: Vec<Matchers> = match form.selectors_as_given() {
        Ok(sets) => sets,
        Err(why) => return (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
    };
    let now = site.port.now();
    let port = site.port.clone();
    let find = move || Ok(exposed(&newest(port.metrics().source(), &any_of, now)?));
    match site.gate.pass(DEADLINE, move |_| find()).await {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
            response
        }
        Err(failure) => failure.into_response(),
    }
}

/// By metric name, then by labels.
type Newest = BTreeMap<(String, Labels), Sample>;

fn newest(
    source: &dyn andon_timeseries::Select,
    any_of: &[Matchers],
    now: Timestamp,
) -> Result<Newest, SelectError> {
    let newest = Mutex::new(Newest::new());
    for matchers in any_of {
        let found = source.find(Wanted::any(matchers, now - LOOKBACK, now))?;
        let series = found.series();
        found.read(&|at, stretch| {
            // Histograms have no form in this text.
            let last = stretch.samples.last().filter(|sample| !is_stale(sample.value));
            if let Some(sample) = last {
                let labels = &series[at];
                let key = (labels.name().to_owned(), labels.clone());
                newest.lock().unwrap_or_else(PoisonError::into_inner).insert(key, *sample);
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(newest.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn exposed(newest: &Newest) -> Vec<u8> {
    let mut out = Vec::new();
    let mut family = "";
    for ((name, labels), sample) in newest {
        // Nameless series cannot be written.
        if name.is_empty() {
            continue;
        }
        if family != name {
            go::push(&mut out, format_args!("# TYPE {name} untyped\n"));
            family = name;
        }
        go::push(&mut out, format_args!("{name}{{"));
        let mut has_instance = false;
        for (label, value) in labels.iter().filter(|(label, _)| *label != METRIC_NAME) {
            has_instance |= label == "instance";
            go::push(&mut out, format_args!("{label}=\"{}\",", escaped(value)));
        }
        // Whoever scrapes this must not take the instance for its own.
        if has_instance {
            out.pop();
        } else {
            out.extend_from_slice(b"instance=\"\"");
        }
        out.extend_from_slice(b"} ");
        go::general(sample.value, &mut out);
        go::push(&mut out, format_args!(" {}\n", sample.at.as_ms()));
    }
    out
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_is_announced_once_and_every_series_has_an_instance() {
        let newest = [
            (Labels::new([("__name__", "up"), ("instance", "a\"b")]), 1.0),
            (Labels::new([("__name__", "load"), ("job", "x")]), 1e7),
            (Labels::new([("__name__", "up"), ("instance", "b")]), f64::NAN),
            (Labels::new([("job", "nameless")]), 1.0),
        ];
        let newest = newest.into_iter().map(|(labels, value)| {
            ((labels.name().to_owned(), labels), Sample { at: Timestamp::from_ms(7), value })
        });
        assert_eq!(
            String::from_utf8(exposed(&newest.collect())).unwrap(),
            "# TYPE load untyped\nload{job=\"x\",instance=\"\"} 1e+07 7\n# TYPE up untyped\n\
             up{instance=\"a\\\"b\"} 1 7\nup{instance=\"b\"} NaN 7\n"
        );
    }
}
