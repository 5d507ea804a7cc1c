//! `andon labels`: which labels there are, and which values one has.

use clap::Args;
use serde_json::{Value, json};

use super::query::remark;
use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::Shape;

#[derive(Args)]
pub struct Labels {
    /// The values of this label instead; those of __name__ are the metrics
    label: Option<String>,
    /// Of series that fit any of these, such as 'up{job="shop"}'
    #[arg(long = "match", value_name = "SELECTOR")]
    selectors: Vec<String>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Labels {
    pub fn run(self) -> Outcome {
        let query: Vec<(&str, &str)> = self.selectors.iter().map(|text| ("match[]", text.as_str())).collect();
        let (path, title) = match &self.label {
            None => ("/api/v1/labels".to_owned(), "LABEL"),
            Some(label) => (format!("/api/v1/label/{label}/values"), "VALUE"),
        };
        let answer = self.server.connect()?.get(&path, &query)?;
        remark(&answer);
        let found = answer["data"].as_array().into_iter().flatten();
        let rows: Vec<Value> = found.map(|name| json!({ "name": name })).collect();
        self.shape.list(&json!(rows), &[(title, "/name")], "no such label")
    }
}
