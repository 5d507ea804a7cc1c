//! Definitions that a command writes: all of them or none, and never over what is there.

use std::path::Path;

use andon_definitions::SourceFile;

use crate::exit::Failure;
use crate::terminal;

/// Writes files into a directory, which it makes, and says so of each.
pub fn write_new(dir: &Path, files: &[SourceFile]) -> Result<(), Failure> {
    for file in files {
        let path = dir.join(&file.path);
        if path.exists() {
            return Err(Failure::usage(format!("{} is there already; nothing was written", path.display()))
                .hint("name another directory, or `andon check` what you have"));
        }
    }
    let failed = |path: &Path, error: std::io::Error| {
        Failure::usage(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    for file in files {
        let path = dir.join(&file.path);
        std::fs::write(&path, &file.text).map_err(|error| failed(&path, error))?;
        terminal::out(format_args!("wrote {}", path.display()));
    }
    Ok(())
}
