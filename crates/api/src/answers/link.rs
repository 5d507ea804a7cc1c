//! Links in mails and messages: opening one shows what it would do, and only the button on that page does it. What
//! looks at links for people, as mail servers do, answers nothing.

use std::sync::Arc;

use andon_intake::answer::Deed;
use andon_intake::answer::link::Pass;
use andon_vocabulary::{Via, Who};
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Doors, Said, Trouble};

/// What would be done, and a button that does it.
pub(super) async fn show(State(doors): State<Arc<Doors>>, Path(pass): Path<String>) -> Response {
    match doors.pass(&pass) {
        Ok(pass) => {
            let what = doors.in_words(&pass);
            let button = format!("<form method=post><button>{}</button></form>", pass.deed.label());
            page(StatusCode::OK, &format!("{what}<p>As {}.</p>{button}", escaped(&pass.person)))
        }
        Err(trouble) => failed(trouble),
    }
}

/// Does it, once: who follows the link again hears the same.
pub(super) async fn follow(State(doors): State<Arc<Doors>>, Path(pass): Path<String>) -> Response {
    let pass = match doors.pass(&pass) {
        Ok(pass) => pass,
        Err(trouble) => return failed(trouble),
    };
    let who = Who::new(pass.person.clone(), Via::Link);
    let key = doors.key_now(&pass.deed, format!("answer/link/{}/{}", pass.notice, pass.deed));
    match doors.answer(&pass.deed, who, key).await {
        Ok(Said::Done(text)) => page(StatusCode::OK, &format!("<h1>{}</h1>", escaped(&text))),
        Ok(Said::Refused(text)) => {
            page(StatusCode::CONFLICT, &format!("<h1>Not done</h1><p>{}</p>", escaped(&text)))
        }
        Err(trouble) => failed(trouble),
    }
}

impl Doors {
    fn pass(&self, pass: &str) -> Result<Pass, Trouble> {
        let catalog = self.catalog();
        let answers = catalog.instance.answers.as_ref().ok_or(Trouble::Closed)?;
        let secret = self.secret(&answers.secret)?;
        Pass::open(secret.as_bytes(), pass, self.shared.now()).map_err(Trouble::Denied)
    }

    /// For an approval, every step that it covers.
    fn in_words(&self, pass: &Pass) -> String {
        let view = self.shared.view();
        match &pass.deed {
            Deed::Acknowledge(id) => {
                let title = view.respond.incidents.get(*id).map(|incident| escaped(&incident.title));
                format!("<h1>{id}</h1><p>{}</p>", title.unwrap_or_else(|| "It is over.".to_owned()))
            }
            Deed::Approve { run, preview } | Deed::Reject { run, preview } => {
                let ask = view.respond.runs.get(*run).and_then(|run| run.ask());
                let shown = ask.filter(|(_, ask)| ask.preview.hash().starts_with(preview.as_str()));
                let Some((_, ask)) = shown else {
                    return format!("<h1>{run}</h1><p>It does not wait for this any more.</p>");
                };
                let steps = ask
                    .preview
                    .steps
                    .iter()
                    .map(|step| format!("<li>{}</li>", escaped(&step.action.to_string())));
                let steps: String = steps.collect();
                format!("<h1>{run} {}</h1><ul>{steps}</ul>", escaped(&ask.preview.runbook))
            }
        }
    }
}

fn failed(trouble: Trouble) -> Response {
    let (status, why) = match trouble {
        Trouble::Denied(why) => (StatusCode::FORBIDDEN, why.to_owned()),
        Trouble::Unavailable(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
        Trouble::Closed | Trouble::Replayed | Trouble::Unreadable(_) => {
            (StatusCode::NOT_FOUND, "there is nothing here".to_owned())
        }
    };
    page(status, &format!("<h1>Not done</h1><p>{}</p>", escaped(&why)))
}

/// Neither kept, nor framed, nor told to where the person goes next: the address is the key.
fn page(status: StatusCode, body: &str) -> Response {
    let style = "body{font:1.1rem system-ui;margin:2rem auto;max-width:36rem;padding:0 1rem}\
        button{font:inherit;padding:.8rem 1.6rem}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}";
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Andon</title><style>{style}</style>{body}</html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, html).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
