//! An `alertmanager.yml` as `Route`s: the root, and a part for each branch below it with what only that one uses.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::rewrite;
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::load::load;
use crate::prometheus;
use crate::schema::Schemas;
use crate::source::{Findings, Source};
use crate::yaml::{self, Entry, Kind, Node};

/// Between the branches there is room for those that come later.
const ORDER_STEP: i64 = 10;

/// Files that say the same, the root first, each called `NAME.yaml`. `moved` says how a relative path, or a pattern
/// under `templates`, is written from where they will lie. What is wrong with the file is found first: it is the first
/// of `files`, and the others are the templates that it names.
pub fn split(
    files: &[SourceFile],
    moved: impl Fn(&str) -> String,
) -> Result<Vec<SourceFile>, Vec<Diagnostic>> {
    let Some(file) = files.first() else { return Ok(Vec::new()) };
    let (catalog, found) = load(files);
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    if catalog.alertmanager.is_none() {
        return Ok(Vec::new());
    }
    let sources = vec![Source::new(file)];
    let mut findings = Findings { sources, found: Vec::new() };
    let schemas = Schemas::new();
    let Some(mut root) = yaml::documents(0, &mut findings).into_iter().next() else { return Ok(Vec::new()) };
    prometheus::lenient(&mut root, schemas.alertmanager(), &schemas, &file.text);
    let older: Vec<Node> = root.remove("mute_time_intervals").into_iter().flat_map(into_items).collect();
    if !older.is_empty() {
        root.list_mut("time_intervals").extend(older);
    }
    for pattern in root.items_mut("templates") {
        if let Kind::Text(text) = &mut pattern.kind {
            *text = moved(text);
        }
    }
    rewrite(&mut root, &moved);
    let branches = root.get_mut("route").and_then(|route| route.remove("routes")).map(into_items);
    let mut branches: Vec<Branch> = branches.unwrap_or_default().into_iter().map(Branch::new).collect();
    let of_root = root.get("route").map(Names::of).unwrap_or_default();
    give(&mut root, &of_root, &mut branches);

    let mut taken = BTreeSet::from(["everything".to_owned()]);
    let mut files = vec![document("everything", None, root)];
    for (branch, number) in branches.into_iter().zip(1..) {
        let name = free_name(&branch.node, &mut taken);
        files.push(document(&name, Some(ORDER_STEP * number), branch.into_spec()));
    }
    Ok(files)
}

/// A route right below the root, and what goes along with it.
struct Branch {
    node: Node,
    names: Names,
    receivers: Vec<Node>,
    intervals: Vec<Node>,
}

/// What a route and those below it name.
#[derive(Default)]
struct Names {
    receivers: BTreeSet<String>,
    intervals: BTreeSet<String>,
}

impl Names {
    fn of(route: &Node) -> Names {
        let mut names = Names::default();
        names.collect(route);
        names
    }

    fn collect(&mut self, route: &Node) {
        self.receivers.extend(route.get("receiver").and_then(Node::text).map(str::to_owned));
        for list in ["mute_time_intervals", "active_time_intervals"] {
            self.intervals.extend(route.items(list).iter().filter_map(Node::text).map(str::to_owned));
        }
        route.items("routes").iter().for_each(|below| self.collect(below));
    }
}

impl Branch {
    fn new(mut node: Node) -> Branch {
        // One without matchers would be a second root.
        if !["matchers", "match", "match_re"].iter().any(|key| node.get(key).is_some()) {
            node.list_mut("matchers");
        }
        Branch { names: Names::of(&node), node, receivers: Vec::new(), intervals: Vec::new() }
    }

    fn into_spec(self) -> Node {
        let spot = self.node.spot.clone();
        let mut spec = Node { kind: Kind::Map(Vec::new()), spot };
        let Kind::Map(entries) = &mut spec.kind else { unreachable!("it is a mapping") };
        entries.push(Entry { key: "route".to_owned(), key_spot: spec.spot.clone(), value: self.node });
        for (key, items) in [("receivers", self.receivers), ("time_intervals", self.intervals)] {
            if !items.is_empty() {
                spec.list_mut(key).extend(items);
            }
        }
        spec
    }
}

/// What only one branch names goes with it.
fn give(root: &mut Node, of_root: &Names, branches: &mut [Branch]) {
    for receiver in take(root, "receivers", &of_root.receivers, branches, |branch| &branch.names.receivers) {
        branches[receiver.0].receivers.push(receiver.1);
    }
    for interval in
        take(root, "time_intervals", &of_root.intervals, branches, |branch| &branch.names.intervals)
    {
        branches[interval.0].intervals.push(interval.1);
    }
}

/// The items of a list that only one branch names, each with which.
fn take(
    root: &mut Node,
    list: &str,
    of_root: &BTreeSet<String>,
    branches: &[Branch],
    names: impl Fn(&Branch) -> &BTreeSet<String>,
) -> Vec<(usize, Node)> {
    if root.get(list).is_none() {
        return Vec::new();
    }
    let mut users = BTreeMap::<&str, Vec<usize>>::new();
    for (at, branch) in branches.iter().enumerate() {
        names(branch).iter().for_each(|name| users.entry(name).or_default().push(at));
    }
    let items = root.list_mut(list);
    let mut given = Vec::new();
    for item in std::mem::take(items) {
        let name = item.get("name").and_then(Node::text).unwrap_or_default();
        match users.get(name).map(Vec::as_slice) {
            Some([only]) if !of_root.contains(name) => given.push((*only, item)),
            _ => items.push(item),
        }
    }
    if items.is_empty() {
        root.remove(list);
    }
    given
}

/// After its receiver, which says best whose alerts these are.
fn free_name(route: &Node, taken: &mut BTreeSet<String>) -> String {
    let receiver = route.get("receiver").and_then(Node::text).filter(|name| !name.is_empty());
    let mut name: String = receiver
        .unwrap_or("route")
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_lowercase() || letter.is_ascii_digit() { letter } else { '-' })
        .take(48)
        .collect();
    name = name.trim_matches('-').to_owned();
    if name.is_empty() {
        name.push_str("route");
    }
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}-{number}");
        number += 1;
    }
    free
}

fn document(name: &str, order: Option<i64>, spec: Node) -> SourceFile {
    let order = order.map(|order| format!("  order: {order}\n")).unwrap_or_default();
    let written = serde_saphyr::to_string(&spec.value()).unwrap_or_else(|error| unreachable!("{error}"));
    let spec: String = written
        .lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") })
        .collect();
    let text =
        format!("apiVersion: andon/v1\nkind: Route\nmetadata: {{ name: \"{name}\" }}\nspec:\n{order}{spec}");
    SourceFile { path: format!("{name}.yaml"), text }
}

fn into_items(node: Node) -> Vec<Node> {
    match node.kind {
        Kind::List(items) => items,
        _ => Vec::new(),
    }
}
