//! What people say through forms: each becomes a command, and its answer is shown on the page they came from.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use andon_api::{TellError, is_reserved};
use andon_vocabulary::{Closing, Command, Name, PersonAnswer, Receipt, Timestamp, Told, Via};
use axum::extract::{Form, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::flash::{self, Flash};
use crate::visit::{PERSON, THEME, Visit, is_known};

type Fields = Form<BTreeMap<String, String>>;

const A_YEAR: u32 = 365 * 24 * 3600;

/// A form that speaks to the loop. The key is made with the form: sent twice, it is the same command.
pub fn form(action: &str, back: &str, class: &str, content: Markup) -> Markup {
    html! {
        form method="post" action=(action) class=(class) id=[id_of(action)] {
            input type="hidden" name="key" value=(fresh_key());
            (token())
            input type="hidden" name="back" value=(back);
            (content)
        }
    }
}

/// What every form carries that changes something: that it is from a page of ours.
pub fn token() -> Markup {
    let token = andon_api::form_token();
    html! { @if !token.is_empty() { input type="hidden" name="form" value=(token); } }
}

/// `/runs/RUN-1/approve` → `approve-RUN-1`, so that a button elsewhere on the page can send it.
fn id_of(action: &str) -> Option<String> {
    let mut parts = action.rsplit('/');
    let (verb, id) = (parts.next()?, parts.next()?);
    verb.eq("approve").then(|| format!("{verb}-{id}"))
}

fn fresh_key() -> String {
    static RENDERED: AtomicU64 = AtomicU64::new(0);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = RENDERED.fetch_add(1, Ordering::Relaxed);
    format!("page-{:x}-{:x}-{count:x}", since_epoch.as_nanos(), std::process::id())
}

pub async fn acknowledge(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |incident| Ok(Command::Acknowledge { incident })).await
}

pub async fn resolve(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |incident| {
        Ok(Command::Resolve { incident, reason: text(&fields, "reason") })
    })
    .await
}

pub async fn note(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |incident| Ok(Command::Note { incident, text: text(&fields, "text") })).await
}

pub async fn declare(visit: Visit, fields: Fields) -> Response {
    let command = Command::Declare { service: name(&fields, "service"), title: text(&fields, "title") };
    tell(visit, &fields, command).await
}

pub async fn approve(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    let reason = Some(text(&fields, "reason")).filter(|reason| !reason.trim().is_empty());
    let (step, preview) = (name(&fields, "step"), text(&fields, "preview"));
    with_id(visit, &id, &fields, |run| Ok(Command::Approve { run, step, preview, reason })).await
}

pub async fn reject(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    let (step, reason) = (name(&fields, "step"), text(&fields, "reason"));
    with_id(visit, &id, &fields, |run| Ok(Command::Reject { run, step, reason })).await
}

pub async fn answer(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    let (step, reason) = (name(&fields, "step"), text(&fields, "reason"));
    with_id(visit, &id, &fields, |run| {
        let answer = match text(&fields, "answer").as_str() {
            "done" => PersonAnswer::Done,
            "repeat" => PersonAnswer::Repeat,
            "abort" => PersonAnswer::Abort,
            _ => return Err("say whether it happened: done, repeat or abort".to_owned()),
        };
        Ok(Command::Answer { run, step, answer, reason })
    })
    .await
}

pub async fn abort(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |run| Ok(Command::Abort { run, reason: text(&fields, "reason") })).await
}

pub async fn edit_review(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |review| {
        let [conditions, surprised, helped] =
            ["conditions", "surprised", "helped"].map(|field| text(&fields, field));
        Ok(Command::EditReview { review, conditions, surprised, helped })
    })
    .await
}

pub async fn add_action(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |review| {
        let due = end_of_day(&text(&fields, "due"))?;
        Ok(Command::AddAction { review, text: text(&fields, "text"), owner: name(&fields, "owner"), due })
    })
    .await
}

pub async fn close_review(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    with_id(visit, &id, &fields, |review| {
        let closing = match text(&fields, "with").as_str() {
            "waiver" => Closing::Waiver {
                reason: text(&fields, "reason"),
                until: end_of_day(&text(&fields, "until"))?,
            },
            _ => Closing::Change { link: text(&fields, "link") },
        };
        Ok(Command::CloseReview { review, closing })
    })
    .await
}

pub async fn halt(visit: Visit, fields: Fields) -> Response {
    tell(visit, &fields, Command::Halt { reason: text(&fields, "reason") }).await
}

