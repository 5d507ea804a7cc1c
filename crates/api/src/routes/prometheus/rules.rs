//! Rules and their alerts, group by group.

use std::collections::BTreeMap;
use std::str::FromStr;

use andon_cycle::State as Cycle;
use andon_definitions::{AlertingRule, RecordingRule, Rule, RuleGroup};
use andon_monitor::{Alert, Evaluated, Phase};
use andon_timeseries::Matchers;
use andon_vocabulary::{Labels, Name, Timestamp};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::failure::Failure;
use super::form::Form;
use super::{Site, encode, go};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Discovery {
    groups: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    file: String,
    rules: Vec<One>,
    interval: f64,
    limit: u64,
    evaluation_time: f64,
    #[serde(serialize_with = "encode::time")]
    last_evaluation: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum One {
    Alerting(Box<Alerting>),
    Recording(Recording),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alerting {
    state: &'static str,
    name: String,
    query: String,
    duration: f64,
    keep_firing_for: f64,
    #[serde(serialize_with = "encode::labels")]
    labels: Labels,
    #[serde(serialize_with = "encode::labels")]
    annotations: Labels,
    /// `null` where they are not wanted.
    alerts: Option<Vec<Active>>,
    #[serde(flatten)]
    run: Run,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recording {
    name: String,
    query: String,
    #[serde(serialize_with = "encode::labels", skip_serializing_if = "Labels::is_empty")]
    labels: Labels,
    #[serde(flatten)]
    run: Run,
    r#type: &'static str,
}

/// How its last evaluation went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    health: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    last_error: String,
    evaluation_time: f64,
    #[serde(serialize_with = "encode::time")]
    last_evaluation: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    #[serde(serialize_with = "encode::labels")]
    labels: Labels,
    #[serde(serialize_with = "encode::labels")]
    annotations: Labels,
    state: &'static str,
    #[serde(serialize_with = "encode::time")]
    active_at: Option<Timestamp>,
    #[serde(serialize_with = "encode::time", skip_serializing_if = "Option::is_none")]
    keep_firing_since: Option<Timestamp>,
    value: String,
}

/// Which groups and rules are wanted.
struct Asked {
    names: Vec<String>,
    groups: Vec<String>,
    files: Vec<String>,
    any_of: Vec<Matchers>,
    alerting: bool,
    recording: bool,
    alerts: bool,
    page: Option<Page>,
}

struct Page {
    groups: usize,
    from: String,
}

pub async fn alerts(State(site): State<Site>) -> Result<Response, Failure> {
    #[derive(Serialize)]
    struct Alerts {
        alerts: Vec<Active>,
    }
    let view = site.port.view();
    let mut alerts = Vec::new();
    for (name, rule) in view.catalog().rules.iter().flat_map(RuleGroup::named) {
        if let Rule::Alerting(rule) = rule {
            alerts.extend(active(&view, &name, rule));
        }
    }
    encode::answer(&Alerts { alerts })
}

pub async fn list(State(site): State<Site>, form: Form) -> Result<Response, Failure> {
    let asked = Asked::of(&form)?;
    let view = site.port.view();
    let evaluated = site.port.metrics().evaluations();
    let mut groups = Vec::new();
    let mut next = None;
    let mut is_reached = asked.page.as_ref().is_none_or(|page| page.from.is_empty());
    for group in &view.catalog().rules {
        is_reached |= asked.page.as_ref().is_some_and(|page| page.from == token(group));
        if !is_reached || !asked.wants(group) {
            continue;
        }
        let shown = shown(group, &asked, &view, &evaluated);
        if shown.rules.is_empty() {
            continue;
        }
        if asked.page.as_ref().is_some_and(|page| groups.len() == page.groups) {
            next = Some(token(group));
            break;
        }
        groups.push(shown);
    }
    match &asked.page {
        Some(page) if !is_reached => {
            let why = format!("invalid group_next_token '{}'. were rule groups changed?", page.from);
            Err(Failure::parameter("group_next_token", why))
        }
        _ => encode::answer(&Discovery { groups, group_next_token: next }),
    }
}

impl Asked {
    fn of(form: &Form) -> Result<Asked, Failure> {
        let all = |name| form.all(name).map(str::to_owned).collect();
        let any_of = form.selectors().map_err(Failure::bad_data)?;
        let kind = form.get("type").to_lowercase();
        if !["", "alert", "record"].contains(&kind.as_str()) {
            return Err(Failure::parameter("type", format!("not supported value {}", go::quote(&kind))));
        }
        Ok(Asked {
            names: all("rule_name[]"),
            groups: all("rule_group[]"),
            files: all("file[]"),
            any_of,
            alerting: kind != "record",
            recording: kind != "alert",
            alerts: !flag(form, "exclude_alerts")?,
            page: Page::of(form)?,
        })
    }

    fn wants(&self, group: &RuleGroup) -> bool {
        let among = |set: &[String], one: &str| set.is_empty() || set.iter().any(|name| name == one);
        among(&self.groups, &group.name) && among(&self.files, &group.origin.file)
    }

    fn wants_rule(&self, name: &str, labels: &Labels) -> bool {
        let is_named = self.names.is_empty() || self.names.iter().any(|wanted| wanted == name);
        let fits = |set: &Matchers| set.iter().all(|matcher| matcher.matches(labels));
        is_named && (self.any_of.is_empty() || self.any_of.iter().any(fits))
    }
}

impl Page {
    fn of(form: &Form) -> Result<Option<Page>, Failure> {
        let (limit, from) = (form.get("group_limit"), form.get("group_next_token"));
        if limit.is_empty() {
            let why = "group_limit needs to be present in order to paginate over the groups";
            return if from.is_empty() { Ok(None) } else { Err(Failure::parameter("group_next_token", why)) };
        }
        let wrong = |why: String| Failure::parameter("group_limit", why);
        let groups = i32::from_str(limit).map_err(|_| {
            let quoted = go::quote(limit);
            wrong(format!(
                "group_limit needs to be a valid number: strconv.ParseInt: parsing {quoted}: invalid syntax"
            ))
        })?;
        match usize::try_from(groups) {
            Ok(groups) if groups > 0 => Ok(Some(Page { groups, from: from.to_owned() })),
            _ => Err(wrong("group_limit needs to be greater than 0".to_owned())),
        }
    }
}

fn flag(form: &Form, name: &str) -> Result<bool, Failure> {
    match form.get(name).to_lowercase().as_str() {
        "" | "0" | "f" | "false" => Ok(false),
        "1" | "t" | "true" => Ok(true),
        other => {
            let quoted = go::quote(other);
            let why = format!("error converting {name}: strconv.ParseBool: parsing {quoted}: invalid syntax");
            Err(Failure::parameter(name, why))
        }
    }
}

/// Where a page begins: it names a group, and nothing more.
fn token(group: &RuleGroup) -> String {
    let named = Labels::new([("file", &*group.origin.file), ("group", group.full_name())]);
    format!("{:016x}", named.fingerprint())
}

fn shown(group: &RuleGroup, asked: &Asked, view: &Cycle, evaluated: &BTreeMap<Name, Evaluated>) -> Group {
    let mut shown = Group {
        name: group.name.clone(),
        file: group.origin.file.clone(),
        rules: Vec::new(),
        interval: view.catalog().interval_of(group).as_secs_f64(),
        limit: group.limit.unwrap_or(0),
        evaluation_time: 0.0,
        last_evaluation: None,
    };
    for (name, rule) in group.named() {
        let run = run(&name, view, evaluated.get(&*name));
        shown.evaluation_time += run.evaluation_time;
        shown.last_evaluation = shown.last_evaluation.max(run.last_evaluation);
        match rule {
            Rule::Alerting(rule) if asked.alerting => {
                let labels = texts(&group.labels).merged(&texts(&rule.labels));
                if asked.wants_rule(&rule.alert, &labels) {
                    let alerts = active(view, &name, rule).collect();
                    let one = alerting(rule, labels, run, alerts, asked.alerts);
                    shown.rules.push(One::Alerting(Box::new(one)));
                }
            }
            Rule::Recording(rule) if asked.recording => {
                let labels: Labels =
                    rule.labels.iter().map(|(name, value)| (&**name, value.to_string())).collect();
                if asked.wants_rule(&rule.record, &labels) {
                    shown.rules.push(One::Recording(recording(rule, labels, run)));
                }
            }
            _ => {}
        }
    }
    shown
}

fn alerting(
    rule: &AlertingRule,
    labels: Labels,
    run: Run,
    alerts: Vec<Active>,
    with_alerts: bool,
) -> Alerting {
    let state = if alerts.iter().any(|alert| alert.state == "firing") {
        "firing"
    } else if alerts.is_empty() {
        "inactive"
    } else {
        "pending"
    };
    Alerting {
        state,
        name: rule.alert.clone(),
        query: written(&rule.expr),
        duration: rule.held_for.as_secs_f64(),
        keep_firing_for: rule.keep_firing_for.as_secs_f64(),
        labels,
        annotations: texts(&rule.annotations),
        alerts: with_alerts.then_some(alerts),
        run,
        r#type: "alerting",
    }
}

fn recording(rule: &RecordingRule, labels: Labels, run: Run) -> Recording {
    Recording { name: rule.record.clone(), query: written(&rule.expr), labels, run, r#type: "recording" }
}

fn run(name: &str, view: &Cycle, evaluated: Option<&Evaluated>) -> Run {
    let failing = view.monitor.failing.get(name).map(|failing| failing.error.clone());
    let error = evaluated.and_then(|evaluated| evaluated.error.clone()).or(failing);
    let health = match (&error, evaluated) {
        (Some(_), _) => "err",
        (None, Some(_)) => "ok",
        (None, None) => "unknown",
    };
    Run {
        health,
        last_error: error.unwrap_or_default(),
        evaluation_time: evaluated.map_or(0.0, |evaluated| evaluated.took.as_secs_f64()),
        last_evaluation: evaluated.map(|evaluated| evaluated.at),
    }
}

/// The alerts of a rule. One that is lost from sight still fires: nobody has seen it end.
fn active<'a>(view: &'a Cycle, name: &'a str, rule: &'a AlertingRule) -> impl Iterator<Item = Active> + 'a {
    view.monitor.of_rule(name).map(|alert| {
        let mut value = Vec::new();
        go::scientific(alert.value.0, &mut value);
        Active {
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            state: if matches!(alert.phase, Phase::Pending { .. }) { "pending" } else { "firing" },
            active_at: Some(alert.since()),
            keep_firing_since: kept_since(alert, rule),
            value: String::from_utf8_lossy(&value).into_owned(),
        }
    })
}

fn kept_since(alert: &Alert, rule: &AlertingRule) -> Option<Timestamp> {
    match alert.phase {
        Phase::Firing { held_until: Some(until), .. } => Some(until - *rule.keep_firing_for),
        _ => None,
    }
}

fn texts<T: std::fmt::Display>(texts: &BTreeMap<String, T>) -> Labels {
    texts.iter().map(|(name, text)| (&**name, text.to_string())).collect()
}

/// The usual way, whatever way it was written.
fn written(query: &str) -> String {
    andon_promql::parse(query).map_or_else(|_| query.to_owned(), |expr| expr.to_string())
}
