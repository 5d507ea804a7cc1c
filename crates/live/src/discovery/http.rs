//! Target groups as JSON at an address, asked again and again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::prometheus::HttpDiscovery;
use andon_vocabulary::Labels;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Method};

use super::{Way, groups};
use crate::caller::Caller;
use crate::http::{in_words, read_body};

const BYTES_MAX: usize = 16 << 20;
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Never ends; drop it to stop.
pub async fn ask(config: HttpDiscovery, directory: PathBuf, plain: Client, way: Arc<Way>) {
    let caller = Caller::new(&config.client, &directory, &plain);
    let every: Duration = config.refresh_interval.max(andon_definitions::Period::seconds(1)).into();
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let found = once(&config, &caller, every).await;
        way.set(&config.url, found.map_err(|why| format!("{}: {why}", config.url)));
        way.looked();
    }
}

async fn once(config: &HttpDiscovery, caller: &Caller, every: Duration) -> Result<Vec<Labels>, String> {
    let request = caller
        .request(Method::GET, &config.url)?
        .header(ACCEPT, "application/json")
        .header("x-prometheus-refresh-interval-seconds", every.as_secs_f64().to_string())
        .timeout(every.min(TIMEOUT_MAX));
    let mut response = request.send().await.map_err(|error| in_words(&error))?;
    if response.status().as_u16() != 200 {
        return Err(format!("answered {}", response.status()));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(format!("answered {kind:?}, not application/json"));
    }
    let mut body = Vec::new();
    read_body(&mut response, BYTES_MAX, &mut body).await?;
    let text = std::str::from_utf8(&body).map_err(|_| "the answer is not UTF-8".to_owned())?;
    groups::read(text, true, ("__meta_url", &config.url))
}
