//! Style and scripts, embedded: nothing is fetched from elsewhere and nothing is built.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const JS: &str = "text/javascript; charset=utf-8";

pub const ASSETS: [Asset; 8] = [
    Asset { name: "andon.css", kind: "text/css; charset=utf-8", text: include_str!("../assets/andon.css") },
    Asset { name: "andon.js", kind: JS, text: include_str!("../assets/andon.js") },
    Asset { name: "chart.js", kind: JS, text: include_str!("../assets/chart.js") },
    Asset { name: "explore.js", kind: JS, text: include_str!("../assets/explore.js") },
    Asset { name: "fresh.js", kind: JS, text: include_str!("../assets/fresh.js") },
    Asset { name: "keys.js", kind: JS, text: include_str!("../assets/keys.js") },
    Asset { name: "worker.js", kind: JS, text: include_str!("../assets/worker.js") },
    Asset { name: "andon.svg", kind: "image/svg+xml", text: include_str!("../assets/andon.svg") },
];

pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{:016x}\"", fingerprint(asset.text));
    // Asked for anew with each page, and answered in a few bytes: an update is never hidden behind a cache.
    let caching = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
}

/// FNV-1a: it tells one build's file from another's, no more.
fn fingerprint(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn everything_together_is_light() {
        let packed = |asset: &Asset| {
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            packer.write_all(asset.text.as_bytes()).expect("memory takes it");
            packer.finish().expect("memory takes it").len()
        };
        let bytes: usize = ASSETS.iter().map(packed).sum();
        assert!(bytes < 40_000, "{bytes} bytes, compressed");
    }
}
