//! The files of templates that an `alertmanager.yml` names, and whether all that is put in is there.

use std::collections::BTreeSet;

use super::Loader;
use crate::alertmanager::{self, means};
use crate::book::Entry;
use crate::format;
use crate::prometheus::is_pattern;
use crate::source::{Source, Spot};
use crate::template::{Template, Templates, Words};

/// Which files are templates: those hold no definitions.
pub(super) fn among(sources: &[Source]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(|source| is_yaml(&source.path)) {
        for pattern in alertmanager::files_named(&source.text) {
            let from = parent(&source.path);
            let meant = sources.iter().enumerate().filter(|(_, other)| means(&pattern, from, &other.path));
            found.extend(meant.map(|(index, _)| index));
        }
    }
    found
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

impl Loader<'_> {
    /// Andon's own, and those of the files that are named; what is defined later wins.
    pub(super) fn templates(&mut self, written: &alertmanager::Written) -> Templates {
        let entry = self.book.definitions[&written.definition].clone();
        let from = parent(&written.origin.file);
        let mut templates = Templates::default();
        let mut read: Vec<(usize, std::sync::Arc<Template>)> = Vec::new();
        let mut absent = None;
        for (at, pattern) in written.file.templates.iter().enumerate() {
            if !is_pattern(pattern) || pattern.contains(['?', '[']) {
                let spot = entry.spot(&format!("/templates/{at}"));
                let message = format!("`{pattern}` is not followed: a `*` may stand in its last part only");
                self.findings.error("wrong-value", spot, message).hint("name the files one by one");
            }
            let files: Vec<usize> = self.template_files.iter().copied().collect();
            let meant = |file: &usize| means(pattern, from, &self.book.sources[*file].path);
            let files: Vec<usize> = files.into_iter().filter(meant).collect();
            if files.is_empty() {
                absent = absent.or(Some(pattern));
            }
            for file in files {
                let source = self.book.sources[file].clone();
                let name = source.path.rsplit('/').next().unwrap_or_default();
                match templates.add(name, &source.text) {
                    Ok(template) => read.push((file, template)),
                    Err(error) => {
                        let spot = Spot { file, span: error.range };
                        self.findings.error("template", &spot, error.message).hint = error.hint;
                    }
                }
            }
        }
        for (file, template) in read {
            for unknown in templates.unknown(&template) {
                let spot = Spot { file, span: unknown.range };
                let message = format!("no template is called `{}`: what puts this in fails", unknown.name);
                self.findings.warning("unknown-name", &spot, message).hint = unknown.hint;
            }
        }
        self.put_in(&entry, &templates, absent);
        templates
    }

    /// What the file's own texts put in must be there. Where a file that is named is `absent` it may be in that one,
    /// on the machine that has it.
    fn put_in(&mut self, entry: &Entry, templates: &Templates, absent: Option<&String>) {
        for written in entry.texts.iter().filter(|written| written.format == "andon-words") {
            let Ok(words) = Words::parse(&written.text) else { continue };
            for unknown in words.unknown(templates) {
                let source = self.book.sources[written.spot.file].text.clone();
                let spot = format::place(&source, &written.spot, &written.text, unknown.range);
                let message = format!("no template is called `{}`", unknown.name);
                if let Some(pattern) = absent {
                    let hint = format!("`{pattern}` under `templates` names no file here");
                    self.findings.warning("unknown-name", &spot, message).hint(hint);
                } else {
                    self.findings.error("unknown-name", &spot, message).hint = unknown.hint;
                }
            }
        }
    }
}
