//! From files to a catalog: read, recognise, walk, build, check.

mod foreign;
mod policies;
mod routes;
mod templates;
mod tests_of_rules;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::alertmanager::AlertMatcher;
use crate::book::{Book, Entry, Written};
use crate::catalog::Catalog;
use crate::check;
use crate::dependencies::Dependencies;
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::expand;
use crate::instance::Instance;
use crate::intake;
use crate::maintenance::Maintenance;
use crate::operator;
use crate::origin::Origin;
use crate::policy::Policy;
use crate::prometheus;
use crate::rules::{Rule, RuleFile};
use crate::runbook::Runbook;
use crate::scenario::Scenario;
use crate::schema::{KINDS, Schemas};
use crate::service::Service;
use crate::source::{Findings, Source, Spot};
use crate::suggest;
use crate::team::Team;
use crate::template::Outside;
use crate::walk::Walk;
use crate::yaml::{self, Kind, Node};

/// Kinds that the design has and this version does not read.
const LATER: [&str; 13] = [
    "Objective",
    "SLO",
    "SLI",
    "Rollout",
    "Freeze",
    "Risk",
    "GameDay",
    "Review",
    "Practice",
    "Waiver",
    "Dashboard",
    "Group",
    "Component",
];

/// Files that have a shape of their own and are not read yet: the key that tells, and what they are.
const SHAPES: [(&str, &str); 2] =
    [("steady-state-hypothesis", "Chaos Toolkit experiments"), ("method", "Chaos Toolkit experiments")];

/// What is a number in a rule file; everything else is text, however it is written.
pub(crate) const RULE_NUMBERS: [&str; 2] = ["groups", "limit"];

/// Everything that the files say, and every finding. With errors among the findings the catalog is what could be
/// understood; it is for showing, not for acting on.
pub fn load(files: &[SourceFile]) -> (Catalog, Vec<Diagnostic>) {
    let mut files: Vec<&SourceFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let sources: Vec<Source> = files.iter().map(|file| Source::new(file)).collect();
    let template_files = templates::among(&sources);
    let schemas = Schemas::new();
    let mut loader = Loader {
        schemas: &schemas,
        findings: Findings { sources: sources.clone(), found: Vec::new() },
        book: Book { sources, definitions: BTreeMap::new() },
        catalog: Catalog { hash: hash(&files), ..Catalog::default() },
        has_instance: None,
        units: BTreeMap::new(),
        prometheus: Vec::new(),
        routes: Vec::new(),
        routes_broken: false,
        template_files,
        policies: BTreeMap::new(),
    };
    for file in (0..files.len()).filter(|file| !loader.template_files.contains(file)).collect::<Vec<_>>() {
        if files[file].text.trim().is_empty() {
            // It may still be being written, and what it held must not go out of force meanwhile.
            let spot = Spot { file, span: 0..0 };
            let found = loader.findings.error("empty", &spot, "this file is empty");
            found.hint = Some("take it away if nothing is meant to be in it".to_owned());
        }
        for document in yaml::documents(file, &mut loader.findings) {
            loader.document(document);
        }
    }
    loader.assemble();
    let Loader { mut catalog, book, mut findings, policies, .. } = loader;
    catalog.policies = policies::read(&policies, &book, &mut findings);
    catalog.book = Arc::new(book);
    catalog.outside = Arc::new(Outside {
        labels: catalog
            .prometheus
            .as_ref()
            .map(|prometheus| prometheus.external_labels.clone())
            .unwrap_or_default(),
        url: catalog.instance.url(),
    });
    let denied = catalog.instance.silences.deny.iter();
    catalog.denied = Arc::new(denied.filter_map(|matchers| AlertMatcher::list(matchers).ok()).collect());
    if catalog.instance.inhibit_by_dependency {
        catalog.dependencies = Arc::new(Dependencies::of(&catalog.services));
    }
    check::all(&catalog, &mut findings);
    (catalog, findings.finish())
}

/// SHA-256 over paths and texts, each with its length, so that no two sets of files read the same.
fn hash(files: &[&SourceFile]) -> String {
    let mut hasher = Sha256::new();
    for part in files.iter().flat_map(|file| [&file.path, &file.text]) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    crate::hex(&hasher.finalize())
}

struct Loader<'a> {
    schemas: &'a Schemas,
    findings: Findings,
    book: Book,
    catalog: Catalog,
    has_instance: Option<Spot>,
    /// Where the first rule group of each name stands.
    units: BTreeMap<String, String>,
    /// Each `prometheus.yml`, and each file of scrape configs.
    prometheus: Vec<prometheus::Written>,
    /// What says where alerts go.
    routes: Vec<routes::Part>,
    /// Some of that could not be read.
    routes_broken: bool,
    /// The files that an `alertmanager.yml` names under `templates`.
    template_files: BTreeSet<usize>,
    /// What each `Policy` says, by its name.
    policies: BTreeMap<String, String>,
}

