//! YAML 1.2 as a tree in which every node knows where it stands.
//!
//! The documents of a file are parsed apart, so that one broken document costs one finding and the others still load.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Number, Value};
use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle};

use crate::source::{Findings, Spot};

/// Deeper than this is an error: nothing that people write is.
const DEPTH_MAX: usize = 64;
/// More nodes than this in one document are an error; what aliases repeat counts each time.
const NODES_MAX: usize = 200_000;
/// A larger file is an error.
pub(crate) const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A node of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub kind: Kind,
    pub spot: Spot,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_spot: Spot,
    pub value: Node,
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What was there under a key, which it no longer has.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let Kind::Map(entries) = &mut self.kind else { return None };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at).value)
    }

    /// The items of the list under a key; none where there is no such list.
    pub fn items(&self, key: &str) -> &[Node] {
        match self.get(key).map(|list| &list.kind) {
            Some(Kind::List(items)) => items,
            _ => &[],
        }
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Kind::Map(entries) = &mut self.kind else { return None };
        entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// The list under a key of this mapping; an empty one is made where there is none.
    pub fn list_mut(&mut self, key: &str) -> &mut Vec<Node> {
        let spot = self.spot.clone();
        let Kind::Map(entries) = &mut self.kind else { panic!("only a mapping has lists under keys") };
        let is_there = |entry: &Entry| entry.key == key && matches!(entry.value.kind, Kind::List(_));
        let at = entries.iter().position(is_there).unwrap_or_else(|| {
            entries.retain(|entry| entry.key != key);
            let value = Node { kind: Kind::List(Vec::new()), spot: spot.clone() };
            entries.push(Entry { key: key.to_owned(), key_spot: spot, value });
            entries.len() - 1
        });
        let Kind::List(items) = &mut entries[at].value.kind else { unreachable!("it is one") };
        items
    }

    pub fn items_mut(&mut self, key: &str) -> &mut [Node] {
        let Kind::Map(entries) = &mut self.kind else { return &mut [] };
        match entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value.kind) {
            Some(Kind::List(items)) => items,
            _ => &mut [],
        }
    }

    /// What it is, for a person.
    pub fn name(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(truth) => format!("{truth}"),
            Kind::Number(number) => format!("the number {number}"),
            Kind::Text(_) => "text".to_owned(),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }

    pub fn value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(truth) => Value::Bool(*truth),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Node::value).collect(),
            Kind::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// Every scalar as text, but for those at the end of one path of keys: what Prometheus reads where it wants text.
    pub fn stringly_but(mut self, path: &[&str]) -> Node {
        let (next, rest) = path.split_first().map_or(("", path), |(next, rest)| (*next, rest));
        self.kind = match self.kind {
            Kind::List(items) => Kind::List(items.into_iter().map(|item| item.stringly_but(path)).collect()),
            Kind::Map(entries) => {
                let converted = |entry: Entry| match entry.key.as_str() == next {
                    true if rest.is_empty() => entry,
                    true => Entry { value: entry.value.stringly_but(rest), ..entry },
                    false => Entry { value: entry.value.stringly(), ..entry },
                };
                Kind::Map(entries.into_iter().map(converted).collect())
            }
            _ => return self.stringly(),
        };
        self
    }

    /// Every scalar as text.
    pub fn stringly(mut self) -> Node {
        self.kind = match self.kind {
            Kind::Bool(truth) => Kind::Text(truth.to_string()),
            Kind::Number(number) => Kind::Text(number.to_string()),
            Kind::List(items) => Kind::List(items.into_iter().map(Node::stringly).collect()),
            Kind::Map(entries) => Kind::Map(
                entries.into_iter().map(|entry| Entry { value: entry.value.stringly(), ..entry }).collect(),
            ),
            other => other,
        };
        self
    }
}

/// The documents of a file; empty ones are left out. Findings say what could not be read.
pub(crate) fn documents(file: usize, findings: &mut Findings) -> Vec<Node> {
    let text = findings.sources[file].text.clone();
    if text.len() > FILE_BYTES_MAX {
        let message =
            format!("this file is too large: {} bytes, at most {FILE_BYTES_MAX} are read", text.len());
        findings
            .error("too-large", &Spot { file, span: 0..0 }, message)
            .hint("split it, or move data out of it");
        return Vec::new();
    }
    let mut found = Vec::new();
    for range in document_ranges(&text) {
        let mut tree =
            Tree { file, base: range.start, text: &text[range], nodes: 0, anchors: BTreeMap::new() };
        match tree.document(findings) {
            Ok(node) => found.extend(node),
            Err(flaw) => {
                findings.error("yaml", &Spot { file, span: flaw.span }, flaw.message).hint = flaw.hint;
            }
        }
    }
    found
}

/// `---` at the start of a line always begins a document: nothing in YAML may contain it there. One that follows
/// directives ends those, and they belong to what it begins.
fn document_ranges(text: &str) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        let begun = *starts.last().expect("the first begins at 0");
        if at > 0
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r', '\t']))
            && !is_directives(&text[begun..at])
        {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Nothing but directives such as `%YAML 1.2`, and comments around them.
fn is_directives(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
    text.contains('%')
        && lines.clone().any(|line| line.starts_with('%'))
        && lines.all(|line| line.starts_with(['%', '#']))
}

struct Flaw {
    span: Range<usize>,
    message: String,
    hint: Option<String>,
}

struct Tree<'a> {
    file: usize,
    /// Where this document begins in the file.
    base: usize,
    text: &'a str,
    nodes: usize,
    anchors: BTreeMap<usize, Node>,
}

