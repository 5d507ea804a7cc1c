//! What an instance is told at its start: everything by environment, nothing inherited that it was not given.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;

use andon_vocabulary::{LocalService, Name};
use tokio::process::Command;

use super::desired::Target;
use super::ports::Ports;
use crate::process::INHERITED;

/// The mark by which the next hands know an instance: `<instance id>/<name>`.
pub const MARK: &str = "ANDON_INSTANCE";
pub const GENERATION: &str = "ANDON_GENERATION";
pub const VERSION: &str = "VERSION";
pub const PORT: &str = "PORT";

/// Where instances live: shared by all services, and held by everything that may start one.
pub struct Place {
    /// Free again only when the last of those is gone: nobody starts anything beside the next hands.
    pub _lock: File,
    pub data_dir: PathBuf,
    pub instance_id: String,
    pub ports: Ports,
}

impl Place {
    pub fn mark(&self, name: &str) -> String {
        format!("{}/{name}", self.instance_id)
    }

    pub fn state_file(&self, service: &str) -> PathBuf {
        self.data_dir.join("platform").join(format!("{service}.json"))
    }

    /// Where `addresses` keeps a service's.
    pub fn addresses_file(&self, service: &str) -> PathBuf {
        self.data_dir.join("platform").join("addresses").join(service)
    }

    pub fn log_file(&self, name: &str) -> PathBuf {
        self.data_dir.join("logs").join(format!("{name}.log"))
    }

    pub fn faults(&self) -> PathBuf {
        self.data_dir.join("faults")
    }
}

/// The command of an instance, without its output.
pub fn command(place: &Place, service: &LocalService, name: &Name, target: &Target, port: u16) -> Command {
    let argv = resolved(&service.argv);
    let mut command = Command::new(&argv[0]);
    command
        .args(&argv[1..])
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .envs(everybody(place))
        .envs(&service.env)
        .env("SERVICE", &*service.name)
        .env("INSTANCE", &**name)
        .env(VERSION, &*target.version)
        .env(PORT, port.to_string())
        .env("FAULT_DIR", place.faults())
        .env(GENERATION, target.generation.to_string());
    command
}

/// For every service `CHECKOUT_URLS`, where its wanted instances listen now, and `CHECKOUT_URLS_FILE`, the file that
/// goes on saying where the ready ones do.
fn everybody(place: &Place) -> BTreeMap<String, OsString> {
    let services = place.ports.urls().into_iter();
    services
        .flat_map(|(service, urls)| {
            let upper = service.to_ascii_uppercase();
            let variable = upper.replace(|c: char| !c.is_ascii_alphanumeric(), "_") + "_URLS";
            let file = place.addresses_file(&service).into_os_string();
            [(format!("{variable}_FILE"), file), (variable, urls.into())]
        })
        .collect()
}

/// Whether a running process was started as the definition says today.
pub fn is_as_defined(
    service: &LocalService,
    argv: &[String],
    environment: &BTreeMap<String, String>,
) -> bool {
    // The kernel's list cannot tell empty words from none.
    let wanted = resolved(&service.argv);
    wanted.iter().filter(|word| !word.is_empty()).eq(argv)
        && service.env.iter().all(|(name, value)| environment.get(name) == Some(value))
}

/// A program without a slash is first looked for beside ours, so that what was built together runs together.
fn resolved(argv: &[String]) -> Vec<String> {
    let mut argv = argv.to_vec();
    if let Some(program) = argv.first_mut().filter(|program| !program.contains('/')) {
        let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(&*program)));
        if let Some(found) = beside.filter(|path| path.is_file()) {
            *program = found.to_string_lossy().into_owned();
        }
    }
    argv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_told_where_everybody_is_and_where_that_is_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let lock = File::create(dir.path().join("lock")).expect("it is ours");
        let (data_dir, ports) = (PathBuf::from("/data"), Ports::default());
        ports.set(&"order-store".into(), BTreeMap::from([(1, 20_001), (2, 20_002), (3, 20_003)]), 2);
        let told = everybody(&Place { _lock: lock, data_dir, instance_id: "a".to_owned(), ports });
        let told: Vec<_> = told.iter().map(|(name, value)| (&**name, value.to_str())).collect();
        assert_eq!(
            told,
            [
                ("ORDER_STORE_URLS", Some("http://127.0.0.1:20001,http://127.0.0.1:20002")),
                ("ORDER_STORE_URLS_FILE", Some("/data/platform/addresses/order-store")),
            ]
        );
    }
}
