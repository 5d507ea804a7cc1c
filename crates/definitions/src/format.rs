//! The formats of small texts: what is wrong with one, and where in it.

use std::ops::Range;

use andon_identity::{Grant, Policies};
use andon_vocabulary::Timestamp;
use jiff::civil;
use jiff::tz::TimeZoneDatabase;

use crate::alertmanager::{self, AlertMatcher, Stretch};
use crate::expression;
use crate::instance::Network;
use crate::prometheus::{ByteSize, RecordKind};
use crate::query;
use crate::re2::{self, Dot};
use crate::reference::{Whom, bare};
use crate::relabel;
use crate::rule_tests;
use crate::scalar::Period;
use crate::source::Spot;
use crate::template::{Template, Words};

/// What is wrong with a text; the range counts bytes of the text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Flaw {
    pub code: &'static str,
    pub range: Option<Range<usize>>,
    pub message: String,
    pub hint: Option<String>,
}

impl Flaw {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Flaw { code, range: None, message: message.into(), hint: None }
    }

    pub fn at(self, range: Range<usize>) -> Self {
        Flaw { range: Some(range), ..self }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Flaw { hint: Some(hint.into()), ..self }
    }
}

/// Every flaw of a text that should have this format. A format that is not ours has none.
pub(crate) fn check(format: &str, text: &str) -> Vec<Flaw> {
    let result = match format {
        "andon-duration" => Period::parse(text).map(drop),
        "andon-interval" => interval(text),
        // As Prometheus has it: 0 is the interval that holds for all.
        "andon-interval-or-none" => match Period::parse(text) {
            Ok(Period::ZERO) => Ok(()),
            _ => interval(text),
        },
        "andon-turn" => turn(text),
        "andon-jump" => Period::parse(text.trim_start_matches('-')).map(drop),
        "andon-promql" => return query::check(text),
        "andon-cedar" => return policies(text),
        "andon-cel" => return expression::check_condition(text),
        "andon-item-cel" => return expression::check_item_condition(text),
        "andon-item-text" => return expression::check_item_text(text),
        "andon-json-pointer" => ensure(text.is_empty() || text.starts_with('/'), || {
            format!("`{text}` is not a JSON Pointer: it begins with a slash")
        }),
        "andon-header" => ensure(is_header(text), || format!("`{text}` is not the name of a header")),
        "andon-topic" => ensure(is_topic(text), || {
            format!("`{text}` is not the ARN of a topic such as arn:aws:sns:eu-west-1:123456789012:alarms")
        }),
        "andon-text" => return expression::check_text(text),
        "andon-template" => return expression::check_template(text),
        "andon-rule-text" => return Template::parse(text).err().map(Flaw::from).into_iter().collect(),
        "andon-words" => return Words::parse(text).err().map(Flaw::from).into_iter().collect(),
        "andon-time" => {
            text.parse::<Timestamp>().map(drop).map_err(|_| format!("`{text}` is not a time with its offset"))
        }
        "andon-date" => text.parse::<civil::Date>().map(drop).map_err(|_| format!("`{text}` is not a date")),
        "andon-time-of-day" => time_of_day(text),
        "andon-zone" => TimeZoneDatabase::bundled()
            .get(text)
            .map(drop)
            .map_err(|_| format!("`{text}` is not a time zone such as Europe/Madrid or UTC")),
        "andon-location" => alertmanager::location(text),
        "andon-secret" => secret(text),
        "andon-pattern" => pattern(text),
        "andon-ref-team" => bare("team", text).map(drop),
        "andon-ref-service" => bare("service", text).map(drop),
        "andon-whom" => Whom::parse(text).map(drop),
        "andon-listen" => text
            .parse::<std::net::SocketAddr>()
            .map(drop)
            .map_err(|_| format!("`{text}` is not ADDRESS:PORT")),
        "andon-network" => Network::parse(text).map(drop),
        "andon-grant" => text.parse::<Grant>().map(drop),
        "andon-issuer" => ensure(is_issuer(text), || {
            format!("`{text}` is no provider to be trusted: https://HOST, or http:// on this machine")
        }),
        "andon-host-port" => host_port(text),
        "andon-mail" => {
            let well = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
            ensure(well, || format!("`{text}` is not a mail address"))
        }
        "andon-path" => {
            ensure(text.starts_with('/'), || format!("`{text}` is not a path: it begins with a slash"))
        }
        "andon-url" => ensure(text.starts_with("http://") || text.starts_with("https://"), || {
            format!("`{text}` is not an address: it begins with http:// or https://")
        }),
        "andon-http-url" => http_url(text).map_err(|flaw| format!("`{text}` is not an address: {flaw}")),
        // Not said again: it has a key in it.
        "andon-secret-url" => http_url(text).map_err(|flaw| format!("this is not an address: {flaw}")),
        "andon-smarthost" => ensure(text.is_empty() || alertmanager::smarthost(text).is_some(), || {
            format!("`{text}` is not HOST:PORT")
        }),
        "andon-proxy" => ensure(text.is_empty() || is_proxy(text), || {
            format!("`{text}` is no address of a proxy: http://HOST:PORT, and https:// where it speaks TLS")
        }),
        "andon-currency" => ensure(text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()), || {
            format!("`{text}` is not a currency: three capital letters such as EUR")
        }),
        "andon-metric-name" => ensure(is_metric_name(text), || format!("`{text}` is not a metric name")),
        "andon-input-source" => input_source(text),
        "andon-name" => ensure(is_name(text), || {
            format!(
                "`{text}` is not a name: small letters, digits, - and ., at most 63, a letter or digit first"
            )
        }),
        "andon-id" => {
            ensure(is_id(text), || format!("`{text}` is not an id: a letter, then letters, digits, _"))
        }
        "andon-re2" => {
            re2::compile(text, Dot::Any).map(drop).map_err(|why| format!("not a regular expression: {why}"))
        }
        "andon-alert-matchers" => AlertMatcher::list(text).map(drop),
        "andon-minute" => alertmanager::minute(text).map(drop),
        "andon-weekdays" => Stretch::<alertmanager::Weekdays>::parse(text).map(drop),
        "andon-days-of-month" => Stretch::<alertmanager::DaysOfMonth>::parse(text).map(drop),
        "andon-months" => Stretch::<alertmanager::Months>::parse(text).map(drop),
        "andon-years" => Stretch::<alertmanager::Years>::parse(text).map(drop),
        "andon-relabel-action" => relabel::Action::parse(text).map(drop),
        "andon-bytes" => ByteSize::parse(text).map(drop),
        "andon-record-kind" => RecordKind::parse(text).map(drop),
        "andon-target-file" => target_file(text),
        "andon-labelled" => labelled(text),
        "andon-points" => andon_promql::script::points(text).map(drop).map_err(|error| error.to_string()),
        "andon-float" => rule_tests::float(text).map(drop),
        "andon-beginning" => rule_tests::beginning(text).map(drop),
        "andon-matchers" => match AlertMatcher::list(text) {
            Ok(list) => ensure(!list.is_empty(), || "no matcher says what is meant".to_owned()),
            Err(why) => Err(why),
        },
        "andon-series" => return query::check_series(text),
        "andon-values" => return values(text),
        _ => Ok(()),
    };
    result.err().map(|message| Flaw::new("wrong-value", message)).into_iter().collect()
}

