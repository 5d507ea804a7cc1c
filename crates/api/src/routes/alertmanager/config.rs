//! The routes in force as an `alertmanager.yml` would say them. Not the file itself: a receiver may hold secrets.

use std::fmt::Write;

use andon_definitions::alertmanager::{AlertMatcher, GroupBy, Route};
use andon_definitions::{Catalog, Period};

use super::routing::Routing;

pub fn text(catalog: &Catalog) -> String {
    let routing = Routing::of(catalog);
    let timeout = Period(andon_monitor::resolve_timeout(catalog));
    let mut out = format!("global:\n  resolve_timeout: {timeout}\nroute:\n");
    let mut lines = Vec::new();
    route(routing.route, "  ", &mut lines);
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{line}");
    }
    if let Some(file) = routing.file {
        section("inhibit_rules", &file.inhibitions, &mut out, |rule| {
            let equal: Vec<&str> = rule.equal.iter().map(String::as_str).collect();
            format!(
                "source_matchers: {}\n  target_matchers: {}\n  equal: {}",
                matchers(&rule.source),
                matchers(&rule.target),
                json(&equal)
            )
        });
        section("time_intervals", &file.time_intervals, &mut out, |(name, parts)| {
            format!("name: {}\n  time_intervals: {}", json(name), json(parts))
        });
    }
    section("receivers", routing.receivers(), &mut out, |(name, _)| format!("name: {}", json(name)));
    out
}

fn section<T>(
    key: &str,
    items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    out: &mut String,
    write: impl Fn(T) -> String,
) {
    let items = items.into_iter();
    if items.len() > 0 {
        out.push_str(&format!("{key}:\n"));
        items.for_each(|item| out.push_str(&format!("- {}\n", write(item))));
    }
}

fn route(node: &Route, indent: &str, lines: &mut Vec<String>) {
    let mut line = |key: &str, value: String| lines.push(format!("{indent}{key}: {value}"));
    line("receiver", json(&node.receiver));
    let group_by: Vec<&str> = match &node.group_by {
        GroupBy::All => vec!["..."],
        GroupBy::Labels(names) => names.iter().map(String::as_str).collect(),
    };
    line("group_by", json(&group_by));
    if !node.matchers.is_empty() {
        line("matchers", matchers(&node.matchers));
    }
    for (key, names) in [("mute_time_intervals", &node.muted_in), ("active_time_intervals", &node.active_in)]
    {
        if !names.is_empty() {
            line(key, json(names));
        }
    }
    line("continue", node.goes_on.to_string());
    line("group_wait", node.group_wait.to_string());
    line("group_interval", node.group_interval.to_string());
    line("repeat_interval", node.repeat_interval.to_string());
    if node.routes.is_empty() {
        return;
    }
    lines.push(format!("{indent}routes:"));
    for below in &node.routes {
        let first = lines.len();
        route(below, &format!("{indent}  "), lines);
        // The item begins where its first key stands.
        let marked = lines[first].replacen(&format!("{indent}  "), &format!("{indent}- "), 1);
        lines[first] = marked;
    }
}

fn matchers(all: &[AlertMatcher]) -> String {
    json(&all.iter().map(AlertMatcher::to_string).collect::<Vec<_>>())
}

/// JSON is YAML.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data")
}
