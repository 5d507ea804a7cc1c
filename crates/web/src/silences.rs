//! Silences: what a new one would match, before it is set; and those that are, will be or were in force.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use andon_definitions::Period;
use andon_definitions::alertmanager::AlertMatcher;
use andon_monitor::{Alert, SilencePhase, Silenced};
use andon_vocabulary::{AlertId, Command, Silence, SilenceId, SuppressedBy, Timestamp, Weekly};
use axum::extract::{Form, Path, Query};
use axum::response::Response;
use form_urlencoded::Serializer;
use maud::{Markup, html};

use crate::chips::{self, Tone};
use crate::forms::{self, form};
use crate::layout::{Place, banner, card};
use crate::listing::Head::{Actions, Number, Text};
use crate::listing::{Rows, listing};
use crate::may::offer;
use crate::times::{ticking, time};
use crate::visit::Visit;

/// Longer lists help nobody.
const SHOWN_MAX: usize = 50;
/// Of what a new silence would match, so many stand above the button that sets it.
const PREVIEWED: usize = 8;
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

type Fields = BTreeMap<String, String>;

/// What a new silence is to be.
struct Asked {
    matchers: Vec<AlertMatcher>,
    text: String,
    lasts: Duration,
    lasts_text: String,
    comment: String,
    /// Only in these hours; as it was written, too.
    weekly: Option<Weekly>,
    owner: Option<String>,
    /// What is more urgent than all that it silences now, too.
    whatever_severity: bool,
}

