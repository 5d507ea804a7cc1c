//! `andon query`: PromQL over what was scraped, now.

use clap::Args;
use serde_json::{Value, json};

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::Shape;

#[derive(Args)]
pub struct Query {
    /// PromQL
    expr: String,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Query {
    pub fn run(self) -> Outcome {
        let answer = self.server.connect()?.get("/api/v1/query", &[("query", &self.expr)])?;
        let elements = answer.pointer("/data/result").and_then(Value::as_array).into_iter().flatten();
        let rows: Vec<Value> = elements
            .map(|element| json!({ "series": series(&element["metric"]), "value": element["value"][1] }))
            .collect();
        self.shape.list(&json!(rows), &[("SERIES", "/series"), ("VALUE", "/value")], "no such series")
    }
}

/// As PromQL writes a series.
fn series(labels: &Value) -> String {
    let labels = labels.as_object().into_iter().flatten();
    let (name, labels): (Vec<_>, Vec<_>) = labels.partition(|(name, _)| *name == "__name__");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let name = name.first().and_then(|(_, name)| name.as_str()).unwrap_or("");
    if labels.is_empty() && !name.is_empty() {
        return name.to_owned();
    }
    format!("{name}{{{}}}", labels.join(", "))
}
