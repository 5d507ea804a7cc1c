//! Files of Prometheus, of its operator and of Alertmanager, which have shapes of their own.

use std::sync::Arc;

use serde_json::Value;

use super::Loader;
use super::routes::{From, Part};
use crate::book::Written;
use crate::operator;
use crate::origin::Origin;
use crate::prometheus::{self, Prometheus};
use crate::scalar::Period;
use crate::source::Spot;
use crate::walk::Walk;
use crate::yaml::{Kind, Node};

/// A file that has one of these is a `prometheus.yml`.
const PROMETHEUS: [&str; 11] = [
    "scrape_configs",
    "scrape_config_files",
    "global",
    "rule_files",
    "remote_write",
    "remote_read",
    "alerting",
    "storage",
    "runtime",
    "otlp",
    "tracing",
];

pub(super) fn is_prometheus(node: &Node) -> bool {
    PROMETHEUS.iter().any(|key| node.get(key).is_some())
}

/// An `alertmanager.yml` has routes; whoever forgot them has receivers.
pub(super) fn is_alertmanager(node: &Node) -> bool {
    ["route", "receivers"].iter().any(|key| node.get(key).is_some())
}

/// A file of targets for `file_sd_configs`: whoever discovers reads it, again and again.
pub(super) fn is_target_groups(node: &Node) -> bool {
    let Kind::List(items) = &node.kind else { return false };
    items.iter().all(|item| item.get("targets").is_some())
}

impl Loader<'_> {
    pub(super) fn operator(&mut self, kind: &str, kind_spot: &Spot, node: Node) {
        if kind == "AlertmanagerConfig" {
            return self.alertmanager_config(kind_spot, node);
        }
        let unit = operator::full_name(&node);
        if let Some(rules) = operator::read(kind, kind_spot, node, &mut self.findings) {
            self.rule_file(unit, rules.stringly_but(&super::RULE_NUMBERS));
        }
    }

    fn alertmanager_config(&mut self, kind_spot: &Spot, node: Node) {
        let name = operator::full_name(&node);
        let name_spot = node.get("metadata").map_or(kind_spot, |metadata| &metadata.spot).clone();
        let errors = self.findings.errors();
        let part = operator::alertmanager_config(kind_spot, &node, &mut self.findings);
        let texts = part.as_ref().map(|part| self.walked(part, self.schemas.route())).unwrap_or_default();
        let entered = self.enter(&format!("AlertmanagerConfig/{name}"), &name_spot, &node, Vec::new());
        match part.filter(|_| entered && self.findings.errors() == errors) {
            Some(node) => self.routes.push(Part { node, texts, order: 0, name, from: From::Operator }),
            None => self.routes_broken = true,
        }
    }

    pub(super) fn prometheus(&mut self, mut node: Node) {
        let Some((definition, origin)) = self.foreign("Prometheus", self.schemas.prometheus(), &mut node)
        else {
            return;
        };
        let file = self.read::<prometheus::File>(&node);
        self.prometheus.extend(file.map(|file| prometheus::Written { definition, origin, file }));
    }

    /// Checks it, and gives the small texts in it.
    fn walked(&mut self, node: &Node, schema: &Value) -> Vec<Written> {
        let mut walk = Walk { schemas: self.schemas, findings: &mut self.findings, texts: Vec::new() };
        walk.check(node, schema, &node.spot);
        walk.texts
    }

    /// A file as it is read where it comes from: what it is called in the book, and where it stands. None: that has
    /// errors.
    fn foreign(&mut self, kind: &str, schema: &Value, node: &mut Node) -> Option<(String, Origin)> {
        let errors = self.findings.errors();
        let text = self.book.sources[node.spot.file].text.clone();
        prometheus::lenient(node, schema, self.schemas, &text);
        let texts = self.walked(node, schema);
        let origin = self.origin(&node.spot);
        let definition = format!("{kind}/{}", origin.file);
        let clean = self.findings.errors() == errors;
        let entered = self.enter(&definition, &node.spot, node, texts);
        (entered && clean).then_some((definition, origin))
    }

    pub(super) fn alertmanager(&mut self, mut node: Node) {
        let schema = self.schemas.alertmanager();
        let Some((definition, origin)) = self.foreign("Alertmanager", schema, &mut node) else {
            self.routes_broken = true;
            return;
        };
        let texts = self.book.definitions[&definition].texts.clone();
        self.routes.push(Part { node, texts, order: 0, name: origin.file, from: From::File });
    }

    /// One `prometheus.yml` with the files of scrape configs that it names; those hold nothing else.
    pub(super) fn assemble(&mut self) {
        self.join_routes();
        let mut files = std::mem::take(&mut self.prometheus);
        let is_main = |written: &prometheus::Written| {
            let spots = &self.book.definitions[&written.definition].spots;
            PROMETHEUS.iter().skip(1).any(|key| spots.contains_key(&format!("/{key}")))
        };
        let at = files.iter().position(is_main).or((files.len() == 1).then_some(0));
        let Some(at) = at.filter(|at| *at < files.len()) else {
            for written in &files {
                let spot = self.book.definitions[&written.definition].spot("/scrape_configs").clone();
                let message = "these scrape configs belong to no prometheus.yml";
                self.findings
                    .error("conflict", &spot, message)
                    .hint("name the file under `scrape_config_files` of one, or keep one such file");
            }
            return;
        };
        for other in files.iter().skip(at + 1).filter(|written| is_main(written)) {
            let spot = self.book.definitions[&other.definition].spot("").clone();
            let first = self.book.definitions[&files[at].definition].spot("").clone();
            let related = self.findings.related(&first, "the first");
            let spot = Spot { file: spot.file, span: spot.span.start..spot.span.start + 1 };
            self.findings
                .error("duplicate", &spot, "there can be one prometheus.yml only")
                .hint("join them, or keep one outside of this directory")
                .relate(related);
        }
        let main = files.remove(at);
        let (prometheus, faults) = Prometheus::assemble(&main, &files);
        for fault in faults {
            let spot = self.book.definitions[&fault.definition].spot(&fault.pointer).clone();
            self.findings.error(fault.code, &spot, fault.message);
        }
        // What holds for all groups that say nothing else.
        if prometheus.rule_query_offset != Period::ZERO {
            for group in &mut self.catalog.rules {
                group.query_offset.get_or_insert(prometheus.rule_query_offset);
            }
        }
        let late = &mut self.catalog.instance.storage.out_of_order;
        *late = prometheus.storage.tsdb.out_of_order_time_window.max(*late);
        self.catalog.prometheus = Some(Arc::new(prometheus));
    }
}