pub async fn release(visit: Visit, fields: Fields) -> Response {
    tell(visit, &fields, Command::Release { reason: text(&fields, "reason") }).await
}

pub async fn me(visit: Visit, fields: Fields) -> Response {
    let person = text(&fields, "person");
    if visit.visitor.principal().is_some() {
        return refused(&fields, "you are who you signed in as".to_owned());
    }
    if !is_known(visit.catalog(), &person) {
        return refused(&fields, format!("nobody is called {person:?}"));
    }
    leave(&fields, vec![cookie(PERSON, &person, A_YEAR)])
}

pub async fn theme(fields: Fields) -> Response {
    let theme = text(&fields, "theme");
    let theme = if matches!(theme.as_str(), "light" | "dark") { theme.as_str() } else { "auto" };
    leave(&fields, vec![cookie(THEME, theme, A_YEAR)])
}

async fn with_id<T: std::str::FromStr<Err = String>>(
    visit: Visit,
    id: &str,
    fields: &Fields,
    command: impl FnOnce(T) -> Result<Command, String>,
) -> Response {
    match id.parse().and_then(command) {
        Ok(command) => tell(visit, fields, command).await,
        Err(why) => refused(fields, why),
    }
}

pub async fn tell(visit: Visit, fields: &BTreeMap<String, String>, command: Command) -> Response {
    let is_usable = |key: &String| !key.is_empty() && key.len() <= 200 && !is_reserved(key);
    let key = Some(text(fields, "key")).filter(is_usable).unwrap_or_else(fresh_key);
    if let Err(problem) = visit.visitor.may_tell(&command, &visit.view) {
        return visit.denied(&problem);
    }
    let who = visit.visitor.who(&visit.me, Via::Page);
    match visit.shared.tell(Told { who, key, command }).await {
        Ok(Receipt { done, .. }) => said(fields, true, done),
        Err(TellError::Refused(refusal)) => {
            let hint = refusal.hint.map_or_else(String::new, |hint| format!("; {hint}"));
            refused(fields, format!("{}{hint}", refusal.what))
        }
        Err(TellError::Unavailable(why)) => refused(fields, format!("{why}; try again")),
    }
}

pub fn refused(fields: &BTreeMap<String, String>, why: String) -> Response {
    said(fields, false, why)
}

pub fn said(fields: &BTreeMap<String, String>, done: bool, text: String) -> Response {
    leave(fields, vec![cookie(flash::COOKIE, &Flash { done, text }.encode(), 60)])
}

/// Back to where the form was.
pub fn leave(fields: &BTreeMap<String, String>, cookies: Vec<HeaderValue>) -> Response {
    let back = HeaderValue::from_str(safe(fields.get("back"))).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, back);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A path of ours; `//host` and `/\host` would be somebody else's, and browsers leave out tabs and ends of lines.
pub fn safe(back: Option<&String>) -> &str {
    let ours = |back: &&str| {
        back.starts_with('/') && !back[1..].starts_with(['/', '\\']) && !back.contains(char::is_control)
    };
    back.map(String::as_str).filter(ours).unwrap_or("/")
}

/// Values are letters, digits, `-` and `%` only; a person's handle is an identifier of the definitions.
pub fn cookie(name: &str, value: &str, seconds: u32) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

pub fn text(fields: &BTreeMap<String, String>, field: &str) -> String {
    fields.get(field).cloned().unwrap_or_default()
}

fn name(fields: &Fields, field: &str) -> Name {
    text(fields, field).into()
}

/// A date as `2026-11-30` means its end, so that what is due today is not late yet.
fn end_of_day(date: &str) -> Result<Timestamp, String> {
    let wrong = |_| format!("{date:?} is not a date such as 2026-11-30");
    let day: jiff::civil::Date = date.parse().map_err(wrong)?;
    let end = day.at(23, 59, 59, 0).to_zoned(jiff::tz::TimeZone::UTC).map_err(wrong)?;
    Ok(Timestamp::from_jiff(end.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_us_only() {
        let back = |to: &str| safe(Some(&to.to_owned())).to_owned();
        assert_eq!(back("/alerts?q=pool"), "/alerts?q=pool");
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "http://evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "",
        ] {
            assert_eq!(back(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn a_date_means_its_end() {
        assert_eq!(end_of_day("2026-11-30").unwrap().to_string(), "2026-11-30T23:59:59.000Z");
        assert!(end_of_day("tomorrow").is_err());
    }

    #[test]
    fn no_two_forms_share_a_key() {
        assert_ne!(fresh_key(), fresh_key());
    }
}
