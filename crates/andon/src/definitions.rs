//! The definitions that a command line names: found, read, loaded, their findings shown.

use std::path::{Path, PathBuf};

use andon_definitions::{Catalog, Diagnostic, SourceFile};
use andon_live::Directory;

use crate::exit::{Exit, Failure};
use crate::terminal;

/// What stands in DIR, or in DIR/ops.
pub struct Definitions {
    pub directory: Directory,
    pub files: Vec<SourceFile>,
    pub catalog: Catalog,
    pub findings: Vec<Diagnostic>,
}

impl Definitions {
    pub fn read(dir: &Path) -> Result<Definitions, Failure> {
        let unreadable = |error: std::io::Error| {
            Failure::usage(format!("cannot read {}: {error}", dir.display()))
                .hint("name the directory that holds your definitions, or its parent if it is called ops")
        };
        let directory = Directory::find(dir).map_err(unreadable)?;
        let files = directory.read().map_err(unreadable)?;
        if files.is_empty() {
            return Err(Failure::usage(format!("no definitions in {}", directory.path().display()))
                .hint("`andon init` writes a starting set"));
        }
        let (catalog, findings) = andon_definitions::load(&files);
        Ok(Definitions { directory, files, catalog, findings })
    }

    /// Only what is free of errors may be acted on or rehearsed; the findings go to stderr.
    pub fn without_errors(self) -> Result<Definitions, Failure> {
        let errors = self.findings.iter().filter(|finding| finding.is_error()).count();
        if errors == 0 {
            return Ok(self);
        }
        let shown = andon_definitions::render(&self.findings, &self.files, terminal::wants_colour());
        eprint!("{shown}");
        let what = format!("{} in {}", count(errors, "error"), self.directory.path().display());
        Err(Failure::new(Exit::Failed, what).hint("mend the definitions; `andon check` shows what is left"))
    }

    /// Where this Andon keeps what it writes: as the command line says, else as the instance says.
    pub fn data(&self, said: Option<&Path>) -> PathBuf {
        match said {
            Some(data) => data.to_owned(),
            None => self.directory.path().join(&self.catalog.instance.data).components().collect(),
        }
    }
}

/// `1 error`, `2 errors`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
