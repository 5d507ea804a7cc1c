//! Notices that the definitions on disk changed, and brings them into the loop: whole, or not at all, and not while
//! somebody still writes them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use andon_cycle::State;
use andon_definitions::{Catalog, Diagnostic, Severity, SourceFile};
use andon_vocabulary::{CatalogTexts, Input};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::directory::{Directory, Stamp};
use crate::queue::Queue;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A file that is away may be on its way back: editors and what syncs files take one away to put another in its place.
const GONE_AFTER: Duration = Duration::from_secs(10);

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
pub async fn watch(directory: Directory, stamp: Stamp, view: watch::Receiver<Arc<State>>, queue: Queue) {
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => return tracing::error!(%error, "changed definitions will not be noticed"),
    };
    let mut settling = Settling::new(stamp);
    loop {
        let asked = tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => false,
            _ = hangup.recv() => true,
        };
        let stamp = directory.stamp().unwrap_or_default();
        let has_settled = settling.looks(&stamp, Instant::now());
        if !has_settled && !asked {
            continue;
        }
        let input = read(directory.clone()).await;
        // What changed while it was read may be half of the one and half of the other.
        if !asked && directory.stamp().unwrap_or_default() != stamp {
            continue;
        }
        settling.taken_up(stamp);
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

/// Whether what stands on disk differs from what was taken up, and is whole: it looked the same twice, and what is away
/// has been for a while.
struct Settling {
    taken_up: Stamp,
    last: Stamp,
    away_since: Option<Instant>,
}

impl Settling {
    fn new(taken_up: Stamp) -> Settling {
        Settling { last: taken_up.clone(), taken_up, away_since: None }
    }

    fn looks(&mut self, stamp: &Stamp, now: Instant) -> bool {
        let is_quiet = *stamp == self.last;
        self.last = stamp.clone();
        self.away_since = self.taken_up.lacks(stamp).then(|| self.away_since.unwrap_or(now));
        let is_there = self.away_since.is_none_or(|since| now.duration_since(since) >= GONE_AFTER);
        is_quiet && is_there && *stamp != self.taken_up
    }

    fn taken_up(&mut self, stamp: Stamp) {
        (self.taken_up, self.away_since) = (stamp, None);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Files as they are swapped: what is taken up, at which second.
    fn taken_up(looks: &[(u64, &str)]) -> Vec<u64> {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::find(dir.path()).unwrap();
        let begin = Instant::now();
        let mut settling: Option<Settling> = None;
        let mut taken = Vec::new();
        for (second, files) in looks {
            for old in std::fs::read_dir(dir.path()).unwrap() {
                std::fs::remove_file(old.unwrap().path()).unwrap();
            }
            for file in files.split_whitespace() {
                let (name, text) = file.split_once('=').unwrap();
                let path = dir.path().join(format!("{name}.yaml"));
                std::fs::write(&path, text).unwrap();
                // Only the text makes the difference.
                std::fs::File::options()
                    .write(true)
                    .open(path)
                    .unwrap()
                    .set_modified(std::time::UNIX_EPOCH)
                    .unwrap();
            }
            let stamp = directory.stamp().unwrap();
            let Some(settling) = &mut settling else {
                settling = Some(Settling::new(stamp));
                continue;
            };
            if settling.looks(&stamp, begin + Duration::from_secs(*second)) {
                settling.taken_up(stamp);
                taken.push(*second);
            }
        }
        taken
    }

    #[test]
    fn what_is_still_being_written_waits() {
        let looks = [(0, "a=1 b=1"), (1, "a=22 b=1"), (2, "a=333 b=1"), (3, "a=333 b=22"), (4, "a=333 b=22")];
        assert_eq!(taken_up(&looks), [4]);
    }

    #[test]
    fn a_file_that_is_away_for_a_moment_changes_nothing() {
        let away = [(0, "a=1 b=1"), (1, "a=1"), (2, "a=1"), (9, "a=1"), (10, "a=1 b=1"), (11, "a=1 b=1")];
        assert!(taken_up(&away).is_empty(), "it is back as it was");
        let other = [(0, "a=1 b=1"), (1, "a=1"), (2, "a=1"), (3, "a=1 b=22"), (4, "a=1 b=22")];
        assert_eq!(taken_up(&other), [4], "another is in its place");
        let gone = [(0, "a=1 b=1"), (1, "a=1"), (5, "a=1"), (10, "a=1"), (11, "a=1"), (12, "a=1")];
        assert_eq!(taken_up(&gone), [11]);
        let again = [(0, "a=1 b=1"), (1, "a=1"), (8, "a=1 b=1"), (9, "a=1"), (12, "a=1"), (19, "a=1")];
        assert_eq!(taken_up(&again), [19], "each absence for itself");
    }

    /// What a ConfigMap's volume does: the files are links through `..data`, which is renamed over.
    #[test]
    fn a_link_that_is_swapped_is_a_change_and_nothing_is_away() {
        let dir = tempfile::tempdir().unwrap();
        let (at, link) =
            (|name: &str| dir.path().join(name), std::os::unix::fs::symlink::<&str, std::path::PathBuf>);
        for (version, text) in [("..1", "one"), ("..2", "two, longer")] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("a.yaml"), text).unwrap();
        }
        link("..1", at("..data")).unwrap();
        link("..data/a.yaml", at("a.yaml")).unwrap();
        let directory = Directory::find(dir.path()).unwrap();
        let before = directory.stamp().unwrap();
        link("..2", at("..new")).unwrap();
        std::fs::rename(at("..new"), at("..data")).unwrap();
        let after = directory.stamp().unwrap();
        assert!(before != after && !before.lacks(&after));
        assert_eq!(directory.read().unwrap()[0].text, "two, longer");
    }
}
