//! Queries: at one time, and over a stretch of it.

use std::time::{Duration, Instant};

use andon_promql::{Annotations, Answer, Element, EvalError, Expr, Kind, Number, Options, Value};
use andon_timeseries::Series;
use andon_vocabulary::Timestamp;
use axum::extract::State;
use axum::response::Response;

use super::body::{self, Remarks};
use super::failure::Failure;
use super::form::Form;
use super::gate::{DEADLINE, SAMPLES_MAX, Wish};
use super::{Site, go, histogram, passed, stats, times};

/// Enough for 60 s over a week, or 1 h over a year.
const POINTS_MAX: i64 = 11_000;

const EVALUATION: &str = "expression evaluation";

pub async fn instant(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    if let Some(store) = site.port.metrics().elsewhere() {
        return passed::on(&site, &*store, &["query"], &form, within(&form)?).await;
    }
    let limit = form.limit()?;
    let at = form.time("time", site.port.now())?;
    let within = within(&form)?;
    let lookback = lookback(&form)?;
    let stats = stats::Asked::of(&form);
    let port = site.port.clone();
    let (mut answer, told) = site
        .gate
        .pass(within, move |wish| {
            let expr = form.query()?;
            evaluated(wish, lookback, |options| {
                andon_promql::instant(&expr, port.metrics().source(), at, options)
            })
        })
        .await?;
    let mut remarks = remarks(&answer.annotations);
    let is_cut = limit.is_some_and(|limit| match &mut answer.value {
        Value::Vector(elements) => cut(elements, limit),
        Value::Matrix(series) => cut(series, limit),
        Value::Scalar(_) | Value::String(_) => false,
    });
    if is_cut {
        remarks.truncated();
    }
    let after = end(stats.render(answer.samples, told));
    Ok(match answer.value {
        Value::Vector(elements) => {
            let timed = elements.into_iter().map(|element| (at, element)).collect();
            body::list(br#"{"resultType":"vector","result":"#, timed, element, &after, &remarks)
        }
        Value::Matrix(all) => body::list(MATRIX, all, series, &after, &remarks),
        Value::Scalar(value) => {
            let mut text = Vec::new();
            go::plain(value, &mut text);
            single("scalar", at, &text, &after, &remarks)
        }
        Value::String(text) => single("string", at, text.as_bytes(), &after, &remarks),
    })
}

pub async fn range(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    if let Some(store) = site.port.metrics().elsewhere() {
        return passed::on(&site, &*store, &["query_range"], &form, within(&form)?).await;
    }
    let limit = form.limit()?;
    let bound = |name| times::time(form.get(name)).map_err(|why| Failure::parameter(name, why));
    let (start, end_at) = (bound("start")?, bound("end")?);
    if end_at < start {
        return Err(Failure::parameter("end", "end timestamp must not be before start time"));
    }
    let step = times::duration(form.get("step")).map_err(|why| Failure::parameter("step", why))?;
    if step <= 0 {
        let why = "zero or negative query resolution step widths are not accepted. Try a positive integer";
        return Err(Failure::parameter("step", why));
    }
    let stretch = i128::from(end_at.as_ms()) - i128::from(start.as_ms());
    if stretch * 1_000_000 / i128::from(step) > i128::from(POINTS_MAX) {
        return Err(Failure::bad_data(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution \
             (?step=XX)",
        ));
    }
    let step = Duration::from_millis(step.unsigned_abs() / 1_000_000);
    if step.is_zero() {
        return Err(Failure::parameter("step", "a step shorter than a millisecond is not accepted"));
    }
    let within = within(&form)?;
    let lookback = lookback(&form)?;
    let stats = stats::Asked::of(&form);
    let port = site.port.clone();
    let (mut answer, told) = site
        .gate
        .pass(within, move |wish| {
            let expr = form.query()?;
            refuse_unrangeable(&expr)?;
            evaluated(wish, lookback, |options| {
                andon_promql::range(&expr, port.metrics().source(), start, end_at, step, options)
            })
        })
        .await?;
    let mut remarks = remarks(&answer.annotations);
    if limit.is_some_and(|limit| cut(&mut answer.value, limit)) {
        remarks.truncated();
    }
    let after = end(stats.render(answer.samples, told));
    Ok(body::list(MATRIX, answer.value, series, &after, &remarks))
}

const MATRIX: &[u8] = br#"{"resultType":"matrix","result":"#;

fn refuse_unrangeable(expr: &Expr) -> Result<(), Failure> {
    let kind = match expr.kind() {
        Kind::Scalar | Kind::Vector => return Ok(()),
        Kind::Matrix => "range vector",
        Kind::Text => "string",
    };
    let why = format!("invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector");
    Err(Failure::parameter("query", why))
}

/// `timeout`: never longer than this server's own bound.
fn within(form: &Form) -> Result<Duration, Failure> {
    match form.get("timeout") {
        "" => Ok(DEADLINE),
        text => {
            let nanos = times::duration(text).map_err(|why| Failure::parameter("timeout", why))?;
            Ok(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)).min(DEADLINE))
        }
    }
}