/// A collection that is still open.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<(String, Spot)>,
}

impl Tree<'_> {
    fn document(&mut self, findings: &mut Findings) -> Result<Option<Node>, Flaw> {
        let options = granit_parser::options! { emit_comments: false };
        let text = self.text;
        let mut open: Vec<Open> = Vec::new();
        let mut root = None;
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, span) = next.map_err(|error| self.broken(&error))?;
            let span = span.byte_range().map_or(self.base..self.base, |range| self.shift(range));
            let spot = Spot { file: self.file, span };
            let (node, anchor) = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let as_text = style != ScalarStyle::Plain
                        || tag.as_ref().is_some_and(|tag| tag.to_string().ends_with("str"));
                    let kind = if as_text { Kind::Text(text.into_owned()) } else { plain(&text) };
                    let end = self.trimmed_end(&spot, spot.span.end);
                    (Node { kind, spot: Spot { span: spot.span.start..end, ..spot } }, anchor)
                }
                Event::Alias(id) => {
                    let mut node = self.anchors.get(&id).cloned().ok_or_else(|| Flaw {
                        span: spot.span.clone(),
                        message: "an alias may not stand inside what it names".to_owned(),
                        hint: None,
                    })?;
                    self.nodes += count(&node);
                    node.spot = spot;
                    (node, 0)
                }
                Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                    if open.len() >= DEPTH_MAX {
                        return Err(Flaw {
                            span: spot.span,
                            message: format!("nested too deeply: more than {DEPTH_MAX} levels"),
                            hint: None,
                        });
                    }
                    let list = matches!(event, Event::SequenceStart(..));
                    let kind = if list { Kind::List(Vec::new()) } else { Kind::Map(Vec::new()) };
                    open.push(Open { node: Node { kind, spot }, anchor, key: None });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let mut closed = open.pop().expect("the parser balances its events");
                    closed.node.spot.span.end = self.trimmed_end(&closed.node.spot, spot.span.end);
                    (closed.node, closed.anchor)
                }
                _ => continue,
            };
            self.nodes += 1;
            if self.nodes > NODES_MAX {
                return Err(Flaw {
                    span: node.spot.span,
                    message: format!("this document is too large: more than {NODES_MAX} values"),
                    hint: Some("aliases count each time they are used".to_owned()),
                });
            }
            if anchor != 0 {
                self.anchors.insert(anchor, node.clone());
            }
            match open.last_mut() {
                Some(parent) => attach(parent, node, findings)?,
                None => root = Some(node),
            }
        }
        Ok(root.filter(|node| !matches!(node.kind, Kind::Null)))
    }

    fn shift(&self, range: Range<usize>) -> Range<usize> {
        self.base + range.start..self.base + range.end
    }

    /// A block collection ends where the next thing begins; for people it ends with its last character.
    fn trimmed_end(&self, spot: &Spot, end: usize) -> usize {
        let end = end.max(spot.span.start);
        let inner = &self.text[spot.span.start - self.base..end - self.base];
        spot.span.start + inner.trim_end().len()
    }

    fn broken(&self, error: &granit_parser::ScanError) -> Flaw {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let rest = &self.text[at..];
        let length = rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        let hint = match () {
            () if rest.starts_with('\t') || self.text[..at].ends_with('\t') => {
                Some("indent with spaces: YAML has no tabs there".to_owned())
            }
            () => None,
        };
        Flaw { span: self.shift(at..at + length), message: format!("broken YAML: {}", error.info()), hint }
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::List(items) => items.iter().map(count).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| count(&entry.value)).sum(),
        _ => 0,
    }
}

fn attach(parent: &mut Open, node: Node, findings: &mut Findings) -> Result<(), Flaw> {
    match (&mut parent.node.kind, parent.key.take()) {
        (Kind::List(items), _) => items.push(node),
        (Kind::Map(entries), Some((key, key_spot))) => {
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let related = findings.related(&first.key_spot, "first here");
                findings
                    .error("duplicate-key", &key_spot, format!("`{key}` is here twice"))
                    .hint("keep one of them")
                    .relate(related);
            } else {
                entries.push(Entry { key, key_spot, value: node });
            }
        }
        (Kind::Map(_), None) => {
            let key = match node.kind {
                Kind::Text(text) => text,
                Kind::Number(number) => number.to_string(),
                Kind::Bool(truth) => truth.to_string(),
                _ => {
                    return Err(Flaw {
                        span: node.spot.span,
                        message: "a key must be text".to_owned(),
                        hint: Some("a template such as ${{ x }} needs quotes around it".to_owned()),
                    });
                }
            };
            parent.key = Some((key, node.spot));
        }
        _ => unreachable!("only lists and maps are open"),
    }
    Ok(())
}

/// YAML 1.2's core schema: `yes`, `on` and `off` are text.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Kind::Text(text.to_owned());
    }
    let radix = |prefix, radix| {
        text.strip_prefix(prefix).and_then(|digits| i64::from_str_radix(digits, radix).ok()).map(Number::from)
    };
    let number = (radix("0x", 16).or_else(|| radix("0o", 8)))
        .or_else(|| text.parse::<i64>().ok().map(Number::from))
        .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    number.map_or_else(|| Kind::Text(text.to_owned()), Kind::Number)
}
