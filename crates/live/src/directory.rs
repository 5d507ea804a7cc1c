//! The directory of definitions: where it is, what it holds, when it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use andon_definitions::SourceFile;

/// A definition is never larger; reading it would only cost memory.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Nobody nests definitions deeper.
const DEPTH_MAX: usize = 16;

/// The directory that holds the `Instance`: DIR or DIR/ops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory(PathBuf);

/// What every file looked like the last time; equal as long as nothing changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Stamp {
    /// Whether one of these is not there in the other.
    pub fn lacks(&self, other: &Stamp) -> bool {
        self.0.keys().any(|path| !other.0.contains_key(path))
    }
}

impl Directory {
    /// `ops` inside `dir` wins if it has the `Instance`, or if nothing in `dir` itself has.
    pub fn find(dir: &Path) -> io::Result<Directory> {
        let own = Directory(dir.to_owned());
        let ops = Directory(dir.join("ops"));
        if !ops.0.is_dir() {
            // An error here names a directory that does not exist.
            std::fs::read_dir(dir)?;
            return Ok(own);
        }
        // What else lies beside `ops` is not ours to complain about.
        let beside = own.paths()?.into_iter().filter(|path| !path.starts_with(&ops.0));
        let texts = beside.filter_map(|path| definition(&path).ok());
        let names_it = |text: String| text.lines().any(|line| line.trim_end() == "kind: Instance");
        Ok(if texts.into_iter().any(names_it) { own } else { ops })
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every definition in it, sorted by path. One that cannot be read is an error, never left out: the catalog
    /// would lack a rule or a person without a word.
    pub fn read(&self) -> io::Result<Vec<SourceFile>> {
        let mut files = Vec::new();
        for path in self.paths()? {
            let text = definition(&path).map_err(|error| named(&path, &error))?;
            let relative = path.strip_prefix(&self.0).unwrap_or(&path);
            files.push(SourceFile { path: relative.to_string_lossy().into_owned(), text });
        }
        Ok(files)
    }

    /// A path that a definition of this directory gives, `from` being the directory of its file.
    pub fn resolve(&self, from: &str, path: &str) -> PathBuf {
        self.0.join(from).join(path)
    }

    pub fn stamp(&self) -> io::Result<Stamp> {
        let mut stamp = BTreeMap::new();
        for path in self.paths()? {
            // A link that leads nowhere looks like an empty file; reading it says what is wrong.
            let looks =
                std::fs::metadata(&path).map_or((0, None), |found| (found.len(), found.modified().ok()));
            stamp.insert(path, looks);
        }
        Ok(Stamp(stamp))
    }

    fn paths(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        collect(&self.0, DEPTH_MAX, &mut found)?;
        let named: Vec<PathBuf> = found.iter().flat_map(|path| self.named_by(path)).collect();
        let mut known: BTreeSet<PathBuf> = found.iter().map(|path| real(path)).collect();
        // A file that is named twice, or lies in the directory anyway, is read once.
        found.extend(named.into_iter().filter(|path| known.insert(real(path))));
        found.sort();
        Ok(found)
    }

    /// The rule files and others that a prometheus.yml names, and the templates that an alertmanager.yml does, wherever
    /// they lie and whatever they are called.
    fn named_by(&self, path: &Path) -> Vec<PathBuf> {
        let patterns = definition(path).map(|text| {
            let mut patterns = andon_definitions::prometheus::files_named(&text);
            patterns.extend(andon_definitions::alertmanager::files_named(&text));
            patterns
        });
        let beside = path.parent().unwrap_or(&self.0);
        patterns.unwrap_or_default().iter().flat_map(|pattern| glob(&beside.join(pattern))).collect()
    }
}

/// What is hidden, what is built and what Andon itself writes holds no definitions.
fn collect(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = std::fs::read_dir(directory).map_err(|error| named(directory, &error))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || matches!(&*name, "target" | "node_modules" | "data") {
            continue;
        }
        // A file may go away between the listing and this; it is then as if it had gone before. A link that leads
        // nowhere stays in the list, so that reading it can say so.
        let Ok(metadata) = std::fs::metadata(&path).or_else(|_| std::fs::symlink_metadata(&path)) else {
            continue;
        };
        if metadata.is_dir() {
            if depth > 0 && !leads_back(&path) {
                collect(&path, depth - 1, found)?;
            }
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            found.push(path);
        }
    }
    Ok(())
}

/// A link to a directory that it lies in; following it would list everything again.
fn leads_back(path: &Path) -> bool {
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
    path.canonicalize().is_ok_and(|target| parent.is_some_and(|parent| parent.starts_with(target)))
}

