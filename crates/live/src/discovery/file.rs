//! Target groups in files, looked at again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use andon_definitions::prometheus::FileDiscovery;
use andon_vocabulary::Labels;

use super::{Way, groups};
use crate::directory::glob;

/// A changed file is noticed this soon; the configured interval is only the latest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A larger file is not read.
const BYTES_MAX: u64 = 16 << 20;

/// Never ends; drop it to stop.
pub async fn watch(config: FileDiscovery, directory: PathBuf, way: Arc<Way>) {
    let config = Arc::new(config);
    let mut seen: BTreeMap<PathBuf, Stamp> = BTreeMap::new();
    let mut read_all = Instant::now();
    loop {
        if read_all.elapsed() >= *config.refresh_interval {
            seen.clear();
            read_all = Instant::now();
        }
        let (config, directory, to_way) = (config.clone(), directory.clone(), way.clone());
        let before = seen.clone();
        // Files may lie on a disk that is far away.
        let looked = tokio::task::spawn_blocking(move || look(&config, &directory, &before, &to_way)).await;
        match looked {
            Ok(now) => {
                way.looked();
                seen = now;
            }
            Err(error) => tracing::error!(%error, "looking at files of targets broke down"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// None: it cannot be looked at.
type Stamp = Option<(u64, SystemTime)>;

fn look(
    config: &FileDiscovery,
    directory: &Path,
    seen: &BTreeMap<PathBuf, Stamp>,
    way: &Way,
) -> BTreeMap<PathBuf, Stamp> {
    let mut now = BTreeMap::new();
    for pattern in &config.files {
        let path = directory.join(&pattern.0);
        let mut found = glob(&path);
        // One that is named outright is missed.
        if found.is_empty() && !pattern.0.contains('*') {
            found.push(path);
        }
        for path in found {
            let stamp = std::fs::metadata(&path).ok();
            let stamp = stamp.and_then(|found| Some((found.len(), found.modified().ok()?)));
            if seen.get(&path) != Some(&stamp) {
                let place = path.to_string_lossy();
                way.set(&place, read(&path).map_err(|why| format!("{place}: {why}")));
            }
            now.insert(path, stamp);
        }
    }
    let places: Vec<String> = now.keys().map(|path| path.to_string_lossy().into_owned()).collect();
    way.keep_only(&places);
    now
}

fn read(path: &Path) -> Result<Vec<Labels>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.len() > BYTES_MAX {
        return Err(format!("it is no file of at most {BYTES_MAX} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    groups::read(&text, is_json, ("__meta_filepath", &path.to_string_lossy()))
}
