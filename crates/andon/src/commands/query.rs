//! `andon query`: PromQL over what was scraped, at one time or over a stretch of it.

use clap::Args;
use serde_json::{Value, json};

use crate::client::Server;
use crate::exit::{Failure, Outcome};
use crate::listing::Shape;
use crate::terminal;

/// A stretch without a step is looked at so often.
const POINTS: f64 = 60.0;

#[derive(Args)]
pub struct Query {
    /// PromQL
    expr: String,
    /// At this time instead of now: RFC 3339, seconds since 1970, or so long ago, as -1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with_all = ["start", "end", "step"])]
    at: Option<String>,
    /// Over a stretch that begins here
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    start: Option<String>,
    /// Over a stretch that ends here; now, if it is not said
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "start")]
    end: Option<String>,
    /// Seconds, or a duration such as 5m, from one value to the next; a sixtieth of the stretch, if it is not said
    #[arg(long, value_name = "DURATION", requires = "start")]
    step: Option<String>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Query {
    pub fn run(self) -> Outcome {
        let client = self.server.connect()?;
        let now = jiff::Timestamp::now();
        let answer = match &self.start {
            None => {
                let mut query = vec![("query", self.expr.clone())];
                if let Some(at) = &self.at {
                    query.push(("time", moment(at, now)?.to_string()));
                }
                client.get("/api/v1/query", &borrowed(&query))?
            }
            Some(start) => {
                let start = moment(start, now)?;
                let end = self.end.as_deref().map_or(Ok(seconds(now)), |end| moment(end, now))?;
                let step = self.step.clone().unwrap_or_else(|| ((end - start) / POINTS).max(1.0).to_string());
                let query = [
                    ("query", self.expr.clone()),
                    ("start", start.to_string()),
                    ("end", end.to_string()),
                    ("step", step),
                ];
                client.get("/api/v1/query_range", &borrowed(&query))?
            }
        };
        remark(&answer);
        let result = &answer["data"]["result"];
        if matches!(answer["data"]["resultType"].as_str(), Some("scalar" | "string")) {
            let row = json!([{ "at": time(&result[0]), "value": result[1] }]);
            return self.shape.list(&row, &[("VALUE", "/value")], "no value");
        }
        let rows: Vec<Value> = result.as_array().into_iter().flatten().flat_map(rows).collect();
        let over_time = answer["data"]["resultType"] == "matrix";
        let columns: &[_] = match over_time {
            true => &[("TIME", "/at"), ("SERIES", "/series"), ("VALUE", "/value")],
            false => &[("SERIES", "/series"), ("VALUE", "/value")],
        };
        self.shape.list(&json!(rows), columns, "no such series")
    }
}

/// What is to be known about an answer, for people: apart from what a program reads.
pub fn remark(answer: &Value) {
    for kind in ["warnings", "infos"] {
        for line in answer[kind].as_array().into_iter().flatten().filter_map(Value::as_str) {
            terminal::err(line);
        }
    }
}

fn borrowed<'a>(query: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    query.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Seconds since 1970.
pub(super) fn moment(text: &str, now: jiff::Timestamp) -> Result<f64, Failure> {
    let wrong = || {
        Failure::usage(format!("{text:?} is no time"))
            .hint("write it as 2026-11-20T14:02:00Z, as seconds since 1970, or as so long ago: -1h")
    };
    if let Some(ago) = text.strip_prefix('-')
        && let Ok(ago) = andon_definitions::Period::parse(ago)
    {
        return Ok(seconds(now) - ago.as_secs_f64());
    }
    match text.parse::<f64>() {
        Ok(at) if at.is_finite() => Ok(at),
        _ => text.parse().map(seconds).map_err(|_| wrong()),
    }
}

fn seconds(at: jiff::Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// A row for each sample of a series.
fn rows(element: &Value) -> Vec<Value> {
    let name = series(&element["metric"]);
    let row = |sample: &Value| json!({ "at": time(&sample[0]), "series": name, "value": shown(&sample[1]) });
    let many = ["values", "histograms"].iter().filter_map(|kind| element[kind].as_array()).flatten();
    let one = ["value", "histogram"].iter().map(|kind| &element[kind]).filter(|sample| sample.is_array());
    one.chain(many).map(row).collect()
}

/// A histogram is told by its count and sum.
fn shown(value: &Value) -> Value {
    match (value["count"].as_str(), value["sum"].as_str()) {
        (Some(count), Some(sum)) => json!(format!("count {count}, sum {sum}")),
        _ => value.clone(),
    }
}

fn time(seconds: &Value) -> Value {
    let ms = seconds.as_f64().map(|seconds| (seconds * 1000.0).round() as i64);
    match ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) {
        Some(at) => json!(at.to_string()),
        None => seconds.clone(),
    }
}

/// As PromQL writes a series.
pub fn series(labels: &Value) -> String {
    let labels = labels.as_object().into_iter().flatten();
    let (name, labels): (Vec<_>, Vec<_>) = labels.partition(|(name, _)| *name == "__name__");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let name = name.first().and_then(|(_, name)| name.as_str()).unwrap_or("");
    if labels.is_empty() && !name.is_empty() {
        return name.to_owned();
    }
    format!("{name}{{{}}}", labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_seconds_or_so_long_ago() {
        let now = "2026-11-20T14:02:00Z".parse().unwrap();
        assert_eq!(moment("-1h", now).unwrap(), seconds(now) - 3600.0);
        assert_eq!(moment("1.5", now).unwrap(), 1.5);
        assert_eq!(moment("1970-01-01T00:00:02Z", now).unwrap(), 2.0);
        assert!(moment("yesterday", now).is_err() && moment("NaN", now).is_err());
    }

    #[test]
    fn every_sample_has_its_row() {
        let matrix = json!({ "metric": { "__name__": "up", "job": "a" }, "values": [[1, "1"], [2.5, "0"]] });
        assert_eq!(
            rows(&matrix)[1],
            json!({ "at": "1970-01-01T00:00:02.5Z", "series": "up{job=\"a\"}", "value": "0" })
        );
        let histogram = json!({ "metric": {}, "histogram": [1, { "count": "3", "sum": "4.5" }] });
        assert_eq!(rows(&histogram)[0]["value"], "count 3, sum 4.5");
    }
}