impl Asked {
    fn of(fields: &Fields) -> Result<Asked, String> {
        let text = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let (matchers, lasts_text) = (text("matchers"), text("for"));
        let list = AlertMatcher::list(&matchers)?;
        if list.is_empty() {
            return Err(r#"say which alerts are meant, such as alertname="TargetDown""#.to_owned());
        }
        let lasts = *Period::parse(&lasts_text)?;
        if lasts > LONGEST {
            return Err("no silence lasts longer than a year".to_owned());
        }
        let given = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
        Ok(Asked {
            matchers: list,
            text: matchers,
            lasts,
            lasts_text,
            comment: text("comment"),
            weekly: given("weekly").map(|text| text.parse()).transpose()?,
            owner: given("owner"),
            whatever_severity: fields.contains_key("whatever"),
        })
    }

    fn silence(&self, visit: &Visit, key: &str, from: Timestamp) -> Silence {
        Silence {
            weekly: self.weekly.clone(),
            owner: self.owner.as_deref().map(Into::into),
            lift_on_severity: !self.whatever_severity,
            ..Silence::new(
                id_of(key),
                self.matchers.iter().map(AlertMatcher::plain).collect(),
                from,
                from + self.lasts,
                visit.me.to_string(),
                self.comment.clone(),
            )
        }
    }
}

pub async fn page(visit: Visit, Query(fields): Query<Fields>) -> Response {
    let asked = fields.contains_key("matchers").then(|| Asked::of(&fields));
    let view = visit.view.clone();
    let in_phase = |is: fn(&SilencePhase) -> bool| -> Vec<&Silenced> {
        let mut found: Vec<&Silenced> =
            view.monitor.silences.all().filter(|silenced| is(&silenced.phase)).collect();
        found.sort_by_key(|silenced| (silenced.silence.ends_at, silenced.silence.id));
        found
    };
    let active = in_phase(|phase| matches!(phase, SilencePhase::Active));
    let pending = in_phase(|phase| matches!(phase, SilencePhase::Pending));
    let mut ended = in_phase(|phase| matches!(phase, SilencePhase::Ended { .. }));
    ended.reverse();
    let content = html! {
        header.title { h1 { "Silences" } }
        (card("new", "New silence", None, question(&fields)))
        @match &asked {
            Some(Ok(asked)) => (preview(&visit, asked)),
            Some(Err(why)) => (banner("wrong", "warn", html! { h2 { "That is no silence yet" } p { (why) } })),
            None => {}
        }
        (card("active", "In force", None, list(&visit, &active, "Nobody is kept from hearing of anything.")))
        @if !pending.is_empty() { (card("pending", "To come", None, list(&visit, &pending, ""))) }
        @if !ended.is_empty() { (card("ended", "Over", Some("of the last five days"), list(&visit, &ended, ""))) }
    };
    visit.page(Place::Silences, "Silences", content)
}

fn question(fields: &Fields) -> Markup {
    let value = |name: &str, otherwise: &str| fields.get(name).map_or(otherwise, String::as_str).to_owned();
    html! {
        form.inline method="get" action="/silences" {
            label.grow { "Alerts with all of"
                input name="matchers" required value=(value("matchers", "")) maxlength="4096" autocomplete="off" spellcheck="false"
                    placeholder=r#"alertname="TargetDown", service=~"shop|checkout""#; }
            label { "For" input name="for" required value=(value("for", "2h")) size="6" autocomplete="off"; }
            label { "Why" input name="comment" value=(value("comment", "")) maxlength="1000" autocomplete="off"; }
            label { "Only in the hours" input name="weekly" value=(value("weekly", "")) maxlength="100" autocomplete="off" placeholder="tue 02:00-04:00 Europe/Madrid"; }
            label { "Owner" input name="owner" value=(value("owner", "")) maxlength="100" size="10" autocomplete="off" placeholder="whoever makes it"; }
            label.check { input type="checkbox" name="whatever" checked[fields.contains_key("whatever")]; "What is more urgent, too" }
            button { "Show what it matches" }
        }
    }
}

/// What fires now and would no longer be told of; only from here can it be set.
fn preview(visit: &Visit, asked: &Asked) -> Markup {
    let alerts = &visit.view.monitor.alerts;
    let matched: Vec<(AlertId, &Alert)> =
        visit.view.monitor.silenced_by(&asked.matchers).map(|id| (id, &*alerts[&id])).collect();
    let fires = alerts.values().filter(|alert| alert.fired_at().is_some()).count();
    html! {
        (card("preview", "It matches now", Some(&format!("{} of {fires} alerts that fire", matched.len())), html! {
            @if matched.is_empty() { p.muted { "No alert that fires. What begins to fire later and matches is silenced too." } }
            @else {
                (named(&matched[..matched.len().min(PREVIEWED)]))
            }
            @let may = visit.may_say(&Command::Silence { silence: asked.silence(visit, "", visit.now).into(), replaces: None });
            (offer(may, "Silence", || form("/silences", "/silences", "row", html! {
                input type="hidden" name="matchers" value=(asked.text);
                input type="hidden" name="for" value=(asked.lasts_text);
                input type="hidden" name="from" value=(visit.now.as_ms());
                input type="hidden" name="comment" value=(asked.comment);
                @if let Some(weekly) = &asked.weekly { input type="hidden" name="weekly" value=(weekly); }
                @if let Some(owner) = &asked.owner { input type="hidden" name="owner" value=(owner); }
                @if asked.whatever_severity { input type="hidden" name="whatever" value="on"; }
                button.primary { "Silence until " (time(visit.now + asked.lasts, visit.now)) }
            })))
            @if let Some(others) = matched.get(PREVIEWED..).filter(|others| !others.is_empty()) {
                details {
                    summary { (others.len()) " more that it matches" }
                    (named(&others[..others.len().min(SHOWN_MAX)]))
                    @if others.len() > SHOWN_MAX { p.muted { a href=(alerts_link(asked)) { "All of them" } "." } }
                }
            }
        }))
    }
}

fn named(alerts: &[(AlertId, &Alert)]) -> Markup {
    html! {
        ul.rows.tight {
            @for (_, alert) in alerts {
                li { span { b { (alert.labels.get("alertname").unwrap_or(&alert.rule)) } " " small.labels { (alert.labels.without(&["alertname"])) } } }
            }
        }
    }
}

/// The page of alerts, with these alone.
fn alerts_link(asked: &Asked) -> String {
    format!("/alerts?{}", Serializer::new(String::new()).append_pair("q", &asked.text).finish())
}

fn list(visit: &Visit, silences: &[&Silenced], none: &str) -> Markup {
    html! {
        @if silences.is_empty() { p.muted { (none) } }
        @else {
            (listing("Silences", Rows::Stacked, &[Text("Alerts with"), Text("Why"), Text("By"), Text("Until"), Number("Alerts"), Actions], html! {
                @for silenced in silences.iter().take(SHOWN_MAX) { (row(visit, silenced)) }
            }))
            @if silences.len() > SHOWN_MAX { p.muted { (silences.len() - SHOWN_MAX) " more; " code { "amtool silence query" } " lists them all." } }
        }
    }
}

fn row(visit: &Visit, silenced: &Silenced) -> Markup {
    let Silence { id, starts_at, ends_at, created_by, posted_by, comment, weekly, owner, .. } =
        &silenced.silence;
    let (matchers, maintenance) = (silenced.silence.shown(), &silenced.silence.maintenance);
    let by = SuppressedBy::Silence(*id);
    let alerts = visit.view.monitor.alerts.values().filter(|alert| alert.suppressed.contains(&by)).count();
    html! {
        tr data-row {
            td.wide {
                @for matcher in &matchers { code { (matcher) } " " }
                @if let Some(maintained) = maintenance { br; small { "maintenance " (maintained.name) } }
                @if let Some(up_to) = &silenced.silence.up_to { br; small { "nothing more urgent than " (up_to) } }
            }
            td { @if comment.is_empty() { span.muted { "no reason given" } } @else { (comment) } }
            td {
                (created_by)
                @if let Some(posted) = posted_by { br; small { "posted as " (posted) } }
                @if let Some(owner) = owner.as_ref().filter(|owner| ***owner != **created_by) { br; small { "for " (owner) } }
            }
            td {
                @match &silenced.phase {
                    SilencePhase::Pending => { "from " (time(silenced.due, visit.now)) @if weekly.is_none() { " to " (time(*ends_at, visit.now)) } }
                    SilencePhase::Active if weekly.is_some() => { (time(silenced.due, visit.now)) }
                    SilencePhase::Active => { (time(*ends_at, visit.now)) " " small { "for " (ticking(*starts_at, visit.now)) " already" } }
                    SilencePhase::Ended { at, why } => { (time(*at, visit.now)) " " small { (why) } }
                }
                @if let Some(weekly) = weekly { br; small { "every " (weekly) } }
            }
            td.num data-label="alerts" { (alerts) }
            td { @if !matches!(silenced.phase, SilencePhase::Ended { .. }) {
                @let may = visit.may_say(&Command::LiftSilence { silence: *id });
                (offer(may, "Lift", || form(&format!("/silences/{id}/lift"), "/silences", "", html! { button { "Lift" } })))
            } }
        }
    }
}

pub async fn set(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let asked = match Asked::of(&fields) {
        Ok(asked) => asked,
        Err(why) => return forms::refused(&fields, why),
    };
    // As it was shown: what is sent twice is the same command.
    let from = fields.get("from").and_then(|ms| ms.parse().ok()).map_or(visit.now, Timestamp::from_ms);
    let silence = asked.silence(&visit, fields.get("key").map_or("", String::as_str), from);
    forms::tell(visit, &fields, Command::Silence { silence: silence.into(), replaces: None }).await
}

pub async fn lift(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    match id.parse() {
        Ok(silence) => forms::tell(visit, &fields, Command::LiftSilence { silence }).await,
        Err(why) => forms::refused(&fields, why),
    }
}

/// The same form asks for the same silence, and no other one does: no two forms have the same key.
fn id_of(key: &str) -> SilenceId {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, key).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    SilenceId::from_bits(half(0) << 64 | half(1))
}

/// Maintenance that goes on; of one service, where it is asked for.
pub fn maintenance(visit: &Visit, of: Option<&str>) -> Markup {
    let concerns = |one: &&Silenced| {
        let services = one.silence.maintenance.as_ref().map(|maintained| &maintained.services);
        of.is_none_or(|of| services.is_some_and(|services| services.iter().any(|name| **name == *of)))
    };
    let going_on: Vec<&Silenced> = visit.view.monitor.silences.maintenance().filter(concerns).collect();
    html! {
        @if !going_on.is_empty() {
            (banner("maintenance", "info", html! {
                h2 { "Maintenance: nobody is told of alerts" }
                ul { @for one in going_on.iter().take(SHOWN_MAX) {
                    @if let Some(maintained) = &one.silence.maintenance {
                        li { b { (maintained.services.join(", ")) } " until " (time(one.due, visit.now)) ": " (one.silence.comment) " (" a href="/silences" { (maintained.name) } ", " (one.silence.created_by) ")" }
                    }
                } }
            }))
        }
    }
}

/// Why nobody is told of an alert, or where a silence of it begins.
pub fn of_alert(visit: &Visit, alert: &Alert) -> Markup {
    html! {
        @for by in &alert.suppressed {
            @match by {
                SuppressedBy::Silence(_) => { " " a href="/silences" { (chips::chip(Tone::Plain, "silenced")) } }
                SuppressedBy::Alert(id) | SuppressedBy::Cause(id) => {
                    @let cause = visit.view.monitor.alerts.get(id).map(|alert| (alert.labels.get("alertname").unwrap_or(&alert.rule), &alert.service));
                    " " (chips::chip(Tone::Plain, "inhibited")) " " small { "by " (cause.map_or("another alert", |(name, _)| name)) @if let (SuppressedBy::Cause(_), Some((_, Some(service)))) = (by, cause) { " of " (service) ", which it depends on" } }
                }
            }
        }
    }
}

/// A page with a silence of just this alert, to be looked at.
pub fn link(alert: &Alert) -> String {
    let matcher = |(name, value): (&str, &str)| AlertMatcher::equal(name, value).to_string();
    let matchers: Vec<String> = alert.labels.iter().map(matcher).collect();
    link_of(&matchers.join(", "))
}

/// A page with a silence of what has all of these, to be looked at.
pub fn link_of(matchers: &str) -> String {
    let mut query = Serializer::new(String::new());
    format!("/silences?{}", query.append_pair("matchers", matchers).append_pair("for", "2h").finish())
}
