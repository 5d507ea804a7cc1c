//! Explore: queries with their charts and tables, one time for all of them, everything in the address.

use andon_promql::functions;
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp, Value};
use axum::extract::RawQuery;
use axum::response::Response;
use maud::{Markup, html};
use tokio::task::spawn_blocking;

use crate::chart::{Frame, figure};
use crate::layout::{Place, banner};
use crate::listing::{Head, Rows, listing};
use crate::numbers::short;
use crate::times::exact;
use crate::visit::Visit;
use asked::{Asked, QUERIES_MAX, second};

mod asked;

const RANGES: [&str; 8] = ["5m", "15m", "1h", "3h", "12h", "1d", "7d", "30d"];

/// Lines of one chart; more cannot be told apart.
const LINES_MAX: usize = 18;

/// Rows of one table; the API has them all.
const ROWS_MAX: usize = 200;

/// What a query says at the end of the time, or why it says nothing.
type Said = Result<Vec<(Labels, f64)>, String>;

pub async fn page(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let (asked, wrong) = Asked::read(query.as_deref().unwrap_or_default());
    let at = asked.end.unwrap_or(visit.now);
    let shared = visit.shared.clone();
    let queries = asked.queries.clone();
    let answers = spawn_blocking(move || -> Vec<Said> {
        queries.iter().map(|query| shared.metrics().instant(query, at)).collect()
    });
    let answers = match answers.await {
        Ok(answers) => answers,
        Err(error) => return visit.broken(&format!("a query ended early: {error}")),
    };
    let content = html! {
        form.explore data-functions=(functions().collect::<Vec<_>>().join(" ")) method="get" action="/explore" {
            header.title { h1 { "Explore" } (times(&asked)) }
            @for why in &wrong { (banner("wrong", "warn", html! { p { (why) } })) }
            @for (number, (query, said)) in asked.queries.iter().zip(&answers).enumerate() {
                (card(&asked, number, query, said, at, visit.now))
            }
            @if asked.queries.len() < QUERIES_MAX { (one_more(&asked)) }
        }
    };
    visit.page(Place::Explore, "Explore", content)
}

fn times(asked: &Asked) -> Markup {
    let range = asked.range.to_string();
    html! {
        div.times {
            label { "Range" input name="range" list="ranges" value=(range) size="6" autocomplete="off"; }
            datalist #ranges { @for range in RANGES { option value=(range) {} } }
            label { "End" input name="end" value=(asked.end.map_or_else(|| "now".to_owned(), second)) size="21" autocomplete="off"; }
            @if let Some(step) = asked.step { input type="hidden" name="step" value=(step); }
            button.primary { "Run" }
            @if asked.end.is_some() { a.button href=(asked.until_now()) { "Now" } }
        }
    }
}

/// A, B, C …
fn letter(number: usize) -> char {
    char::from(b'A' + number as u8)
}

fn input(number: usize, query: &str, hint: &str) -> Markup {
    html! {
        div {
            label.hidden for={ "q" (number) } { "Query " (letter(number)) }
            textarea #{ "q" (number) } name="q" rows="1" spellcheck="false" autocapitalize="off" autocomplete="off" placeholder=(hint) { (query) }
        }
    }
}

fn card(asked: &Asked, number: usize, query: &str, said: &Said, at: Timestamp, now: Timestamp) -> Markup {
    let others: Vec<&str> = asked
        .queries
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != number)
        .map(|(_, query)| query.as_str())
        .collect();
    let frame = Frame {
        span: Some(*asked.range),
        until: asked.end,
        step: asked.step.map(Into::into),
        most: Some(LINES_MAX),
        caption: true,
        ..Frame::default()
    };
    html! {
        section.card.query aria-label={ "Query " (letter(number)) } {
            div.ask {
                b { (letter(number)) }
                (input(number, query, ""))
                a.button href=(asked.address(&others)) aria-label={ "Remove query " (letter(number)) } { "Remove" }
            }
            @match said {
                Err(why) => p.said.bad role="alert" { (why) },
                Ok(elements) => {
                    (figure(query, &format!("query {}", letter(number)), &frame))
                    div.folds {
                        details { summary { "Table: " (count(elements.len())) " at " (exact(at, now)) } (table(number, elements)) }
                        details { summary { "Make an alert of this" } (alert(query)) }
                    }
                }
            }
        }
    }
}

fn count(series: usize) -> String {
    if series == 1 { "1 series".to_owned() } else { format!("{series} series") }
}

fn table(number: usize, elements: &[(Labels, f64)]) -> Markup {
    let mut names: Vec<&str> =
        elements.iter().take(ROWS_MAX).flat_map(|(labels, _)| labels.iter().map(|(name, _)| name)).collect();
    names.sort_unstable();
    names.dedup();
    let named = names.iter().map(|name| Head::Text(if *name == METRIC_NAME { "metric" } else { name }));
    let heads: Vec<Head> = named.chain([Head::Number("Value")]).collect();
    html! {
        @if elements.is_empty() { p.muted { "No series has a value then." } }
        @else {
            (listing(&format!("Table {}", letter(number)), Rows::Plain, &heads, html! {
                @for (labels, value) in elements.iter().take(ROWS_MAX) {
                    tr {
                        @for name in &names { td { (labels.get(name).unwrap_or_default()) } }
                        td.num title=(Value(*value)) { (short(Value(*value))) }
                    }
                }
            }))
            @if elements.len() > ROWS_MAX { p.muted { (elements.len() - ROWS_MAX) " more: aggregate, or narrow the selector." } }
        }
    }
}

/// A rule file to begin from. A query without a comparison holds whenever it has a series.
fn alert(query: &str) -> Markup {
    let compares = andon_promql::parse(query).is_ok_and(|expr| expr.measured().is_some());
    let condition = if compares { query.to_owned() } else { format!("({query}) > 0") };
    let indented = condition.replace('\n', "\n          ");
    let rule = format!(
        "groups:\n  - name: new\n    rules:\n      - alert: NameIt\n        expr: |\n          {indented}\n        for: 5m\n        labels: {{ severity: warning }}\n        annotations: {{ summary: 'say what is wrong for whom' }}\n"
    );
    html! {
        p.muted {
            "Put this into a file of your definitions, then " code { "andon check" } " it"
            @if !compares { ". The query compares nothing: choose the bound" }
            "."
        }
        pre.snippet tabindex="0" { (rule) }
    }
}

fn one_more(asked: &Asked) -> Markup {
    let number = asked.queries.len();
    html! {
        section.card.query aria-label={ "Query " (letter(number)) } {
            div.ask {
                b { (letter(number)) }
                (input(number, "", if number == 0 { "PromQL, such as sum by (job) (rate(http_requests_total[5m]))" } else { "one more query" }))
                button { "Add" }
            }
        }
    }
}