fn ensure(well: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if well { Ok(()) } else { Err(message()) }
}

fn policies(text: &str) -> Vec<Flaw> {
    let code = if Policies::ARE_READ { "cedar" } else { "without-cedar" };
    let flaws = Policies::flaws(text).into_iter();
    flaws.map(|flaw| Flaw { code, range: flaw.range, message: flaw.message, hint: flaw.hint }).collect()
}

/// Labels and nothing behind them; no labels at all is one without any.
fn labelled(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let (_, rest) = andon_promql::script::series(text).map_err(|error| error.to_string())?;
    ensure(rest.trim().is_empty(), || format!("`{}` is too much behind the labels", rest.trim()))
}

fn interval(text: &str) -> Result<(), String> {
    let period = Period::parse(text)?;
    ensure(period >= Period(std::time::Duration::from_millis(10)), || {
        "at least 10ms is needed here".to_owned()
    })
}

fn turn(text: &str) -> Result<(), String> {
    let period = Period::parse(text)?;
    let day = 24 * 60 * 60 * 1000;
    ensure(period > Period::ZERO && period.as_millis() % day == 0, || {
        format!("a turn is whole days or weeks, not {text}")
    })
}

fn time_of_day(text: &str) -> Result<(), String> {
    let shaped = text.len() == 5 && text.as_bytes()[2] == b':';
    let well = shaped && civil::Time::strptime("%H:%M", text).is_ok();
    ensure(well, || format!("`{text}` is not a time of day such as 09:00"))
}

fn secret(text: &str) -> Result<(), String> {
    let Some(name) = text.strip_prefix("secret:") else { return Ok(()) };
    let well = matches!(name.split_once('/'), Some(("env" | "file", rest)) if !rest.is_empty());
    ensure(well, || format!("`{text}` names no secret: write secret:env/NAME or secret:file/PATH"))
}

fn pattern(text: &str) -> Result<(), String> {
    crate::runbook::compile(text).map(drop).map_err(|error| {
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("not a regular expression: {last}")
    })
}

