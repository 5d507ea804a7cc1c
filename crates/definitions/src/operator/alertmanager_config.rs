//! `AlertmanagerConfig`: the routes of a namespace, in the words of an `alertmanager.yml`.
//!
//! As the operator does it: its names get the object's before them, its first route and its inhibitions hold for the
//! alerts of its namespace alone, and an alert goes on from it to the routes of others. What is a key of a Secret there
//! is a file here: `secrets/NAME/KEY` in the directory of the definitions, as a volume of that Secret would hold it.

use andon_vocabulary::MatchOp;

use crate::alertmanager::AlertMatcher;
use crate::source::{Findings, Spot};
use crate::yaml::{Entry, Kind, Node};

/// What the name of a key becomes where the rule for the others would not do.
const RENAMED: [(&str, &str); 5] = [
    ("pagerDutyImageConfigs", "images"),
    ("pagerDutyLinkConfigs", "links"),
    ("urlSecret", "url"),
    ("keySecret", "key"),
    ("bearerTokenSecret", "bearer_token"),
];
/// Lists of keys and values that are mappings in an `alertmanager.yml`.
const PAIRS: [&str; 3] = ["details", "headers", "custom_fields"];

/// What it says, as the spec of a `Route`.
pub(crate) fn alertmanager_config(kind_spot: &Spot, node: &Node, findings: &mut Findings) -> Option<Node> {
    let Some(mut spec) = node.get("spec").cloned() else {
        findings
            .error("missing-key", kind_spot, "`spec` is missing")
            .hint("`spec:` holds `route` and `receivers`");
        return None;
    };
    let namespace = node.get("metadata").and_then(|metadata| metadata.get("namespace")).and_then(Node::text);
    if namespace.is_none() {
        let message =
            "`metadata.namespace` is missing: these routes are asked about the alerts of every namespace";
        findings.warning("no-value", kind_spot, message).hint("say the namespace that it is applied to");
    }
    let mut reader = Reader { prefix: format!("{}/", super::full_name(node)), namespace, findings };
    in_small_letters(&mut spec);
    reader.secrets(&mut spec);
    without_nulls(&mut spec);
    if let Some(route) = spec.get_mut("route") {
        reader.route(route);
        reader.confine(route, "matchers");
        set(route, "continue", Kind::Bool(true));
    }
    for receiver in spec.items_mut("receivers") {
        reader.prefixed(receiver.get_mut("name"));
        receiver_of(receiver);
    }
    rename(&mut spec, "mute_time_intervals", "time_intervals");
    for named in spec.items_mut("time_intervals") {
        reader.prefixed(named.get_mut("name"));
        named.items_mut("time_intervals").iter_mut().for_each(days_of_month);
    }
    for rule in spec.items_mut("inhibit_rules") {
        for (from, to) in [("source_match", "source_matchers"), ("target_match", "target_matchers")] {
            rename(rule, from, to);
            reader.matchers(rule, to);
            reader.confine(rule, to);
        }
    }
    Some(spec)
}

struct Reader<'a> {
    /// `NAMESPACE/NAME/`.
    prefix: String,
    namespace: Option<&'a str>,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn prefixed(&self, name: Option<&mut Node>) {
        if let Some(Node { kind: Kind::Text(name), .. }) = name
            && !name.is_empty()
        {
            name.insert_str(0, &self.prefix);
        }
    }

    fn route(&mut self, route: &mut Node) {
        self.prefixed(route.get_mut("receiver"));
        for list in ["mute_time_intervals", "active_time_intervals"] {
            route.items_mut(list).iter_mut().for_each(|name| self.prefixed(Some(name)));
        }
        self.matchers(route, "matchers");
        route.items_mut("routes").iter_mut().for_each(|below| self.route(below));
    }

    /// `{name, value, matchType}` as one text each.
    fn matchers(&mut self, around: &mut Node, key: &str) {
        if around.get(key).is_none() {
            return;
        }
        around.list_mut(key).retain_mut(|written| match matcher(written) {
            Ok(matcher) => {
                written.kind = Kind::Text(matcher.to_string());
                true
            }
            Err(why) => {
                self.findings.error("wrong-value", &written.spot, why);
                false
            }
        });
    }

    /// To the alerts of the namespace.
    fn confine(&self, around: &mut Node, key: &str) {
        let Some(namespace) = self.namespace else { return };
        let spot = around.spot.clone();
        let own = Kind::Text(AlertMatcher::equal("namespace", namespace).to_string());
        let matchers = around.list_mut(key);
        matchers.retain(|written| !written.text().is_some_and(says_namespace));
        matchers.insert(0, Node { kind: own, spot });
    }

    fn secrets(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::List(items) => items.iter_mut().for_each(|item| self.secrets(item)),
            Kind::Map(entries) => {
                for entry in entries {
                    let Some(path) = selected(&entry.value) else {
                        self.secrets(&mut entry.value);
                        continue;
                    };
                    entry.key.push_str("_file");
                    let message =
                        format!("what this selects is known to Kubernetes only: it is read from {path}");
                    self.findings.warning("not-there", &entry.value.spot, message);
                    entry.value.kind = Kind::Text(path);
                }
            }
            _ => {}
        }
    }
}

