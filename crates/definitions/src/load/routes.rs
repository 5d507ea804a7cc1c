//! From an `alertmanager.yml`, the `Route`s and the operator's `AlertmanagerConfig`s to one tree of routes.
//!
//! They are joined as they are written, each part keeping its place, and then read as one file.

use std::sync::Arc;

use super::Loader;
use crate::alertmanager::{self, Alertmanager};
use crate::book::{Entry, Written};
use crate::source::Spot;
use crate::yaml::{self, Kind, Node};

/// What all parts together are called in the book.
const WHOLE: &str = "Alertmanager/";
/// The receiver of the root that nobody wrote.
const NOBODY: &str = "nobody";
/// What every part may bring.
const LISTS: [&str; 3] = ["inhibit_rules", "receivers", "time_intervals"];
/// What stands beside the root alone.
const OF_ROOT: [&str; 2] = ["global", "templates"];

/// Something that was said of routes, in the words of an `alertmanager.yml`.
pub(super) struct Part {
    pub node: Node,
    pub texts: Vec<Written>,
    pub order: i64,
    pub name: String,
    pub from: From,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    File,
    Route,
    /// It is never the root: it holds for a namespace.
    Operator,
}

impl Part {
    /// Every alert comes through it.
    fn is_root(&self) -> bool {
        let has = |key| self.node.get("route").is_some_and(|route| route.get(key).is_some());
        match self.from {
            From::File => true,
            From::Route => {
                self.node.get("route").is_some()
                    && !["matchers", "match", "match_re"].iter().any(|key| has(key))
            }
            From::Operator => false,
        }
    }
}

impl Loader<'_> {
    pub(super) fn route(&mut self, name: String, document: &Node) {
        let Some(mut node) = document.get("spec").cloned() else { return };
        let order = node.remove("order").and_then(|order| order.value().as_i64()).unwrap_or_default();
        let texts = self.book.definitions[&format!("Route/{name}")].texts.clone();
        self.routes.push(Part { node, texts, order, name, from: From::Route });
    }

    /// Nothing is made of parts one of which could not be read: others may rest on it.
    pub(super) fn join_routes(&mut self) {
        let mut parts = std::mem::take(&mut self.routes);
        let is_root = parts.iter().position(Part::is_root);
        let root = is_root.map(|at| parts.remove(at));
        if let Some(root) = &root {
            parts.iter().filter(|part| part.is_root()).for_each(|second| self.second_root(root, second));
        }
        parts.retain(|part| !part.is_root());
        parts.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
        if self.routes_broken {
            return;
        }
        let Some(root) = root.or_else(|| parts.first().map(|first| implied(&first.node.spot))) else {
            return;
        };
        let (mut root, mut parts) = (root, parts);
        parts.iter_mut().chain([&mut root]).for_each(|part| self.reroot_paths(part));
        for part in &parts {
            for key in OF_ROOT {
                if let Some(here) = part.node.get(key) {
                    let message = format!("`{key}` holds for all routes");
                    self.findings
                        .error("conflict", &here.spot, message)
                        .hint("say it beside the route that has no matchers");
                }
            }
        }
        self.read_routes(joined(root, parts));
    }

    /// A part names files relative to its own; what all parts are joined to has only the directory of the definitions.
    fn reroot_paths(&self, part: &mut Part) {
        let file = &self.book.sources[part.node.spot.file].path;
        // What Kubernetes keeps is looked for in one place, wherever the object lies.
        if let (Some((directory, _)), true) = (file.rsplit_once('/'), part.from != From::Operator) {
            let directory = directory.to_owned();
            alertmanager::rewrite_paths(&mut part.node, &|path| format!("{directory}/{path}"));
        }
    }

    fn second_root(&mut self, root: &Part, second: &Part) {
        let start =
            |node: &Node| Spot { file: node.spot.file, span: node.spot.span.start..node.spot.span.start + 1 };
        let first = self.findings.related(&start(&root.node), "the first");
        let (message, hint) = match (root.from, second.from) {
            (From::File, From::File) => (
                "there can be one alertmanager.yml only".to_owned(),
                "keep one, or keep the other outside of this directory",
            ),
            _ => ("two routes say what becomes of every alert".to_owned(), "give one of them `matchers`"),
        };
        self.findings.error("duplicate", &start(&second.node), message).hint(hint).relate(first);
    }

    fn read_routes(&mut self, (node, texts): (Node, Vec<Written>)) {
        let origin = self.origin(&node.spot);
        self.book.definitions.insert(WHOLE.to_owned(), Entry::new(&node, texts));
        let Some(file) = self.read::<alertmanager::File>(&node) else { return };
        let written = alertmanager::Written { definition: WHOLE.to_owned(), origin, file };
        let templates = self.templates(&written);
        let entry = &self.book.definitions[WHOLE];
        let (alertmanager, faults) =
            Alertmanager::assemble(&written, templates, |pointer| self.origin(entry.spot(pointer)));
        for fault in faults {
            let spot = self.book.definitions[WHOLE].spot(&fault.pointer).clone();
            self.findings.error(fault.code, &spot, fault.message);
        }
        self.catalog.alertmanager = Some(Arc::new(alertmanager));
    }
}

/// The root that leads nowhere: it stands for those who only say what becomes of their own alerts.
fn implied(spot: &Spot) -> Part {
    let node = |kind| Node { kind, spot: spot.clone() };
    let entry = |key: &str, value| yaml::Entry { key: key.to_owned(), key_spot: spot.clone(), value };
    let name = || node(Kind::Text(NOBODY.to_owned()));
    let receiver = node(Kind::Map(vec![entry("name", name())]));
    let route = node(Kind::Map(vec![entry("receiver", name())]));
    let all = vec![entry("route", route), entry("receivers", node(Kind::List(vec![receiver])))];
    Part { node: node(Kind::Map(all)), texts: Vec::new(), order: 0, name: String::new(), from: From::Route }
}

/// The branches of others come before the root's own, as the operator has it: a root often ends with one that takes
/// all the rest.
fn joined(root: Part, parts: Vec<Part>) -> (Node, Vec<Written>) {
    let Part { mut node, mut texts, .. } = root;
    let mut branches = Vec::new();
    for mut part in parts {
        branches.extend(part.node.remove("route"));
        for key in LISTS {
            if let Some(Node { kind: Kind::List(items), .. }) = part.node.remove(key) {
                node.list_mut(key).extend(items);
            }
        }
        texts.extend(part.texts);
    }
    if let Some(route) = node.get_mut("route")
        && !branches.is_empty()
    {
        route.list_mut("routes").splice(0..0, branches);
    }
    (node, texts)
}
