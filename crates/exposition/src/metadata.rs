//! Comment lines that mean something: `# HELP`, `# TYPE`, `# UNIT`, `# EOF`.

use std::borrow::Cow;

use andon_timeseries::MetricKind;

use crate::series::{quoted, unescaped};
use crate::{Entry, Format};

pub(crate) enum Comment<'a> {
    Entry(Entry<'a>),
    End,
    /// Written for people.
    Remark,
}

/// Reads a line that begins with `#`.
pub(crate) fn comment(line: &str, format: Format) -> Result<Comment<'_>, String> {
    let rest = line[1..].trim_start_matches([' ', '\t']);
    let (keyword, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    if keyword == "EOF" && rest.is_empty() {
        return Ok(Comment::End);
    }
    if !matches!(keyword, "HELP" | "TYPE" | "UNIT") {
        return Ok(Comment::Remark);
    }
    let (metric, text) = metric(rest.trim_start_matches([' ', '\t']))?;
    Ok(Comment::Entry(match keyword {
        "HELP" => Entry::Help { metric, text: unescaped(text) },
        "UNIT" => {
            let unit = text.trim();
            if format == Format::OpenMetrics && !is_suffix(unit, &metric) {
                return Err(format!("the unit {unit:?} is not the end of the metric's name {metric:?}"));
            }
            Entry::Unit { metric, unit }
        }
        _ => {
            let name = text.trim();
            let kind = kind_named(name).ok_or_else(|| format!("{name:?} is not a type of metric"))?;
            Entry::Type { metric, kind }
        }
    }))
}

/// Whether a metric's name ends in its unit, as OpenMetrics wants it.
pub(crate) fn is_suffix(unit: &str, metric: &str) -> bool {
    unit.is_empty() || metric.strip_suffix(unit).is_some_and(|stem| stem.len() > 1 && stem.ends_with('_'))
}

fn metric(text: &str) -> Result<(Cow<'_, str>, &str), String> {
    let (name, rest) = if text.starts_with('"') {
        let (name, rest) = quoted(text).ok_or("the metric's name is not closed by a quote")?;
        (unescaped(name), rest)
    } else {
        let (name, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        (Cow::Borrowed(name), rest)
    };
    if name.is_empty() {
        return Err("the metric's name is missing".to_owned());
    }
    Ok((name, rest.trim_start_matches([' ', '\t'])))
}

fn kind_named(name: &str) -> Option<MetricKind> {
    Some(match name {
        "counter" => MetricKind::Counter,
        "gauge" => MetricKind::Gauge,
        "histogram" => MetricKind::Histogram,
        "gaugehistogram" => MetricKind::GaugeHistogram,
        "summary" => MetricKind::Summary,
        "info" => MetricKind::Info,
        "stateset" => MetricKind::StateSet,
        "unknown" | "untyped" => MetricKind::Unknown,
        _ => return None,
    })
}
