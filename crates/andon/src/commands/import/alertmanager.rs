//! An `alertmanager.yml` as `Route`s: one for the root, one for each branch below it.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use andon_definitions::alertmanager::{files_named, split};
use andon_definitions::{SourceFile, render};

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;
use crate::written::write_new;

/// Where they are written, in the directory of the definitions.
const FOLDER: &str = "routes";

pub fn import(source: &SourceFile, file: &Path, into: &Path) -> Outcome {
    let folder = into.join(FOLDER);
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let from = absolute(file).parent().map(plain).unwrap_or_default();
    let to = plain(&absolute(&folder));
    let moved = |pattern: &str| {
        if pattern.starts_with('/') {
            pattern.to_owned()
        } else {
            way(&to, &from).join(pattern).display().to_string()
        }
    };
    let files = with_templates(source, file)?;
    let parts = split(&files, moved).map_err(|findings| {
        terminal::err(format_args!("{}", render(&findings, &files, false)));
        Failure::new(Exit::Failed, format!("{} has errors; nothing was written", file.display()))
    })?;
    if parts.is_empty() {
        return Err(Failure::usage(format!("{} is no alertmanager.yml", file.display()))
            .hint("it has `route` and `receivers`"));
    }
    write_new(&folder, &parts)?;
    if from == plain(&absolute(into)) {
        terminal::out(format_args!(
            "\nnext: take {} out of this directory, then `andon check {}`",
            file.display(),
            into.display()
        ));
    } else {
        terminal::out(format_args!("\nnext: read them, then `andon check {}`", into.display()));
    }
    Ok(Exit::Well)
}

/// The file, and the templates that it names.
fn with_templates(source: &SourceFile, file: &Path) -> Result<Vec<SourceFile>, Failure> {
    let beside = file.parent().unwrap_or(Path::new(""));
    let patterns = files_named(&source.text);
    let found: BTreeSet<PathBuf> =
        patterns.iter().flat_map(|pattern| andon_live::glob(&beside.join(pattern))).collect();
    let templates = found.iter().map(|path| super::read(path));
    [Ok(source.clone())].into_iter().chain(templates).collect()
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The relative path between two directories.
fn way(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}
