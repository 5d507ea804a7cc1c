//! `andon series`: which series there are.

use clap::Args;
use serde_json::{Value, json};

use super::query::{remark, series};
use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::Shape;

#[derive(Args)]
pub struct Series {
    /// Series that fit any of these, such as 'up{job="shop"}'
    #[arg(required = true, value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// At most so many
    #[arg(long, default_value_t = 1000, value_name = "COUNT")]
    limit: u32,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Series {
    pub fn run(self) -> Outcome {
        let limit = self.limit.to_string();
        let mut query: Vec<(&str, &str)> =
            self.selectors.iter().map(|text| ("match[]", text.as_str())).collect();
        query.push(("limit", &limit));
        let answer = self.server.connect()?.get("/api/v1/series", &query)?;
        remark(&answer);
        let found = answer["data"].as_array().into_iter().flatten();
        let rows: Vec<Value> =
            found.map(|labels| json!({ "series": series(labels), "labels": labels })).collect();
        self.shape.list(&json!(rows), &[("SERIES", "/series")], "no such series")
    }
}