impl Loader<'_> {
    fn document(&mut self, node: Node) {
        if node.get("kind").is_some() || node.get("apiVersion").is_some() {
            self.definition(node);
        } else if node.get("groups").is_some() {
            let file = self.book.sources[node.spot.file].path.to_string();
            self.rule_file(file, node.stringly_but(&RULE_NUMBERS));
        } else if tests_of_rules::is_rule_tests(&node) {
            self.rule_tests(node);
        } else if foreign::is_alertmanager(&node) {
            self.alertmanager(node);
        } else if SHAPES.iter().all(|(key, _)| node.get(key).is_none()) && foreign::is_prometheus(&node) {
            self.prometheus(node);
        } else if !foreign::is_target_groups(&node) {
            self.unrecognised(&node);
        }
    }

    fn unrecognised(&mut self, node: &Node) {
        let shape = SHAPES.iter().find(|(key, _)| node.get(key).is_some());
        let spot = Spot { file: node.spot.file, span: node.spot.span.start..node.spot.span.start + 1 };
        match shape {
            Some((_, what)) => self.findings.error("not-yet", &spot, format!("not yet: reading {what}")),
            None => self
                .findings
                .error("no-kind", &spot, "this is no definition: it has no `kind`")
                .hint("begin with `apiVersion: andon/v1` and `kind:`, or `groups:` for Prometheus rules"),
        };
    }

    fn definition(&mut self, mut node: Node) {
        let kind = node.get("kind").and_then(Node::text).unwrap_or_default().to_owned();
        let version = node.get("apiVersion").and_then(Node::text).unwrap_or("andon/v1");
        let kind_spot = node.get("kind").map_or_else(|| node.spot.clone(), |kind| kind.spot.clone());
        if version.starts_with(operator::GROUP) {
            let (kind, node) = (kind.clone(), node.clone());
            return self.operator(&kind, &kind_spot, node);
        }
        if !version.starts_with("andon/") {
            let message = format!("not yet: reading `{version}` definitions");
            let spot = node.get("apiVersion").map_or(kind_spot, |version| version.spot.clone());
            self.findings.error("not-yet", &spot, message);
            return;
        }
        if LATER.contains(&kind.as_str()) {
            self.findings.error("not-yet", &kind_spot, format!("not yet: the kind `{kind}`"));
            return;
        }
        let Some(schema) = self.schemas.document(&kind) else {
            let hint = suggest::hint(&kind, KINDS);
            self.findings.error("unknown-kind", &kind_spot, format!("no kind is called `{kind}`")).hint =
                hint;
            return;
        };
        if kind == "Scenario" {
            expand::scenario(&mut node, &mut self.findings);
        }
        let errors = self.findings.errors();
        let schemas = self.schemas;
        let mut walk = Walk { schemas, findings: &mut self.findings, texts: Vec::new() };
        walk.check(&node, schema, &node.spot);
        let texts = walk.texts;
        let clean = self.findings.errors() == errors;
        let named = name(&node);
        let entered = named
            .as_ref()
            .is_some_and(|(name, spot)| self.enter(&format!("{kind}/{name}"), spot, &node, texts));
        let Some((name, name_spot)) = named.filter(|_| entered && clean) else {
            self.routes_broken |= kind == "Route";
            return;
        };
        let origin = self.origin(&node.spot);
        match kind.as_str() {
            "Instance" => {
                if let Some(first) = self.has_instance.replace(name_spot.clone()) {
                    let related = self.findings.related(&first, "the first");
                    let finding =
                        self.findings.error("duplicate", &name_spot, "there can be one Instance only");
                    finding.relate(related);
                } else if let Some(instance) = self.build::<Instance>(&node) {
                    self.catalog.instance = Instance { name, origin, ..instance };
                }
            }
            "Team" => {
                let team = self.build::<Team>(&node).map(|team| Team { name: name.clone(), origin, ..team });
                self.catalog.teams.extend(team.map(|team| (name, team)));
            }
            "Service" => {
                let service = self.build::<Service>(&node).map(|service| Service {
                    name: name.clone(),
                    origin,
                    ..service
                });
                self.catalog.services.extend(service.map(|service| (name, service)));
            }
            "Source" => {
                let source = self.build::<intake::Source>(&node).map(|source| intake::Source {
                    name: name.clone(),
                    origin,
                    ..source
                });
                self.catalog.sources.extend(source.map(|source| (name, source)));
            }
            "Route" => self.route(name, &node),
            "Maintenance" => {
                let maintenance = self.build::<Maintenance>(&node).map(|maintenance| Maintenance {
                    name: name.clone(),
                    origin,
                    ..maintenance
                });
                self.catalog.maintenance.extend(maintenance.map(|maintenance| (name, maintenance)));
            }
            "Runbook" => {
                let runbook = self.build::<Runbook>(&node).map(|runbook| Runbook {
                    name: name.clone(),
                    origin,
                    ..runbook
                });
                self.catalog.runbooks.extend(runbook.map(|runbook| (name, runbook)));
            }
            "Policy" => {
                let policy = self.build::<Policy>(&node);
                self.policies.extend(policy.map(|policy| (name, policy.cedar.0)));
            }
            "Scenario" => {
                let scenario = self.build::<Scenario>(&node).map(|scenario| Scenario {
                    name: name.clone(),
                    origin,
                    ..scenario
                });
                self.catalog.scenarios.extend(scenario.map(|scenario| (name, scenario)));
            }
            _ => unreachable!("each kind with a schema is built"),
        }
    }

    /// `unit` is what Prometheus would read as one file: the file, or an object of its operator.
    fn rule_file(&mut self, unit: String, node: Node) {
        let errors = self.findings.errors();
        let schemas = self.schemas;
        let mut walk = Walk { schemas, findings: &mut self.findings, texts: Vec::new() };
        walk.check(&node, schemas.rule_file(), &node.spot);
        let texts = walk.texts;
        let clean = self.findings.errors() == errors;
        let groups = match node.get("groups").map(|groups| &groups.kind) {
            Some(Kind::List(groups)) => groups.as_slice(),
            _ => return,
        };
        let mut entered = Vec::new();
        for group in groups {
            let Some(name) = group.get("name") else { continue };
            let inside = |written: &&Written| group.spot.span.contains(&written.spot.span.start);
            let texts = texts.iter().filter(inside).cloned().collect();
            let qualified = self.qualified(&unit, name);
            let full_name = qualified.as_deref().or(name.text()).unwrap_or("");
            let key = format!("RuleGroup/{full_name}");
            entered.push(self.enter(&key, &name.spot, group, texts).then_some(qualified));
        }
        if !clean {
            return;
        }
        let Some(file) = self.read::<RuleFile>(&node) else { return };
        for ((mut group, written), entered) in file.groups.into_iter().zip(groups).zip(entered) {
            let Some(qualified) = entered else { continue };
            group.qualified = qualified;
            group.origin = self.origin(&written.spot);
            let Some(Kind::List(rules)) = written.get("rules").map(|rules| &rules.kind) else {
                self.catalog.rules.push(group);
                continue;
            };
            for (rule, node) in group.rules.iter_mut().zip(rules) {
                let origin = self.origin(&node.spot);
                match rule {
                    Rule::Alerting(rule) => rule.origin = origin,
                    Rule::Recording(rule) => rule.origin = origin,
                }
            }
            self.catalog.rules.push(group);
        }
    }

    /// A group is known by its file and its name, and the first of a name by the name alone.
    fn qualified(&mut self, unit: &str, name: &Node) -> Option<String> {
        let text = name.text().unwrap_or("");
        match self.units.get(text) {
            Some(first) if first != unit => Some(format!("{unit};{text}")),
            Some(_) => None,
            None => {
                self.units.insert(text.to_owned(), unit.to_owned());
                None
            }
        }
    }

    /// Writes a definition into the book; a second one of the same name is a finding and stays out.
    fn enter(&mut self, key: &str, name_spot: &Spot, node: &Node, texts: Vec<Written>) -> bool {
        if let Some(first) = self.book.definitions.get(key) {
            let pointer = if key.starts_with("RuleGroup/") { "/name" } else { "/metadata/name" };
            let related = self.findings.related(first.spot(pointer), "first here");
            let (kind, name) = key.split_once('/').expect("a key has a kind");
            let message = format!("two definitions are called {kind} `{name}`");
            self.findings.error("duplicate", name_spot, message).hint("rename one of them").relate(related);
            return false;
        }
        self.book.definitions.insert(key.to_owned(), Entry::new(node, texts));
        true
    }

    fn build<T: DeserializeOwned>(&mut self, document: &Node) -> Option<T> {
        self.read(document.get("spec")?)
    }

    /// The walk has checked what is built here; what it let through and the type refuses is still a finding.
    fn read<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        match serde_json::from_value(node.value()) {
            Ok(built) => Some(built),
            Err(error) => {
                let start = node.spot.span.start;
                let spot = Spot { file: node.spot.file, span: start..start + 1 };
                self.findings.error("wrong-value", &spot, format!("this cannot be read: {error}"));
                None
            }
        }
    }

    fn origin(&self, spot: &Spot) -> Origin {
        let source = &self.book.sources[spot.file];
        Origin { file: source.path.to_string(), line: source.line(spot.span.start) }
    }
}

fn name(node: &Node) -> Option<(String, Spot)> {
    let name = node.get("metadata")?.get("name")?;
    Some((name.text()?.to_owned(), name.spot.clone()))
}
