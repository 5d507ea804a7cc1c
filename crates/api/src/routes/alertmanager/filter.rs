//! Which alerts a request asks for.

use std::collections::BTreeSet;

use andon_definitions::alertmanager::AlertMatcher;
use andon_monitor::Alert;
use andon_vocabulary::{Labels, MatchOp, SuppressedBy, Timestamp};

use super::failure::Failure;

/// Each is looked at for every alert.
const MATCHERS_MAX: usize = 100;

/// The parameters of a request.
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn of(raw: Option<&str>) -> Query {
        Query(form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What is not clearly true is false, as go-openapi reads it; true where nothing is said.
    pub fn flag(&self, name: &str) -> bool {
        let truths = ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];
        match self.all(name).last() {
            None | Some("") => true,
            Some(value) => truths.iter().any(|truth| value.eq_ignore_ascii_case(truth)),
        }
    }

    /// One matcher in each.
    pub fn matchers(&self, name: &str) -> Result<Vec<AlertMatcher>, String> {
        let texts: Vec<&str> = self.all(name).collect();
        if texts.len() > MATCHERS_MAX {
            return Err(format!("{} matchers are given, at most {MATCHERS_MAX} are taken", texts.len()));
        }
        texts.into_iter().map(one).collect()
    }
}

fn one(text: &str) -> Result<AlertMatcher, String> {
    if text.trim_start().starts_with('{') || text.trim_end().ends_with('}') {
        return Err(format!("unexpected open or close brace: {text}"));
    }
    AlertMatcher::one(text).map_err(|why| format!("bad matcher format: {text}: {why}"))
}

/// Of alerts.
pub struct Filter {
    active: bool,
    silenced: bool,
    inhibited: bool,
    matchers: Vec<AlertMatcher>,
    receiver: Option<AlertMatcher>,
    /// On the labels of receivers.
    receiver_matchers: Vec<AlertMatcher>,
}

impl Filter {
    pub fn read(query: &Query) -> Result<Filter, Failure> {
        let receiver = query.all("receiver").last().filter(|pattern| !pattern.is_empty());
        let receiver = receiver.map(|pattern| AlertMatcher::new("name", MatchOp::Regex, pattern)).transpose();
        Ok(Filter {
            active: query.flag("active"),
            silenced: query.flag("silenced"),
            inhibited: query.flag("inhibited"),
            matchers: query.matchers("filter").map_err(Failure::bad)?,
            receiver: receiver
                .map_err(|why| Failure::bad(format!("failed to parse receiver param: {why}")))?,
            receiver_matchers: receiver_matchers(query)?,
        })
    }

    pub fn takes(&self, alert: &Alert, now: Timestamp) -> bool {
        let fires = alert.fired_at().is_some()
            && alert.received.as_ref().is_none_or(|from| from.ends_at >= now)
            && self.matchers.iter().all(|matcher| matcher.matches(&alert.labels));
        let is = |by: fn(&SuppressedBy) -> bool| alert.suppressed.iter().any(by);
        fires
            && (self.active || !alert.suppressed.is_empty())
            && (self.silenced || !is(|by| matches!(by, SuppressedBy::Silence(_))))
            && (self.inhibited || !is(|by| !matches!(by, SuppressedBy::Silence(_))))
    }

    /// Which receivers are asked for, by name; none: any.
    pub fn receivers<'a>(&self, all: &[(&'a str, Labels)]) -> Option<BTreeSet<&'a str>> {
        if self.receiver.is_none() && self.receiver_matchers.is_empty() {
            return None;
        }
        let matchers: Vec<_> = self.receiver.iter().chain(&self.receiver_matchers).collect();
        let wanted = all.iter().filter(|(_, labels)| matchers.iter().all(|matcher| matcher.matches(labels)));
        Some(wanted.map(|(name, _)| *name).collect())
    }
}

pub fn receiver_matchers(query: &Query) -> Result<Vec<AlertMatcher>, Failure> {
    let failed = |why| Failure::bad(format!("failed to parse receiver_matchers param: {why}"));
    query.matchers("receiver_matchers").map_err(failed)
}
