//! The texts of rules: `{{ $labels.x }}`, `{{ $value | humanize }}`. The part of Prometheus's templates that
//! people use; anything else is a finding.

use andon_vocabulary::Labels;

use crate::format::Flaw;
use crate::suggest;

/// A parsed text.
#[derive(Clone, PartialEq, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, PartialEq, Debug)]
enum Part {
    Literal(String),
    Label(String),
    Value(Vec<Filter>),
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Filter {
    Humanize,
    Humanize1024,
    HumanizePercentage,
    HumanizeDuration,
    /// `printf "%.2f"`.
    Fixed(usize),
}

const FILTERS: [&str; 5] = ["humanize", "humanize1024", "humanizePercentage", "humanizeDuration", "printf"];

/// What is wrong with a template; the range counts bytes of the text.
#[derive(Clone, PartialEq, Debug)]
pub struct TemplateError {
    pub message: String,
    pub range: std::ops::Range<usize>,
    pub hint: Option<String>,
}

impl From<TemplateError> for Flaw {
    fn from(error: TemplateError) -> Flaw {
        Flaw { code: "template", range: Some(error.range), message: error.message, hint: error.hint }
    }
}

impl Template {
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("{{").map(|open| at + open) {
            let Some(close) = text[open..].find("}}").map(|close| open + close) else {
                return Err(TemplateError {
                    message: "`{{` is never closed".to_owned(),
                    range: open..open + 2,
                    hint: Some("close it with `}}`".to_owned()),
                });
            };
            let mut literal = &text[at..open];
            let mut inner = &text[open + 2..close];
            if let Some(rest) = inner.strip_prefix('-') {
                (literal, inner) = (literal.trim_end(), rest);
            }
            at = close + 2;
            if let Some(rest) = inner.strip_suffix('-') {
                inner = rest;
                at += text[at..].len() - text[at..].trim_start().len();
            }
            parts.push(Part::Literal(literal.to_owned()));
            let part = part(inner.trim());
            parts.push(part.map_err(|(message, hint)| TemplateError {
                message,
                range: open..close + 2,
                hint,
            })?);
        }
        parts.push(Part::Literal(text[at..].to_owned()));
        Ok(Template(parts))
    }

    /// A missing label is the empty text, as in Prometheus.
    pub fn render(&self, labels: &Labels, value: f64) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Label(name) => text.push_str(labels.get(name).unwrap_or("")),
                Part::Value(filters) => text.push_str(&filtered(value, filters)),
            }
        }
        text
    }

    /// The labels that it names.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Label(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

fn part(inner: &str) -> Result<Part, (String, Option<String>)> {
    let unknown = || {
        let hint = "there is `$labels.NAME` and `$value`, with humanize, humanizePercentage, humanizeDuration or \
                    printf \"%.2f\"";
        (format!("`{inner}` cannot be filled in"), Some(hint.to_owned()))
    };
    let mut pipeline = inner.split('|').map(str::trim);
    let head = pipeline.next().unwrap_or("");
    let label = head.strip_prefix("$labels.").or_else(|| head.strip_prefix(".Labels."));
    if let Some(name) = label.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
        return if pipeline.next().is_none() && !name.is_empty() {
            Ok(Part::Label(name.to_owned()))
        } else {
            Err(unknown())
        };
    }
    let mut filters = Vec::new();
    let subject = match head.rsplit_once(char::is_whitespace) {
        Some((first, subject)) => {
            filters.push(filter(first.trim())?);
            subject
        }
        None => head,
    };
    if !matches!(subject, "$value" | ".Value") {
        return Err(unknown());
    }
    for name in pipeline {
        filters.push(filter(name)?);
    }
    if filters.len() > 1 {
        return Err((format!("`{inner}` has more than one filter"), None));
    }
    Ok(Part::Value(filters))
}

fn filter(text: &str) -> Result<Filter, (String, Option<String>)> {
    match text {
        "humanize" => Ok(Filter::Humanize),
        "humanize1024" => Ok(Filter::Humanize1024),
        "humanizePercentage" => Ok(Filter::HumanizePercentage),
        "humanizeDuration" => Ok(Filter::HumanizeDuration),
        _ => {
            let verb = text.strip_prefix("printf").map(str::trim);
            let digits = verb.and_then(|verb| verb.strip_prefix("\"%.")?.strip_suffix("f\""));
            match digits.and_then(|digits| digits.parse().ok()).filter(|digits| *digits <= 20) {
                Some(digits) => Ok(Filter::Fixed(digits)),
                None => Err((format!("no filter is called `{text}`"), suggest::hint(text, FILTERS))),
            }
        }
    }
}

fn filtered(value: f64, filters: &[Filter]) -> String {
    match filters.first() {
        None => plain(value),
        Some(Filter::Fixed(digits)) => format!("{value:.digits$}"),
        Some(_) if !value.is_finite() => plain(value),
        Some(Filter::Humanize) => humanize(value),
        Some(Filter::Humanize1024) => humanize1024(value),
        Some(Filter::HumanizePercentage) => format!("{}%", general(value * 100.0)),
        Some(Filter::HumanizeDuration) => humanize_duration(value),
    }
}

