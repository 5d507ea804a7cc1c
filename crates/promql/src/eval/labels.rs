//! Functions that change labels instead of values.

use andon_timeseries::re2;
use andon_vocabulary::METRIC_NAME;
use regex::{Regex, RegexBuilder};

use super::EvalError;
use super::rows::Rows;

/// A compiled regular expression may take this many bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// `label_replace(v, target, replacement, source, regex)`: where the regex matches the whole source label, the
/// target becomes the replacement with its `$1` filled in; an empty result removes it.
pub(super) struct Replace<'a> {
    target: &'a str,
    replacement: &'a str,
    source: &'a str,
    regex: Regex,
}

impl<'a> Replace<'a> {
    pub fn new(
        target: &'a str,
        replacement: &'a str,
        source: &'a str,
        regex: &'a str,
    ) -> Result<Replace<'a>, EvalError> {
        let bad =
            || EvalError::BadArgument(format!("invalid regular expression in label_replace(): {regex}"));
        let anchored = format!("^(?s:{})$", re2::translated(regex).map_err(|_| bad())?);
        let compiled = RegexBuilder::new(&anchored).size_limit(REGEX_BYTES_MAX).build();
        let regex = compiled.map_err(|_| bad())?;
        check_name("destination", "label_replace", target)?;
        Ok(Replace { target, replacement, source, regex })
    }

    pub fn apply(&self, rows: Rows) -> Result<Rows, EvalError> {
        let mut rows = rows.settled();
        for row in &mut rows {
            let value = row.labels.get(self.source).unwrap_or("");
            let Some(captures) = self.regex.captures(value) else { continue };
            let mut result = String::new();
            captures.expand(self.replacement, &mut result);
            row.labels = row.labels.with(self.target, &result);
            row.loses_name &= self.target != METRIC_NAME;
        }
        Rows::new(rows).apart()
    }
}

/// `label_join(v, target, separator, source…)`
pub(super) struct Join<'a> {
    target: &'a str,
    separator: &'a str,
    sources: &'a [&'a str],
}

impl<'a> Join<'a> {
    pub fn new(target: &'a str, separator: &'a str, sources: &'a [&'a str]) -> Result<Join<'a>, EvalError> {
        sources.iter().try_for_each(|source| check_name("source", "label_join", source))?;
        check_name("destination", "label_join", target)?;
        Ok(Join { target, separator, sources })
    }

    pub fn apply(&self, rows: Rows) -> Result<Rows, EvalError> {
        let mut rows = rows.settled();
        for row in &mut rows {
            let value = |name: &&str| row.labels.get(name).unwrap_or("").to_owned();
            let values: Vec<String> = self.sources.iter().map(value).collect();
            row.labels = row.labels.with(self.target, &values.join(self.separator));
            row.loses_name &= self.target != METRIC_NAME;
        }
        Rows::new(rows).apart()
    }
}

/// Since Prometheus 3 any text but an empty one may name a label.
fn check_name(which: &str, function: &str, name: &str) -> Result<(), EvalError> {
    if name.is_empty() {
        return Err(EvalError::BadArgument(format!("invalid {which} label name in {function}(): {name}")));
    }
    Ok(())
}
