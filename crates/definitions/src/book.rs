//! Where everything stands: each part of each definition, and the small texts in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Location};
use crate::diagnostic::{Diagnostic, Severity};
use crate::origin::Origin;
use crate::query;
use crate::rules::Rule;
use crate::source::{Findings, Source, Spot};
use crate::suggest;
use crate::yaml::{Kind, Node};

/// The index of a catalog's files.
#[derive(Clone, Default, Debug)]
pub(crate) struct Book {
    pub sources: Vec<Source>,
    /// By `Kind/name`.
    pub definitions: BTreeMap<String, Entry>,
}

/// One definition.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// By JSON pointer.
    pub spots: BTreeMap<String, Spot>,
    pub texts: Vec<Written>,
}

/// A small text that has a format, such as a query.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub format: String,
    pub text: String,
    pub spot: Spot,
}

impl Entry {
    pub fn new(node: &Node, texts: Vec<Written>) -> Self {
        let mut spots = BTreeMap::new();
        collect(node, String::new(), &mut spots);
        Entry { spots, texts }
    }

    /// The place of a part, else of the closest part around it.
    pub fn spot(&self, pointer: &str) -> &Spot {
        let mut pointer = pointer;
        loop {
            match (self.spots.get(pointer), pointer.rfind('/')) {
                (Some(spot), _) => return spot,
                (None, Some(cut)) => pointer = &pointer[..cut],
                (None, None) => unreachable!("the whole definition has a place"),
            }
        }
    }
}

fn collect(node: &Node, pointer: String, spots: &mut BTreeMap<String, Spot>) {
    match &node.kind {
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{at}"), spots);
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                collect(&entry.value, format!("{pointer}/{}", escape(&entry.key)), spots);
            }
        }
        _ => {}
    }
    spots.insert(pointer, node.spot.clone());
}

/// A key as a part of a JSON pointer (RFC 6901).
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl Catalog {
    /// Where a part of a definition stands: `locate("Team/payments", "/spec/escalation/1/after")`. A rule group is
    /// what [`RuleGroup::definition`](crate::RuleGroup::definition) says, with pointers from the group itself. What is not written down is located by the closest
    /// part around it.
    pub fn locate(&self, definition: &str, pointer: &str) -> Option<Location> {
        let spot = self.book.definitions.get(definition)?.spot(pointer);
        Some(self.book.sources[spot.file].location(spot.span.start))
    }

    /// What somebody found who looked at what a definition names, such as a file. None: nobody wrote the definition.
    pub fn finding(
        &self,
        severity: Severity,
        code: &str,
        (definition, pointer): (&str, &str),
        message: String,
    ) -> Option<Diagnostic> {
        let spot = self.book.definitions.get(definition)?.spot(pointer);
        let mut findings = Findings { sources: self.book.sources.clone(), found: Vec::new() };
        match severity {
            Severity::Error => findings.error(code, spot, message),
            Severity::Warning => findings.warning(code, spot, message),
        };
        findings.found.pop()
    }

    /// Every metric that a definition names outright, and where.
    pub fn metric_names_read(&self) -> BTreeMap<String, Vec<Origin>> {
        let mut read: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        for (name, spot) in self.metrics_with_spots() {
            let source = &self.book.sources[spot.file];
            let origin = Origin { file: source.path.to_string(), line: source.line(spot.span.start) };
            read.entry(name).or_default().push(origin);
        }
        read
    }

    fn metrics_with_spots(&self) -> Vec<(String, &Spot)> {
        let texts = self.book.definitions.values().flat_map(|entry| &entry.texts);
        texts
            .filter(|written| written.format == "andon-promql")
            .flat_map(|written| {
                query::metric_names(&written.text).into_iter().map(|name| (name, &written.spot))
            })
            .collect()
    }
}

/// A warning for each query that reads a metric which neither is known nor is recorded by a rule.
pub fn check_metrics(catalog: &Catalog, known: &BTreeSet<String>) -> Vec<Diagnostic> {
    let rules = catalog.rules.iter().flat_map(|group| &group.rules);
    let recorded = rules.filter_map(|rule| match rule {
        Rule::Recording(rule) => Some(rule.record.as_str()),
        Rule::Alerting(_) => None,
    });
    let names: BTreeSet<&str> = known.iter().map(String::as_str).chain(recorded).collect();
    let mut findings = Findings { sources: catalog.book.sources.clone(), found: Vec::new() };
    for (name, spot) in catalog.metrics_with_spots() {
        if !names.contains(name.as_str()) {
            let source = &findings.sources[spot.file].text;
            let written = source.get(spot.span.clone()).unwrap_or("");
            let at = written.find(&name).map_or(spot.span.start, |at| spot.span.start + at);
            let spot = Spot { file: spot.file, span: at..at + name.len() };
            let hint = suggest::closest(&name, names.iter().copied());
            let finding =
                findings.warning("unknown-metric", &spot, format!("nothing scraped is called `{name}`"));
            finding.hint = hint.map(|hint| format!("did you mean `{hint}`?"));
        }
    }
    findings.finish()
}
