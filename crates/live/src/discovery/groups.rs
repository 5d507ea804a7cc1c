//! Target groups as they are written in files and answered over HTTP.

use andon_definitions::prometheus::{TargetGroup, target_groups};
use andon_vocabulary::Labels;

/// Of one file or answer; more is an accident.
const TARGETS_MAX: usize = 100_000;

/// One label set for each address.
pub fn labels(group: &TargetGroup) -> impl Iterator<Item = Labels> {
    let shared: Labels = group.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    group.targets.iter().map(move |address| shared.with("__address__", address))
}

/// The targets of a file or an answer, with a label of the one who read it.
pub fn read(text: &str, is_json: bool, own: (&str, &str)) -> Result<Vec<Labels>, String> {
    let groups = target_groups(text, is_json)?;
    let count: usize = groups.iter().map(|group| group.targets.len()).sum();
    if count > TARGETS_MAX {
        return Err(format!("{count} targets are more than {TARGETS_MAX}; split them over several jobs"));
    }
    Ok(groups.iter().flat_map(labels).map(|labels| labels.with(own.0, own.1)).collect())
}