/// Text that is not UTF-8 is read with marks in its place, so that the finding about it can show where.
fn definition(path: &Path) -> io::Result<String> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if metadata.len() > FILE_BYTES_MAX {
        let what = format!("it has {} bytes, a definition at most {FILE_BYTES_MAX}", metadata.len());
        return Err(io::Error::other(what));
    }
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// The same file by whichever way it is reached.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The files that a pattern names, sorted: a `*` may stand in its last part. Without one it names itself.
pub fn glob(pattern: &Path) -> Vec<PathBuf> {
    let last = pattern.file_name().unwrap_or_default().to_string_lossy();
    let Some((start, end)) = last.split_once('*') else {
        return if pattern.is_file() { vec![pattern.to_owned()] } else { Vec::new() };
    };
    let fits = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let fits = name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end);
        // As a shell has it: what is hidden must be meant.
        fits && (start.starts_with('.') || !name.starts_with('.')) && path.is_file()
    };
    let entries = pattern.parent().map(std::fs::read_dir);
    let entries = entries.into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(fits).collect();
    found.sort();
    found
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, path: &str, text: &str) {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn the_instance_says_which_directory_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "compose.yaml", "services: {}");
        let find = || Directory::find(dir.path()).unwrap().path().to_owned();
        assert_eq!(find(), dir.path());
        write(dir.path(), "ops/instance.yaml", "kind: Instance\n");
        assert_eq!(find(), dir.path().join("ops"));
        write(dir.path(), "andon.yaml", "apiVersion: andon/v1\nkind: Instance\n");
        assert_eq!(find(), dir.path());
        assert!(Directory::find(&dir.path().join("nowhere")).is_err());
    }

    #[test]
    fn only_definitions_are_read_and_a_change_shows() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "b/team.yml", "b");
        write(dir.path(), "a.yaml", "a");
        write(dir.path(), "README.md", "no");
        write(dir.path(), ".git/x.yaml", "no");
        write(dir.path(), "data/x.yaml", "no");
        let directory = Directory::find(dir.path()).unwrap();
        let paths = || -> Vec<String> {
            let files = directory.read().unwrap();
            files.into_iter().map(|file| file.path).collect()
        };
        assert_eq!(paths(), ["a.yaml", "b/team.yml"]);
        let before = directory.stamp().unwrap();
        assert_eq!(directory.stamp().unwrap(), before);
        write(dir.path(), "a.yaml", "changed");
        assert_ne!(directory.stamp().unwrap(), before);
    }
    #[test]
    fn what_cannot_be_read_is_said_not_left_out() {
        #[track_caller]
        fn refused(dir: &Path, why: &str) {
            let error = Directory::find(dir).unwrap().read().unwrap_err().to_string();
            assert!(error.contains("rules.yaml") && error.contains(why), "{error}");
        }
        let dir = tempfile::tempdir().unwrap();
        let rules = dir.path().join("rules.yaml");
        std::os::unix::fs::symlink("nowhere", &rules).unwrap();
        refused(dir.path(), "No such file");
        std::fs::remove_file(&rules).unwrap();
        std::fs::write(&rules, vec![b' '; (4 << 20) + 1]).unwrap();
        refused(dir.path(), "at most");
        std::fs::remove_file(&rules).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(&rules).unwrap();
        refused(dir.path(), "not a file");
        // Beside `ops` it is somebody else's file.
        write(dir.path(), "ops/instance.yaml", "kind: Instance\n");
        assert_eq!(Directory::find(dir.path()).unwrap().read().unwrap().len(), 1);
    }

    #[test]
    fn the_files_that_a_prometheus_yml_names_are_read_wherever_they_lie() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(elsewhere.path(), "a.rules", "groups: []");
        write(elsewhere.path(), "b.rules", "groups: []");
        write(elsewhere.path(), ".c.rules", "groups: []");
        write(dir.path(), "own.yml", "groups: []");
        write(dir.path(), "x/y.rules", "groups: []");
        let named = format!("rule_files: [own.yml, x/y.rules, '{}/*.rules']", elsewhere.path().display());
        write(dir.path(), "prometheus.yml", &format!("global: {}\n{named}\n", "{}"));
        let directory = Directory::find(dir.path()).unwrap();
        let mut paths: Vec<String> = directory.read().unwrap().into_iter().map(|file| file.path).collect();
        paths.sort_by_key(|path| path.starts_with('/'));
        assert_eq!(paths[..3], ["own.yml", "prometheus.yml", "x/y.rules"]);
        assert!(paths[3].ends_with("/a.rules") && paths[4].ends_with("/b.rules"), "{paths:?}");
        assert_eq!(paths.len(), 5);
        let before = directory.stamp().unwrap();
        write(elsewhere.path(), "a.rules", "groups: [ ]");
        assert_ne!(directory.stamp().unwrap(), before);
    }

    #[test]
    fn a_link_to_a_parent_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "a.yaml", "a");
        std::os::unix::fs::symlink(".", dir.path().join("again")).unwrap();
        assert_eq!(Directory::find(dir.path()).unwrap().read().unwrap().len(), 1);
    }
}
