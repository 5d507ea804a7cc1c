//! PromQL inside definitions: whether it parses, whether it is evaluated here, which `$name`s it wants.

use std::collections::{BTreeMap, BTreeSet};

use andon_promql::Expr;

use crate::format::Flaw;

/// A query with every `$name` bound to a stand-in, and the names.
pub(crate) struct Parsed {
    pub expr: Expr,
    pub names: BTreeSet<String>,
}

/// The stand-in changes nothing about whether a query parses, since values are bound as literals.
const STAND_IN: &str = "x";

pub(crate) fn parse(text: &str) -> Result<Parsed, Flaw> {
    let mut values = BTreeMap::new();
    let bound = loop {
        match andon_promql::bind(text, &values) {
            Ok(bound) => break bound,
            Err(missing) => values.insert(missing.name, STAND_IN.to_owned()),
        };
    };
    let expr = andon_promql::parse(&bound.text).map_err(|error| {
        Flaw::new("promql", format!("PromQL: {}", error.message)).at(bound.original(error.span))
    })?;
    if let Some(finding) = expr.unsupported().into_iter().next() {
        return Err(Flaw::new("not-yet", format!("not yet: PromQL {}", finding.what))
            .at(bound.original(finding.span)));
    }
    Ok(Parsed { expr, names: values.into_keys().collect() })
}

/// The flaws of a query, apart from names that nothing binds.
pub(crate) fn check(text: &str) -> Vec<Flaw> {
    parse(text).err().into_iter().collect()
}

/// A series is one selector of one metric, with equalities alone.
pub(crate) fn check_series(text: &str) -> Vec<Flaw> {
    let parsed = match parse(text) {
        Ok(parsed) => parsed,
        Err(flaw) => return vec![flaw],
    };
    let one = parsed.expr.metric_names().len() == 1
        && parsed.expr.selectors().len() == 1
        && !text.contains("=~")
        && !text.contains("!=")
        && !text.contains("!~")
        && !text.contains(['[', '(']);
    if one {
        Vec::new()
    } else {
        vec![Flaw::new("wrong-value", format!("`{text}` does not name one series"))]
    }
}

/// The metrics that a query names outright.
pub(crate) fn metric_names(text: &str) -> BTreeSet<String> {
    parse(text).map(|parsed| parsed.expr.metric_names()).unwrap_or_default()
}
