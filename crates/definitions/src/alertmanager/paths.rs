//! The files that an `alertmanager.yml` names beside its templates: keys, passwords, certificates. Each is relative to
//! the file that names it, so whoever moves a part elsewhere has to write it anew.

use crate::yaml::{Kind, Node};

/// What stands below these is somebody's data, whatever its keys are called.
const DATA: [&str; 5] = ["details", "headers", "custom_fields", "payload", "labels"];

/// Writes each path anew that is relative.
pub(crate) fn rewrite(node: &mut Node, anew: &impl Fn(&str) -> String) {
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| rewrite(item, anew)),
        Kind::Map(entries) => {
            for entry in entries.iter_mut().filter(|entry| !DATA.contains(&entry.key.as_str())) {
                match &mut entry.value.kind {
                    Kind::Text(path) if entry.key.ends_with("_file") => one(path, anew),
                    Kind::List(paths) if entry.key == "files" => {
                        for path in paths {
                            if let Kind::Text(path) = &mut path.kind {
                                one(path, anew);
                            }
                        }
                    }
                    _ => rewrite(&mut entry.value, anew),
                }
            }
        }
        _ => {}
    }
}

fn one(path: &mut String, anew: &impl Fn(&str) -> String) {
    if !path.is_empty() && !path.starts_with('/') {
        *path = anew(path);
    }
}
