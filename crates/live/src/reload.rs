//! Notices that the definitions on disk changed, and brings them into the loop: whole, or not at all.

use std::sync::Arc;
use std::time::Duration;

use andon_cycle::State;
use andon_definitions::{Catalog, Diagnostic, Severity, SourceFile};
use andon_vocabulary::{CatalogTexts, Input};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::directory::{Directory, Stamp};
use crate::queue::Queue;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What stands on disk.
pub struct Read {
    pub files: Vec<SourceFile>,
    /// What could be understood of it; whole only without errors among the findings.
    pub catalog: Catalog,
    pub findings: Vec<Diagnostic>,
}

impl Read {
    pub fn from(directory: &Directory) -> std::io::Result<Read> {
        let files = directory.read()?;
        let (catalog, findings) = andon_definitions::load(&files);
        Ok(Read { files, catalog, findings })
    }

    /// In a line each; none: these definitions can be put in force.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors
            .map(|found| format!("{}:{}:{}: {}", found.file, found.line, found.column, found.message))
            .collect()
    }

    /// What the loop is to hear.
    pub fn input(self) -> Input {
        // They are being replaced, or were taken away by mistake: what is in force stays so.
        if self.files.iter().all(|file| file.text.trim().is_empty()) {
            let why = "there are no definitions any more; those in force stay".to_owned();
            return Input::CatalogBroken { findings: vec![why] };
        }
        match self.errors() {
            errors if errors.is_empty() => Input::Catalog(CatalogTexts {
                hash: self.catalog.hash,
                files: self.files.into_iter().map(|file| (file.path, file.text)).collect(),
            }),
            findings => Input::CatalogBroken { findings },
        }
    }
}

/// Looks each second, and at once on SIGHUP. Ends when the loop has.
pub async fn watch(directory: Directory, mut seen: Stamp, view: watch::Receiver<Arc<State>>, queue: Queue) {
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => return tracing::error!(%error, "changed definitions will not be noticed"),
    };
    loop {
        let asked = tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => false,
            _ = hangup.recv() => true,
        };
        let stamp = directory.stamp().unwrap_or_default();
        if stamp == seen && !asked {
            continue;
        }
        seen = stamp;
        let input = read(directory.clone()).await;
        let is_new = match &input {
            Input::Catalog(texts) => {
                let state = view.borrow();
                texts.hash != state.catalog().hash || !state.instance.broken.is_empty()
            }
            _ => true,
        };
        if is_new && !queue.input(input).await {
            return;
        }
    }
}

/// Apart from the runtime: a large directory takes a while.
async fn read(directory: Directory) -> Input {
    let read = tokio::task::spawn_blocking(move || Read::from(&directory)).await;
    match read {
        Ok(Ok(read)) => read.input(),
        Ok(Err(error)) => Input::CatalogBroken { findings: vec![error.to_string()] },
        Err(error) => {
            Input::CatalogBroken { findings: vec![format!("the definitions cannot be read: {error}")] }
        }
    }
}
