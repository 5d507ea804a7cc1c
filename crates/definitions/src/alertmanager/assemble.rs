//! From the file as written to routes that know everything, and what is wrong with it beyond its shape.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::{File, MatcherList, NamedInterval, Pattern, WrittenInhibition, WrittenRoute};
use super::receiver::{Receiver, Rest, SLACK_APP_URL};
use andon_vocabulary::MatchOp;

use super::{AlertMatcher, Alertmanager, GroupBy, Inhibition, Route};
use crate::origin::Origin;
use crate::scalar::Period;
use crate::template::Templates;

/// One file, and what the book calls it.
pub(crate) struct Written {
    pub definition: String,
    pub origin: Origin,
    pub file: File,
}

/// Something that cannot be: where, as a pointer, and what.
pub(crate) struct Fault {
    pub pointer: String,
    pub code: &'static str,
    pub message: String,
}

const GROUP_WAIT: Period = Period::seconds(30);
const GROUP_INTERVAL: Period = Period::minutes(5);
const REPEAT_INTERVAL: Period = Period::minutes(4 * 60);
const RESOLVE_TIMEOUT: Period = Period::minutes(5);

impl Alertmanager {
    /// `line` says where the part of a pointer stands.
    pub(crate) fn assemble(
        written: &Written,
        templates: Templates,
        origin: impl Fn(&str) -> Origin,
    ) -> (Alertmanager, Vec<Fault>) {
        let file = &written.file;
        let mut assembly = Assembly {
            receivers: BTreeMap::new(),
            intervals: BTreeMap::new(),
            origin: &origin,
            faults: Vec::new(),
        };
        assembly.receivers(file);
        assembly.intervals("mute_time_intervals", &file.mute_time_intervals);
        assembly.intervals("time_intervals", &file.time_intervals);
        assembly.root(&file.route);
        let defaults = Route {
            origin: Origin::default(),
            receiver: String::new(),
            group_by: GroupBy::Labels(BTreeSet::new()),
            group_wait: GROUP_WAIT,
            group_interval: GROUP_INTERVAL,
            repeat_interval: REPEAT_INTERVAL,
            matchers: Vec::new(),
            muted_in: Vec::new(),
            active_in: Vec::new(),
            goes_on: false,
            routes: Vec::new(),
        };
        let route = assembly.route("/route", &file.route, &defaults);
        let inhibitions = file.inhibit_rules.iter().enumerate();
        let inhibitions =
            inhibitions.map(|(at, rule)| assembly.inhibition(&format!("/inhibit_rules/{at}"), rule));
        let inhibitions = inhibitions.collect();
        let alertmanager = Alertmanager {
            origin: written.origin.clone(),
            resolve_timeout: file.global.resolve_timeout.unwrap_or(RESOLVE_TIMEOUT),
            route,
            inhibitions,
            time_intervals: assembly.intervals,
            receivers: assembly.receivers,
            templates: Arc::new(templates),
        };
        (alertmanager, assembly.faults)
    }
}

struct Assembly<'a> {
    receivers: BTreeMap<String, Receiver>,
    intervals: BTreeMap<String, Vec<super::TimeInterval>>,
    origin: &'a dyn Fn(&str) -> Origin,
    faults: Vec<Fault>,
}

