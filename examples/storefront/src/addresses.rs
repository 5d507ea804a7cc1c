//! Where another service answers: from a file that a platform keeps up to date as instances come and go, or from
//! the environment, which says what was true when this process started.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use axum::http::Uri;

use crate::place::{Service, text};

/// The file is not looked at more often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Addresses {
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    urls: Arc<[String]>,
    looked: Instant,
    stamp: Option<Stamp>,
}

/// Tells one state of a file from another. A file that is replaced is another file, even within one tick of the clock.
type Stamp = (SystemTime, u64);

impl Addresses {
    /// From the file that `CATALOG_URLS_FILE` names, if it holds any yet, else from `CATALOG_URLS` and the like.
    pub fn from_env(service: Service) -> Result<Addresses, String> {
        let name = format!("{}_URLS", service.name().to_uppercase());
        let file = text(&format!("{name}_FILE"))?.map(PathBuf::from);
        let listed = text(&name)?;
        let urls = match &listed {
            Some(listed) => parse(listed).map_err(|why| format!("{name} {why}"))?,
            None => Vec::new(),
        };
        let addresses = Addresses::new(file, urls);
        match (addresses.now().is_empty(), listed) {
            (false, _) => Ok(addresses),
            (true, Some(listed)) => Err(format!("{name} is '{listed}', which lists no address")),
            (true, None) => Err(format!(
                "{name} is not set; it lists where {} answers, such as http://127.0.0.1:8101",
                service.name()
            )),
        }
    }

    fn new(file: Option<PathBuf>, urls: Vec<String>) -> Addresses {
        let mut known = Known { urls: urls.into(), looked: Instant::now(), stamp: None };
        if let Some(file) = &file {
            known.look(file);
        }
        Addresses { file, known: Mutex::new(known) }
    }

    pub fn now(&self) -> Arc<[String]> {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> Arc<[String]> {
        let mut known = self.known.lock().expect("nothing panics while it holds them");
        if let Some(file) = &self.file
            && now.duration_since(known.looked) >= LOOK_EVERY
        {
            known.looked = now;
            known.look(file);
        }
        known.urls.clone()
    }
}

impl Known {
    /// A file that is missing, empty or broken says nothing: what is known stays.
    fn look(&mut self, file: &Path) {
        let stamp = fs::metadata(file).and_then(|found| Ok((found.modified()?, found.ino()))).ok();
        if stamp.is_none() || stamp == self.stamp {
            return;
        }
        let listed = fs::read_to_string(file).map_err(|error| error.to_string());
        match listed.and_then(|listed| parse(&listed)) {
            Ok(urls) if !urls.is_empty() => self.urls = urls.into(),
            _ => {}
        }
        self.stamp = stamp;
    }
}

/// Separated by commas in a variable, by lines in a file.
fn parse(listed: &str) -> Result<Vec<String>, String> {
    let mut urls = Vec::new();
    for url in listed.split([',', '\n']).map(str::trim).filter(|url| !url.is_empty()) {
        let parsed: Uri = url.parse().map_err(|error| format!("holds '{url}': {error}"))?;
        if parsed.scheme_str() != Some("http") || parsed.authority().is_none() {
            return Err(format!("holds '{url}'; it must look like http://127.0.0.1:8101"));
        }
        urls.push(url.trim_end_matches('/').to_string());
    }
    Ok(urls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_or_refused() {
        assert_eq!(
            parse("http://a:1/, http://b:2\n\nhttp://c:3\n").unwrap(),
            ["http://a:1", "http://b:2", "http://c:3"]
        );
        assert_eq!(parse(" ").unwrap(), [""; 0]);
        assert_eq!(parse("a:1").unwrap_err(), "holds 'a:1'; it must look like http://127.0.0.1:8101");
    }

    #[test]
    fn the_file_is_followed_at_most_once_a_second_and_only_where_it_says_something() {
        let dir = tempfile::tempdir().expect("a directory of our own");
        let file = dir.path().join("catalog");
        let write = |text: &str| {
            let fresh = dir.path().join("fresh");
            fs::write(&fresh, text).expect("it is ours");
            fs::rename(&fresh, &file).expect("it is ours");
        };
        let addresses = Addresses::new(Some(file.clone()), vec!["http://env:1".to_string()]);
        let start = Instant::now();
        let at = |ms: u64| addresses.at(start + Duration::from_millis(ms)).join(" ");
        assert_eq!(at(0), "http://env:1");
        write("http://a:1\n");
        assert_eq!(at(500), "http://env:1");
        assert_eq!(at(1100), "http://a:1");
        write("http://a:1\nhttp://b:2\n");
        assert_eq!(at(1900), "http://a:1");
        assert_eq!(at(2200), "http://a:1 http://b:2");
        write("");
        assert_eq!(at(4000), "http://a:1 http://b:2");
        write("what is this");
        assert_eq!(at(6000), "http://a:1 http://b:2");
        fs::remove_file(&file).expect("it is there");
        assert_eq!(at(8000), "http://a:1 http://b:2");
        write("http://b:2\n");
        assert_eq!(at(10_000), "http://b:2");
    }
}
