//! What is asked about: an alert, a person, or an incident.

use std::fmt;

use andon_definitions::Catalog;
use andon_definitions::alertmanager::AlertMatcher;
use andon_vocabulary::{AlertId, IncidentId, Name};

#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    Incident(IncidentId),
    Person(Name),
    Alert(AlertId),
    /// The alerts that all of these match.
    Alerts {
        text: String,
        matchers: Vec<AlertMatcher>,
    },
}

/// A question that cannot be read: why, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unasked(pub String);

impl Question {
    /// `INC-7`, `ALR-123`, the handle of a person, the name of an alert, or matchers such as
    /// `TargetDown{service="shop"}`. Where somebody is called like an alert, `person:ana` and `alert:ana` tell them
    /// apart.
    pub fn parse(text: &str, catalog: &Catalog) -> Result<Question, Unasked> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Unasked("name an alert, a person or an incident".to_owned()));
        }
        if text.starts_with("INC-") {
            return text.parse().map(Question::Incident).map_err(Unasked);
        }
        if text.starts_with("ALR-") {
            return text.parse().map(Question::Alert).map_err(Unasked);
        }
        let is_known = |name: &str| catalog.teams.values().any(|team| team.people.contains_key(name));
        match (text.strip_prefix("person:"), text.strip_prefix("alert:")) {
            (Some(person), _) if is_known(person) => Ok(Question::Person(person.into())),
            (Some(person), _) => Err(Unasked(format!("nobody is called {person}"))),
            (None, Some(alert)) => alerts(alert),
            (None, None) if is_known(text) => Ok(Question::Person(text.into())),
            (None, None) => alerts(text),
        }
    }
}

fn alerts(text: &str) -> Result<Question, Unasked> {
    let (name, rest) = match text.find('{') {
        Some(at) => text.split_at(at),
        // Matchers without braces, or nothing but a name.
        None if text.contains('=') => ("", text),
        None => (text, ""),
    };
    let mut matchers = match rest {
        "" => Vec::new(),
        rest => AlertMatcher::list(rest).map_err(Unasked)?,
    };
    if !name.trim().is_empty() {
        matchers.insert(0, AlertMatcher::equal("alertname", name.trim()));
    }
    if matchers.is_empty() {
        return Err(Unasked("say which alert: its name, or labels that it has".to_owned()));
    }
    Ok(Question::Alerts { text: text.to_owned(), matchers })
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Incident(id) => id.fmt(f),
            Question::Person(person) => f.write_str(person),
            Question::Alert(id) => id.fmt(f),
            Question::Alerts { text, .. } => f.write_str(text),
        }
    }
}
