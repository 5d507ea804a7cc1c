//! The files of templates that an `alertmanager.yml` or a `Route` names; whoever reads the disk follows the patterns.

use std::path::{Component, Path};

/// The patterns under `templates`, relative to the file's directory; nothing where `text` is no such file.
pub fn files_named(text: &str) -> Vec<String> {
    // Most files are not meant; they cost no parse.
    if !text.contains("templates") || !["receivers", "kind: Route"].iter().any(|word| text.contains(word)) {
        return Vec::new();
    }
    match serde_saphyr::from_str::<Names>(text) {
        Ok(names) => names.patterns(),
        // Several documents: those of a `Route` are looked at one by one.
        Err(_) => {
            let documents =
                text.split("\n---").map(|one| serde_saphyr::from_str::<Names>(one).unwrap_or_default());
            documents.flat_map(Names::patterns).collect()
        }
    }
}

#[derive(serde::Deserialize, Default)]
struct Names {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    spec: Option<Spec>,
    #[serde(flatten)]
    file: Spec,
}

#[derive(serde::Deserialize, Default)]
struct Spec {
    #[serde(default)]
    route: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    receivers: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    templates: Option<Vec<String>>,
}

impl Names {
    fn patterns(self) -> Vec<String> {
        let meant = match self.kind.as_deref() {
            None => Some(self.file),
            Some("Route") => self.spec,
            Some(_) => None,
        };
        let meant = meant.filter(|spec| spec.route.is_some() || spec.receivers.is_some());
        meant.and_then(|spec| spec.templates).unwrap_or_default()
    }
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
        assert_eq!(named("kind: Route\nspec: { route: { receiver: a }, templates: [ a ] }\n"), ["a"]);
        assert!(named("kind: X\nreceivers: []\ntemplates: [ a ]\n").is_empty());
        assert!(named("receivers: []\ntemplates: [").is_empty());
    }
}