impl Assembly<'_> {
    fn add(&mut self, pointer: String, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault { pointer, code, message: message.into() });
    }

    fn receivers(&mut self, file: &File) {
        let mut rest = Rest { global: &file.global, faults: Vec::new() };
        if let Some(http) = &file.global.http_config {
            rest.client("/global/http_config", http);
        }
        for (key, here, kept) in [
            ("slack_api_url", file.global.slack_api_url.is_some(), &file.global.slack_api_url_file),
            ("slack_app_token", file.global.slack_app_token.is_some(), &file.global.slack_app_token_file),
            ("opsgenie_api_key", file.global.opsgenie_api_key.is_some(), &file.global.opsgenie_api_key_file),
            (
                "smtp_auth_password",
                file.global.smtp_auth_password.is_some(),
                &file.global.smtp_auth_password_file,
            ),
            ("smtp_auth_secret", file.global.smtp_auth_secret.is_some(), &file.global.smtp_auth_secret_file),
        ] {
            if here && kept.is_some() {
                let message = format!("`{key}` and `{key}_file` exclude each other");
                rest.add(format!("/global/{key}_file"), "conflict", message);
            }
        }
        let global = &file.global;
        let as_app = global.slack_app_token.is_some() || global.slack_app_token_file.is_some();
        let by_url = global.slack_api_url.is_some() || global.slack_api_url_file.is_some();
        let app_url = global.slack_app_url.as_deref().unwrap_or(SLACK_APP_URL);
        if as_app && by_url && global.slack_api_url.as_ref().is_none_or(|url| url.0 != app_url) {
            let message = "an address of Slack and an app's token exclude each other";
            rest.add("/global/slack_api_url".to_owned(), "conflict", message);
        }
        for (at, receiver) in file.receivers.iter().enumerate() {
            let place = format!("/receivers/{at}");
            let complete = Receiver::complete(receiver, &place, &mut rest, self.origin);
            let pointer = format!("/receivers/{at}/name");
            if receiver.name.is_empty() {
                self.add(pointer, "no-value", "a receiver needs a name");
            } else if self.receivers.insert(receiver.name.clone(), complete).is_some() {
                self.add(pointer, "duplicate", format!("a receiver is called `{}` already", receiver.name));
            }
            if receiver.labels.get("name").is_some_and(|name| *name != receiver.name) {
                let message = format!("the label `name` of a receiver is its name, `{}`", receiver.name);
                self.add(format!("/receivers/{at}/labels/name"), "conflict", message);
            }
        }
        // What is wrong with `global` was found by everyone who rests on it.
        rest.faults.sort_by(|a, b| (&a.pointer, &a.message).cmp(&(&b.pointer, &b.message)));
        rest.faults.dedup_by(|a, b| (&a.pointer, &a.message) == (&b.pointer, &b.message));
        self.faults.append(&mut rest.faults);
    }

    fn intervals(&mut self, list: &str, written: &[NamedInterval]) {
        for (at, named) in written.iter().enumerate() {
            let pointer = format!("/{list}/{at}");
            for (part, interval) in named.time_intervals.iter().enumerate() {
                for (time, times) in interval.times().iter().enumerate() {
                    if !times.in_order() {
                        let pointer = format!("{pointer}/time_intervals/{part}/times/{time}/end_time");
                        let message = "the end comes after the start, within a day; for a night write two";
                        self.add(pointer, "wrong-value", message);
                    }
                }
            }
            if named.name.is_empty() {
                self.add(format!("{pointer}/name"), "no-value", "a time interval needs a name");
            } else if self.intervals.insert(named.name.clone(), named.time_intervals.clone()).is_some() {
                let message = format!("a time interval is called `{}` already", named.name);
                self.add(format!("{pointer}/name"), "duplicate", message);
            }
        }
    }

    /// What every alert must come through says nothing about which.
    fn root(&mut self, root: &WrittenRoute) {
        if root.receiver.is_empty() {
            self.add("/route".to_owned(), "missing-key", "the first route needs a `receiver`");
        }
        for (key, is_there) in [
            ("match", !root.equal.is_empty()),
            ("match_re", !root.match_re.is_empty()),
            ("matchers", !root.matchers.is_empty()),
            ("mute_time_intervals", !root.mute_time_intervals.is_empty()),
            ("active_time_intervals", !root.active_time_intervals.is_empty()),
            ("continue", root.goes_on),
        ] {
            if is_there {
                let message = "every alert goes through the first route; say this in one below it";
                self.add(format!("/route/{key}"), "conflict", message);
            }
        }
    }

    fn route(&mut self, at: &str, written: &WrittenRoute, above: &Route) -> Route {
        if !written.receiver.is_empty() && !self.receivers.contains_key(&written.receiver) {
            let message = format!("no receiver is called `{}`", written.receiver);
            self.add(format!("{at}/receiver"), "unknown-name", message);
        }
        for (key, names) in [
            ("mute_time_intervals", &written.mute_time_intervals),
            ("active_time_intervals", &written.active_time_intervals),
        ] {
            for (index, name) in names.iter().enumerate() {
                if !self.intervals.contains_key(name) {
                    let message = format!("no time interval is called `{name}`");
                    self.add(format!("{at}/{key}/{index}"), "unknown-name", message);
                }
            }
        }
        for (key, period) in
            [("group_interval", written.group_interval), ("repeat_interval", written.repeat_interval)]
        {
            if period == Some(Period::ZERO) {
                self.add(format!("{at}/{key}"), "out-of-range", "this must not be 0");
            }
        }
        let receiver = if written.receiver.is_empty() { &above.receiver } else { &written.receiver };
        let mut route = Route {
            origin: (self.origin)(at),
            receiver: receiver.clone(),
            group_by: self.group_by(at, written).unwrap_or_else(|| above.group_by.clone()),
            group_wait: written.group_wait.unwrap_or(above.group_wait),
            group_interval: written.group_interval.unwrap_or(above.group_interval),
            repeat_interval: written.repeat_interval.unwrap_or(above.repeat_interval),
            matchers: self.matchers(
                (&format!("{at}/match"), &written.equal),
                (&format!("{at}/match_re"), &written.match_re),
                &written.matchers,
            ),
            muted_in: written.mute_time_intervals.clone(),
            active_in: written.active_time_intervals.clone(),
            goes_on: written.goes_on,
            routes: Vec::new(),
        };
        let below = written.routes.iter().enumerate();
        route.routes =
            below.map(|(index, below)| self.route(&format!("{at}/routes/{index}"), below, &route)).collect();
        route
    }

    fn group_by(&mut self, at: &str, written: &WrittenRoute) -> Option<GroupBy> {
        let listed = written.group_by.as_ref()?;
        let mut labels = BTreeSet::new();
        for (index, label) in listed.iter().enumerate() {
            let pointer = format!("{at}/group_by/{index}");
            if label.is_empty() {
                self.add(pointer, "no-value", "a label needs a name");
            } else if !labels.insert(label.clone()) {
                self.add(pointer, "duplicate", format!("`{label}` is here twice"));
            }
        }
        if !labels.remove("...") {
            return Some(GroupBy::Labels(labels));
        }
        if !labels.is_empty() {
            let message = "`...` stands for all labels, and needs no others beside it";
            self.add(format!("{at}/group_by"), "conflict", message);
        }
        Some(GroupBy::All)
    }

    /// All three ways to write them are one list; the walk has read each of them once.
    fn matchers(
        &mut self,
        (equal_at, equal): (&str, &BTreeMap<String, String>),
        (regex_at, regex): (&str, &BTreeMap<String, Pattern>),
        lists: &[MatcherList],
    ) -> Vec<AlertMatcher> {
        let older = equal.iter().map(|(name, value)| (equal_at, name, MatchOp::Equal, value));
        let older = older.chain(regex.iter().map(|(name, value)| (regex_at, name, MatchOp::Regex, &value.0)));
        let mut all = Vec::new();
        for (at, name, op, value) in older {
            if !is_classic_name(name) {
                let pointer = format!("{at}/{}", crate::book::escape(name));
                let message = format!("`{name}` is not a label name; write it in `matchers`, with quotes");
                self.add(pointer, "wrong-value", message);
            }
            all.extend(AlertMatcher::new(name, op, value));
        }
        all.extend(lists.iter().filter_map(|list| AlertMatcher::list(&list.0).ok()).flatten());
        all.sort();
        all
    }

    fn inhibition(&mut self, at: &str, written: &WrittenInhibition) -> Inhibition {
        let source = self.matchers(
            (&format!("{at}/source_match"), &written.source_match),
            (&format!("{at}/source_match_re"), &written.source_match_re),
            &written.source_matchers,
        );
        let target = self.matchers(
            (&format!("{at}/target_match"), &written.target_match),
            (&format!("{at}/target_match_re"), &written.target_match_re),
            &written.target_matchers,
        );
        for (index, label) in written.equal.iter().enumerate().filter(|(_, label)| label.is_empty()) {
            let message = format!("`{label}` is not a label name");
            self.add(format!("{at}/equal/{index}"), "wrong-value", message);
        }
        Inhibition {
            origin: (self.origin)(at),
            name: written.name.clone(),
            source,
            target,
            equal: written.equal.iter().cloned().collect(),
        }
    }
}

fn is_classic_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