/// As Prometheus wants it: one `*` at most, and only in the last part.
fn target_file(text: &str) -> Result<(), String> {
    let known = [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"].iter().any(|end| text.ends_with(end));
    let stars = text.split_once('*').is_none_or(|(_, rest)| !rest.contains(['/', '*']));
    ensure(known && stars, || {
        format!(
            "`{text}` is no file of targets: it ends in .json, .yml or .yaml, and only its last part may have a `*`"
        )
    })
}

fn host_port(text: &str) -> Result<(), String> {
    let well =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    ensure(well, || format!("`{text}` is not HOST:PORT"))
}

/// With a host behind its scheme.
pub(crate) fn is_http_url(text: &str) -> bool {
    http_url(text).is_ok()
}

/// What Go reads as an address, but for spaces; the error does not say the text again, which may have a key in it.
pub(crate) fn http_url(text: &str) -> Result<(), &'static str> {
    let rest = text
        .split_once("://")
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        .map(|(_, rest)| rest);
    let Some(rest) = rest else { return Err("http:// or https://, and a host") };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() {
        return Err("http:// or https://, and a host");
    }
    if text.contains(' ') {
        return Err("a space in it is written %20");
    }
    if text.contains(char::is_control) {
        return Err("it holds a control character");
    }
    if host.contains(['{', '}', '|', '\\', '^', '`']) {
        return Err("its host holds what no host does; nothing is filled in from the environment");
    }
    // What is in brackets has colons of its own.
    let port = host.rsplit_once(']').map_or(host, |(_, rest)| rest).split_once(':');
    if port.is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("a port is a number");
    }
    let path = path.split('?').next().unwrap_or_default();
    let escapes = path.split('%').skip(1);
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !escapes.into_iter().all(is_escape) {
        return Err("a % that is meant is written %25");
    }
    Ok(())
}

/// As Prometheus reads it: a name and its port may stand alone; an address needs the scheme.
fn is_proxy(text: &str) -> bool {
    if text.contains("://") {
        return is_http_url(text);
    }
    let host = text.split('/').next().unwrap_or_default();
    let is_named = host.starts_with(|c: char| c.is_ascii_alphabetic()) || !host.contains(':');
    !host.is_empty() && is_named && !text.contains(|c: char| c.is_control() || c == ' ')
}

/// Https, or this machine.
fn is_issuer(text: &str) -> bool {
    let plain =
        text.strip_prefix("http://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let here = |authority: &str| {
        let name = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        andon_vocabulary::is_this_machine(name)
    };
    is_http_url(text) && !text.contains(['?', '#', '@']) && plain.is_none_or(here)
}

fn is_metric_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
        if partition.starts_with("aws") && ![region, account, name].iter().any(|part| part.is_empty()))
}

fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// As in Kubernetes; names end up in addresses, labels and file names.
fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
}

fn input_source(text: &str) -> Result<(), String> {
    let label = text.strip_prefix("alert.labels.").is_some_and(is_id);
    ensure(text == "alert.service" || label, || {
        format!("`{text}` is no source of inputs: write alert.service or alert.labels.NAME")
    })
}

/// promtool's notation: `1 2 _ stale 3x5 1+2x10 5-1x3 _x4`.
fn values(text: &str) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for word in text.split_ascii_whitespace() {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        if !is_value(word) {
            let message = format!("`{word}` is not in promtool's notation");
            let flaw = Flaw::new("wrong-value", message).at(start..start + word.len());
            flaws.push(
                flaw.hint("such as `1`, `5x10` (5, eleven times), `0+2x10` (0, 2, … 20), `_` or `stale`"),
            );
        }
    }
    flaws
}

fn is_value(word: &str) -> bool {
    let (value, times) = word.split_once('x').map_or((word, None), |(value, times)| (value, Some(times)));
    if times.is_some_and(|times| times.parse::<u32>().is_err()) {
        return false;
    }
    let number = |text: &str| text.parse::<f64>().is_ok();
    if value == "_" || (value == "stale" && times.is_none()) || number(value) {
        return true;
    }
    // The step's sign is the last one that is not part of an exponent or at the beginning.
    let sign = value
        .char_indices()
        .skip(1)
        .filter(|(at, c)| matches!(c, '+' | '-') && !value[..*at].ends_with(['e', 'E']));
    times.is_some() && sign.last().is_some_and(|(at, _)| number(&value[..at]) && number(&value[at + 1..]))
}

/// Where a range of a text stands in the file. Escapes, folding and indentation make the text differ from the
/// bytes it was written with, so the two are walked together.
pub(crate) fn place(source: &str, spot: &Spot, text: &str, range: Range<usize>) -> Spot {
    let written = &source[spot.span.clone()];
    let mut at = 0;
    if written.starts_with(['|', '>']) {
        at = written.find('\n').map_or(0, |line| line + 1);
    }
    let mut positions = Vec::with_capacity(text.len() + 1);
    for c in text.chars() {
        let rest = &written[at..];
        let skipped = if c.is_whitespace() {
            0
        } else {
            let skip =
                rest.find(|w: char| !w.is_whitespace() && !matches!(w, '"' | '\'' | '\\')).unwrap_or(0);
            if rest.starts_with(c) { 0 } else { skip }
        };
        let here = at + skipped;
        positions.extend(std::iter::repeat_n(here, c.len_utf8()));
        if written[here..].starts_with(c) {
            at = here + c.len_utf8();
        }
    }
    positions.push(at);
    let find = |offset: usize| spot.span.start + positions[offset.min(positions.len() - 1)];
    let start = find(range.start);
    // The end is found from the last character inside, so that it never reaches into the next line.
    let last = range.end.max(range.start + 1) - 1;
    let end = (find(last) + 1).max(start + 1).min(spot.span.end.max(start));
    Spot { file: spot.file, span: start..end }
}