/// `lookback_delta`; `None`: as usual.
fn lookback(form: &Form) -> Result<Option<Duration>, Failure> {
    match form.get("lookback_delta") {
        "" => Ok(None),
        text => {
            let wrong = |why| Failure::bad_data(format!("error parsing lookback delta duration: {why}"));
            let nanos = times::duration(text).map_err(wrong)?;
            let span = Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
            Ok(Some(span).filter(|span| !span.is_zero()))
        }
    }
}

fn evaluated<T>(
    wish: &Wish,
    lookback: Option<Duration>,
    evaluate: impl FnOnce(&Options<'_>) -> Result<Answer<T>, EvalError>,
) -> Result<(Answer<T>, stats::Timing), Failure> {
    let began = Instant::now();
    let is_cancelled = || wish.is_over();
    let mut options = Options { samples_max: SAMPLES_MAX, is_cancelled: &is_cancelled, ..Options::default() };
    if let Some(lookback) = lookback {
        options.lookback = lookback;
    }
    match evaluate(&options) {
        // It may have been done just too late, which nobody can tell from in time.
        Ok(answer) => Ok((answer, stats::Timing { queued: wish.queued, took: began.elapsed() })),
        Err(EvalError::Cancelled) => Err(wish.failure(EVALUATION)),
        Err(error) => Err(Failure::evaluation(&error)),
    }
}

fn remarks(annotations: &Annotations) -> Remarks {
    Remarks { warnings: annotations.warnings(), infos: annotations.infos() }
}

fn cut<T>(items: &mut Vec<T>, limit: usize) -> bool {
    let is_cut = items.len() > limit;
    items.truncate(limit);
    is_cut
}

fn end(stats: Option<Vec<u8>>) -> Vec<u8> {
    let mut after = Vec::new();
    if let Some(stats) = stats {
        after.extend_from_slice(br#","stats":"#);
        after.extend_from_slice(&stats);
    }
    after.push(b'}');
    after
}

/// A scalar or a string: its time is a plain number.
fn single(kind: &str, at: Timestamp, text: &[u8], after: &[u8], remarks: &Remarks) -> Response {
    let mut data = Vec::new();
    go::push(&mut data, format_args!(r#"{{"resultType":"{kind}","result":["#));
    go::number(at.as_ms() as f64 / 1000.0, &mut data);
    data.push(b',');
    go::escaped(&String::from_utf8_lossy(text), &mut data);
    data.push(b']');
    data.extend_from_slice(after);
    body::whole(&data, remarks)
}

fn element((at, element): &(Timestamp, Element), out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"metric":"#);
    go::labels(&element.labels, out);
    match &element.value {
        Number::Float(value) => {
            out.extend_from_slice(br#","value":["#);
            go::seconds(at.as_ms(), out);
            out.push(b',');
            go::value(*value, out);
        }
        Number::Histogram(found) => {
            out.extend_from_slice(br#","histogram":["#);
            go::seconds(at.as_ms(), out);
            out.push(b',');
            histogram::write(found, out);
        }
    }
    out.extend_from_slice(b"]}");
}

fn series(series: &Series, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"metric":"#);
    go::labels(&series.labels, out);
    for (index, sample) in series.samples.iter().enumerate() {
        out.extend_from_slice(if index == 0 { br#","values":["# } else { b"," });
        out.push(b'[');
        go::seconds(sample.at.as_ms(), out);
        out.push(b',');
        go::value(sample.value, out);
        out.push(b']');
    }
    if !series.samples.is_empty() {
        out.push(b']');
    }
    for (index, sample) in series.histograms.iter().enumerate() {
        out.extend_from_slice(if index == 0 { br#","histograms":["# } else { b"," });
        out.push(b'[');
        go::seconds(sample.at.as_ms(), out);
        out.push(b',');
        histogram::write(&sample.histogram, out);
        out.push(b']');
    }
    if !series.histograms.is_empty() {
        out.push(b']');
    }
    out.push(b'}');
}
