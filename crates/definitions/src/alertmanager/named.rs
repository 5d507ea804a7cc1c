//! The files of templates that an `alertmanager.yml` names; whoever reads the disk follows the patterns.

use std::path::{Component, Path};

/// The patterns under `templates`, relative to the file's directory; nothing where `text` is no such file.
pub fn files_named(text: &str) -> Vec<String> {
    #[derive(serde::Deserialize, Default)]
    struct Names {
        #[serde(default)]
        route: Option<serde::de::IgnoredAny>,
        #[serde(default)]
        receivers: Option<serde::de::IgnoredAny>,
        #[serde(default)]
        templates: Option<Vec<String>>,
        #[serde(default)]
        kind: Option<serde::de::IgnoredAny>,
    }
    // Most files are not meant; they cost no parse.
    if !text.contains("templates") || !text.contains("receivers") {
        return Vec::new();
    }
    let names: Names = serde_saphyr::from_str(text).unwrap_or_default();
    let is_alertmanager = names.kind.is_none() && (names.route.is_some() || names.receivers.is_some());
    let named = names.templates.filter(|_| is_alertmanager);
    named.unwrap_or_default()
}

/// Whether a pattern of a file in the directory `from` means the file at `path`. A definition is never a template.
pub(crate) fn means(pattern: &str, from: &str, path: &str) -> bool {
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        return false;
    }
    let (directory, last) = pattern.rsplit_once('/').map_or(("", pattern), |(before, last)| (before, last));
    let (own, name) = path.rsplit_once('/').map_or(("", path), |(before, last)| (before, last));
    let fits = match last.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => name == last,
    };
    if pattern.starts_with('/') {
        // The paths of files begin at the directory of the definitions, wherever that is.
        return fits && parts(Path::new(directory)).ends_with(&parts(Path::new(own)));
    }
    fits && parts(&Path::new(from).join(directory)) == parts(Path::new(own))
}

fn parts(path: &Path) -> Vec<&std::ffi::OsStr> {
    path.components()
        .filter(|part| !matches!(part, Component::CurDir | Component::RootDir))
        .map(|part| part.as_os_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_files_beside_its_own() {
        for (pattern, from, path) in [
            ("*.tmpl", "", "a.tmpl"),
            ("templates/*.tmpl", "ops", "ops/templates/a.tmpl"),
            ("./templates/a.tmpl", "", "templates/a.tmpl"),
            ("../t/*", "ops", "ops/../t/a.tpl"),
            ("/etc/alertmanager/templates/*.tmpl", "", "templates/a.tmpl"),
            ("/etc/alertmanager/*.tmpl", "", "/etc/alertmanager/a.tmpl"),
        ] {
            assert!(means(pattern, from, path), "{pattern} {from} {path}");
        }
        for (pattern, from, path) in [
            ("*.tmpl", "", "b/a.tmpl"),
            ("*.tmpl", "", "a.rules"),
            ("*", "", "a.yml"),
            ("/etc/x/*.tmpl", "", "templates/a.tmpl"),
        ] {
            assert!(!means(pattern, from, path), "{pattern} {from} {path}");
        }
    }

    #[test]
    fn only_an_alertmanager_yml_names_them() {
        let named = |text| files_named(text);
        assert_eq!(
            named("route: { receiver: a }\nreceivers: []\ntemplates: [ 'a/*.tmpl', b ]\n"),
            ["a/*.tmpl", "b"]
        );
        assert!(named("kind: X\nreceivers: []\ntemplates: [ a ]\n").is_empty());
        assert!(named("receivers: []\ntemplates: [").is_empty());
    }
}
