//! The house's own order, held by tests: arrows, the fence, links, sizes.

mod arrows;
mod fence;
mod links;

use crate::house::written;

/// A file that outgrows this hides a second noun.
const LINES_MAX: usize = 600;

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for (path, file) in written() {
        if !["rs", "css", "js", "yaml", "sh"].iter().any(|kind| path.ends_with(&format!(".{kind}"))) {
            continue;
        }
        let lines = std::fs::read_to_string(file).expect("text").lines().count();
        if lines > LINES_MAX {
            long.push(format!("{path}: {lines}"));
        }
    }
    assert!(long.is_empty(), "which second noun hides in these?\n{}", long.join("\n"));
}