/// As Go writes a float.
fn plain(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() => if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        _ if value != 0.0 && !(1e-4..1e21).contains(&value.abs()) => exponent(&format!("{value:e}")),
        _ => value.to_string(),
    }
}

/// Go's exponents have a sign and two digits.
fn exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, power)) => {
            let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text.to_owned(),
    }
}

/// Go's `%.4g`.
fn general(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.3e}");
    let (mantissa, power) = scientific.split_once('e').expect("written with an exponent");
    let power: i32 = power.parse().expect("a whole exponent");
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..4).contains(&power) {
        let digits = usize::try_from(3 - power).unwrap_or(0);
        trim(&format!("{value:.digits$}"))
    } else {
        exponent(&format!("{}e{power}", trim(mantissa)))
    }
}

fn humanize(value: f64) -> String {
    let mut scaled = value;
    if value == 0.0 {
        return "0".to_owned();
    }
    let (step, prefixes): (f64, &[&str]) = if value.abs() >= 1.0 {
        (1.0 / 1000.0, &["", "k", "M", "G", "T", "P", "E", "Z", "Y"])
    } else {
        (1000.0, &["", "m", "u", "n", "p", "f", "a", "z", "y"])
    };
    let mut prefix = 0;
    let fits = |scaled: f64| if step < 1.0 { scaled.abs() < 1000.0 } else { scaled.abs() >= 1.0 };
    while !fits(scaled) && prefix + 1 < prefixes.len() {
        scaled = if step < 1.0 { scaled / 1000.0 } else { scaled * 1000.0 };
        prefix += 1;
    }
    format!("{}{}", general(scaled), prefixes[prefix])
}

fn humanize1024(value: f64) -> String {
    let prefixes = ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
    let (mut scaled, mut prefix) = (value, 0);
    while scaled.abs() >= 1024.0 && prefix + 1 < prefixes.len() {
        scaled /= 1024.0;
        prefix += 1;
    }
    format!("{}{}", general(scaled), prefixes[prefix])
}

/// Seconds, as Prometheus shows them.
fn humanize_duration(value: f64) -> String {
    if value == 0.0 {
        return "0s".to_owned();
    }
    if value.abs() < 1.0 {
        let (mut scaled, mut prefix) = (value, 0);
        let prefixes = ["", "m", "u", "n", "p", "f", "a", "z", "y"];
        while scaled.abs() < 1.0 && prefix + 1 < prefixes.len() {
            scaled *= 1000.0;
            prefix += 1;
        }
        return format!("{}{}s", general(scaled), prefixes[prefix]);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    let whole = value.trunc();
    let (days, hours) = ((whole / 86_400.0).trunc(), (whole / 3600.0).trunc() % 24.0);
    let (minutes, seconds) = ((whole / 60.0).trunc() % 60.0, whole % 60.0);
    if days > 0.0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours > 0.0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes > 0.0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", general(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, value: f64, expected: &str) {
        let labels = Labels::new([("service", "checkout")]);
        let shown = match Template::parse(template) {
            Ok(template) => template.render(&labels, value),
            Err(error) => format!("{:?}: {}", error.range, error.message),
        };
        assert_eq!(shown, expected, "{template}");
    }

    #[test]
    fn as_prometheus_fills_them_in() {
        check("{{ $labels.service }}: {{ $value }} of {{$labels.none}}.", 0.25, "checkout: 0.25 of .");
        check("{{ .Labels.service }} {{ .Value }}", 1e21, "checkout 1e+21");
        check("a {{- $value -}} b", 3.0, "a3b");
        check("{{ $value | humanize }}", 1_234_567.0, "1.235M");
        check("{{ $value | humanize }}", 0.012, "12m");
        check("{{ humanize $value }}", 0.0, "0");
        check("{{ $value | humanize1024 }}", 2048.0, "2ki");
        check("{{ $value | humanizePercentage }}", 0.123_456, "12.35%");
        check("{{ $value | humanizeDuration }}", 3725.4, "1h 2m 5s");
        check("{{ $value | humanizeDuration }}", 0.0042, "4.2ms");
        check("{{ printf \"%.2f\" $value }}", 1.0 / 3.0, "0.33");
        check("{{ $value | printf \"%.0f\" }}", 12.7, "13");
    }

    #[test]
    fn anything_else_is_refused() {
        check("x {{ query \"up\" }}", 0.0, "2..18: no filter is called `query`");
        check("{{ $labels.a", 0.0, "0..2: `{{` is never closed");
        check("{{ $externalURL }}", 0.0, "0..18: `$externalURL` cannot be filled in");
        check("{{ $value | humanise }}", 0.0, "0..23: no filter is called `humanise`");
    }
}
