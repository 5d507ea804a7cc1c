//! What is to be said about an answer that is given all the same: warnings and infos, in Prometheus's words.

use std::collections::BTreeMap;
use std::fmt;

/// As many of each kind are listed; the others are counted.
const LISTED_MAX: usize = 10;

/// Said once each, however often it happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations(BTreeMap<Annotation, Option<Place>>);

/// One thing to know about an answer. `Display` writes it without its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    pub level: Level,
    /// Without `PromQL warning:` or `PromQL info:`.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The answer may be wrong.
    Warning,
    /// The answer may not be what was meant.
    Info,
}

/// Where in the text of the query; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

impl Annotations {
    pub(crate) fn add(&mut self, level: Level, text: String, place: Option<Place>) {
        self.0.entry(Annotation { level, text }).or_insert(place);
    }

    pub(crate) fn merge(&mut self, other: Annotations) {
        for (annotation, place) in other.0 {
            self.0.entry(annotation).or_insert(place);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each once, warnings first, with where it arose.
    pub fn iter(&self) -> impl Iterator<Item = (&Annotation, Option<Place>)> {
        self.0.iter().map(|(annotation, place)| (annotation, *place))
    }

    /// Up to ten lines as Prometheus's API shows them, with their places; an eleventh counts the rest.
    pub fn warnings(&self) -> Vec<String> {
        self.listed(Level::Warning, "warning")
    }

    /// As [`Annotations::warnings`].
    pub fn infos(&self) -> Vec<String> {
        self.listed(Level::Info, "info")
    }

    fn listed(&self, level: Level, name: &str) -> Vec<String> {
        let all = || self.iter().filter(|(annotation, _)| annotation.level == level);
        let line = |(annotation, place): (&Annotation, Option<Place>)| match place {
            Some(place) => format!("{annotation} ({place})"),
            None => annotation.to_string(),
        };
        let mut lines: Vec<String> = all().take(LISTED_MAX).map(line).collect();
        let more = all().count() - lines.len();
        if more > 0 {
            lines.push(format!("{more} more {name} annotations omitted"));
        }
        lines
    }
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.level {
            Level::Warning => "PromQL warning",
            Level::Info => "PromQL info",
        };
        write!(f, "{kind}: {}", self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_listed_and_the_rest_counted() {
        let mut annotations = Annotations::default();
        for n in 10..22 {
            annotations.add(Level::Info, format!("number {n}"), Some(Place { line: 1, column: n }));
            annotations.add(Level::Info, format!("number {n}"), None);
        }
        annotations.add(Level::Warning, "beware".to_owned(), None);
        assert_eq!(annotations.warnings(), ["PromQL warning: beware"]);
        let infos = annotations.infos();
        assert_eq!(infos.len(), 11);
        assert_eq!(infos[0], "PromQL info: number 10 (1:10)");
        assert_eq!(infos[10], "2 more info annotations omitted");
    }
}
