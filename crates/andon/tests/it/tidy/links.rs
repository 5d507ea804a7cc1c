//! Every link in a document leads somewhere: to a file that is there, to a heading that it has.

use std::path::Path;

use crate::house::written;

#[test]
fn links_resolve() {
    let mut broken = Vec::new();
    for (path, file) in written().iter().filter(|(path, _)| path.ends_with(".md")) {
        let text = std::fs::read_to_string(file).expect("text");
        for target in targets(&text) {
            if !resolves(file, &text, target) {
                broken.push(format!("{path}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
}

/// What stands in `](…)` and in `src="…"`, outside of code blocks.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (begin, end) in [("](", ')'), ("src=\"", '"')] {
            let pieces = line.split(begin).skip(1);
            found.extend(pieces.filter_map(|rest| rest.split(end).next()));
        }
    }
    found
}

fn resolves(file: &Path, text: &str, target: &str) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() {
        return headings(text).any(|slug| slug == heading);
    }
    let there = file.parent().expect("a file has a directory").join(path);
    if heading.is_empty() || there.extension().is_none_or(|kind| kind != "md") {
        return there.exists();
    }
    std::fs::read_to_string(there).is_ok_and(|text| headings(&text).any(|slug| slug == heading))
}

/// As GitHub makes anchors of headings.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}
