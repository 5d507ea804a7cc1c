//! What the hands are told of the definitions: what to supervise, and which secrets they may resolve.

use std::collections::BTreeSet;
use std::path::Path;

use andon_definitions::service::Platform;
use andon_definitions::{Catalog, Service};
use andon_vocabulary::{Hello, LocalService};
use serde_json::Value;

/// Where an instance answers that names no other path.
const READY: &str = "/healthz";

pub fn hello(catalog: &Catalog, data: &Path) -> Hello {
    Hello {
        data_dir: data.to_string_lossy().into_owned(),
        instance_id: instance_id(&catalog.instance.name, data),
        services: catalog.services.iter().filter_map(|(name, service)| local(name, service)).collect(),
        secrets: secrets(catalog).into_iter().collect(),
    }
}

/// Two Andons with the same definitions keep apart by their data directories, of which each has its own. Without a
/// slash, which ends the id in a process's mark.
fn instance_id(name: &str, data: &Path) -> String {
    format!("{name}@{}", data.display()).replace('/', ":")
}

fn local(name: &str, service: &Service) -> Option<LocalService> {
    let Platform::Local(local) = service.platform.as_ref()?;
    Some(LocalService {
        name: name.into(),
        argv: local.argv.clone(),
        version: local.version.as_str().into(),
        instances: local.instances,
        env: local.env.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect(),
        ready_path: local.ready.clone().unwrap_or_else(|| READY.to_owned()),
        grace: local.grace.into(),
    })
}

/// Every reference that a service or a runbook makes. The channels' are resolved here, not by the hands.
fn secrets(catalog: &Catalog) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let services = catalog.services.values().map(serde_json::to_value);
    let runbooks = catalog.runbooks.values().map(serde_json::to_value);
    for definition in services.chain(runbooks) {
        collect(&definition.expect("definitions are plain data with string keys"), &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("secret:") => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}
