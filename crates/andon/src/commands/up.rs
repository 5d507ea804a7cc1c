//! `andon up`: everything here. Builds what the definitions say is to be built, starts the server, and says where it
//! is and what to try.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use andon_definitions::service::Platform;
use andon_definitions::{Catalog, Service};
use clap::Args;

use crate::definitions::Definitions;
use crate::exit::{Exit, Failure, Outcome};
use crate::serve::Place;
use crate::terminal;

/// In a `build`, the cargo profile that this binary was built with: what is built so lands beside it, where the hands
/// look for programs first.
const PROFILE: &str = "$profile";

/// Where the commands look for a server that is not named.
const HOME: &str = "http://127.0.0.1:7070";

#[derive(Args)]
pub struct Up {
    #[command(flatten)]
    place: Place,
}

impl Up {
    pub fn run(self) -> Outcome {
        let read = Definitions::read(&self.place.dir)?.without_errors()?;
        for build in builds(&read.catalog) {
            run(build, read.directory.path())?;
        }
        let Definitions { catalog, .. } = read;
        let dir = self.place.dir.clone();
        self.place.serve(|url| terminal::out(greeting(url, &hints(&catalog, &dir, url))))
    }
}

/// Each once, however many services it serves.
fn builds(catalog: &Catalog) -> BTreeSet<&[String]> {
    let platforms = catalog.services.values().filter_map(|service| service.platform.as_ref());
    platforms.map(|Platform::Local(local)| local.build.as_slice()).filter(|build| !build.is_empty()).collect()
}

fn run(build: &[String], directory: &Path) -> Result<(), Failure> {
    let argv: Vec<&str> = build.iter().map(|word| if word == PROFILE { profile() } else { word }).collect();
    let shown = argv.join(" ");
    terminal::out(format_args!("$ {shown}"));
    let failed = |why: String| {
        Failure::new(Exit::Failed, format!("`{shown}` in {}: {why}", directory.display()))
            .hint("mend the service's `build`, or start the server alone with `andon serve`")
    };
    let ended = Command::new(argv[0]).args(&argv[1..]).current_dir(directory).status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Cargo names the directory after the profile, except for `dev`.
fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}

/// What is worth trying with these definitions, each with its command.
fn hints(catalog: &Catalog, dir: &Path, url: &str) -> Vec<(String, String)> {
    let andon = own_name();
    let to = if url == HOME { String::new() } else { format!(" --server {url}") };
    let mut hints = Vec::new();
    let mut by_tier: Vec<&Service> = catalog.services.values().collect();
    by_tier.sort_by_key(|service| service.tier);
    if let Some((service, version)) =
        by_tier.iter().find_map(|service| Some((*service, next_version(service)?)))
    {
        hints.push((
            "deploy the next version".to_owned(),
            format!("{andon} deploy {} {version}{to}", service.name),
        ));
    }
    if let Some((service, fault)) =
        by_tier.iter().find_map(|service| Some((*service, service.faults.keys().next()?)))
    {
        hints.push(("break something".to_owned(), format!("{andon} fault {} {fault} on{to}", service.name)));
    }
    if !catalog.scenarios.is_empty() {
        hints.push(("rehearse it all".to_owned(), format!("{andon} test {}", dir.display())));
    }
    for (what, command) in
        [("see how it is", "status"), ("who is on call", "oncall"), ("ask for a series", "query up")]
    {
        hints.push((what.to_owned(), format!("{andon} {command}{to}")));
    }
    hints.truncate(3);
    hints
}

/// `v42` after `v41`; none where the version is no number.
fn next_version(service: &Service) -> Option<String> {
    let Some(Platform::Local(local)) = &service.platform else { return None };
    let digits = local.version.len() - local.version.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (prefix, number) = local.version.split_at(local.version.len() - digits);
    let next = number.parse::<u64>().ok()?.checked_add(1)?;
    // Where nothing is deployed by version, there is nothing to try.
    service.scrape.as_ref().map(|_| format!("{prefix}{next}"))
}

/// How this binary is called from where its user stands.
fn own_name() -> String {
    let Ok(own) = std::env::current_exe() else { return "andon".to_owned() };
    let on_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join("andon") == own));
    if on_path {
        return "andon".to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    own.strip_prefix(here).unwrap_or(&own).display().to_string()
}

fn greeting(url: &str, hints: &[(String, String)]) -> String {
    let mut text = format!("\nAndon is up: {url}\n\nthree things to try:");
    let wide = hints.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
    for (what, command) in hints {
        text.push_str(&format!("\n  {what:wide$}  {command}"));
    }
    text.push_str("\n\nCtrl-C stops it, and what it runs.\n");
    text
}
