//! Where things stand in this repository, and the binary under test.

use std::path::{Path, PathBuf};

use snapbox::cmd::Command;

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

/// The binary, with nothing of its caller's environment that would change what it says.
pub fn andon() -> Command {
    Command::new(env!("CARGO_BIN_EXE_andon"))
        .env_remove("ANDON_SERVER")
        .env_remove("ANDON_PERSON")
        .env_remove("COLUMNS")
        .timeout(std::time::Duration::from_secs(120))
}

/// Whether what a tool is missing for may be skipped. Says so loudly where it may.
pub fn may_skip(what: &str) -> bool {
    assert!(
        std::env::var_os("ANDON_REQUIRE_ALL").is_none_or(|value| value.is_empty()),
        "{what}, and ANDON_REQUIRE_ALL says that nothing may be skipped"
    );
    eprintln!("SKIPPED: {what}");
    true
}

/// Every file that a person wrote, by its path from the root.
pub fn written() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.sort();
    found
}

fn collect(directory: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) {
    for entry in std::fs::read_dir(directory).expect("a directory of the repository") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if matches!(&*name, "target" | ".git" | "data") {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{relative}/"), found);
        } else {
            found.push((relative, path));
        }
    }
}

/// The examples' directories.
pub fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).expect("there are examples");
    let mut examples: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    examples.sort();
    examples
}