/// The operator takes these out of the first route and says its own.
fn says_namespace(text: &str) -> bool {
    AlertMatcher::list(text).is_ok_and(|matchers| {
        matches!(&matchers[..], [one] if one.name() == "namespace"
            && matches!(one.op(), MatchOp::Equal | MatchOp::Regex))
    })
}

fn matcher(written: &Node) -> Result<AlertMatcher, String> {
    let text = |key| written.get(key).and_then(Node::text);
    let is_regex = matches!(written.get("regex").map(|regex| &regex.kind), Some(Kind::Bool(true)));
    let op = match text("match_type") {
        None | Some("") if is_regex => MatchOp::Regex,
        None | Some("" | "=") => MatchOp::Equal,
        Some("!=") => MatchOp::NotEqual,
        Some("=~") => MatchOp::Regex,
        Some("!~") => MatchOp::NotRegex,
        Some(other) => return Err(format!("`{other}` is no matchType: write =, !=, =~ or !~")),
    };
    let name = text("name").filter(|name| !name.is_empty()).ok_or("a matcher needs the `name` of a label")?;
    AlertMatcher::new(name, op, text("value").unwrap_or_default())
}

/// The file for a key of a Secret or a ConfigMap.
fn selected(node: &Node) -> Option<String> {
    let selector = ["secret", "config_map"].iter().find_map(|kind| node.get(kind)).unwrap_or(node);
    let Kind::Map(entries) = &selector.kind else { return None };
    let is_one = entries.iter().all(|entry| ["name", "key", "optional"].contains(&entry.key.as_str()));
    let (name, key) = (selector.get("name")?.text()?, selector.get("key")?.text()?);
    let is_plain = |part: &str| !part.is_empty() && !part.contains('/') && !part.starts_with('.');
    (is_one && is_plain(name) && is_plain(key)).then(|| format!("secrets/{name}/{key}"))
}

fn receiver_of(receiver: &mut Node) {
    let Kind::Map(entries) = &mut receiver.kind else { return };
    for entry in entries.iter_mut().filter(|entry| entry.key.ends_with("_configs")) {
        let Kind::List(integrations) = &mut entry.value.kind else { continue };
        for integration in integrations {
            for key in PAIRS {
                integration.get_mut(key).into_iter().for_each(pairs);
            }
            integration.items_mut("links").iter_mut().for_each(|link| rename(link, "alt", "text"));
        }
    }
}

/// `[{key, value}]` as a mapping.
fn pairs(node: &mut Node) {
    let Kind::List(items) = &node.kind else { return };
    let entry = |item: &Node| {
        let key = item.get("key")?;
        Some(Entry {
            key: key.text()?.to_owned(),
            key_spot: key.spot.clone(),
            value: item.get("value")?.clone(),
        })
    };
    if let Some(entries) = items.iter().map(entry).collect::<Option<Vec<_>>>() {
        node.kind = Kind::Map(entries);
    }
}

/// `[{start, end}]` as `start:end`.
fn days_of_month(interval: &mut Node) {
    for days in interval.items_mut("days_of_month") {
        let number = |key| days.get(key).map(Node::value).filter(serde_json::Value::is_number);
        let text = match (number("start"), number("end")) {
            (Some(start), Some(end)) => format!("{start}:{end}"),
            (Some(one), None) | (None, Some(one)) => one.to_string(),
            (None, None) => continue,
        };
        days.kind = Kind::Text(text);
    }
}

/// `sendResolved` as `send_resolved`, all the way down.
fn in_small_letters(node: &mut Node) {
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(in_small_letters),
        Kind::Map(entries) => {
            for entry in entries {
                let renamed = RENAMED.iter().find(|(from, _)| *from == entry.key);
                entry.key = renamed.map_or_else(|| snake(&entry.key), |(_, to)| (*to).to_owned());
                in_small_letters(&mut entry.value);
            }
        }
        _ => {}
    }
}

/// An underscore where a word begins: before the first of some capitals.
fn snake(key: &str) -> String {
    let mut out = String::new();
    let mut before = false;
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && before {
            out.push('_');
        }
        before = !letter.is_ascii_uppercase();
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// `null` is how Kubernetes writes what is left out.
fn without_nulls(node: &mut Node) {
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(without_nulls),
        Kind::Map(entries) => {
            entries.retain(|entry| !matches!(entry.value.kind, Kind::Null));
            entries.iter_mut().for_each(|entry| without_nulls(&mut entry.value));
        }
        _ => {}
    }
}

fn rename(node: &mut Node, from: &str, to: &str) {
    let Kind::Map(entries) = &mut node.kind else { return };
    entries.iter_mut().filter(|entry| entry.key == from).for_each(|entry| entry.key = to.to_owned());
}

fn set(node: &mut Node, key: &str, kind: Kind) {
    let spot = node.spot.clone();
    let Kind::Map(entries) = &mut node.kind else { return };
    entries.retain(|entry| entry.key != key);
    let value = Node { kind, spot: spot.clone() };
    entries.push(Entry { key: key.to_owned(), key_spot: spot, value });
}
