//! Answers in the words that a sender's clients expect.

use andon_definitions::{Catalog, Format};
use andon_intake::{Refused, opsgenie, pagerduty};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Trouble;
use super::take::Taken;

/// When what cannot be taken now is worth sending again.
const AGAIN_SECONDS: u64 = 5;

pub(super) enum Words {
    Plain,
    /// `key` is that of the event, where it is one.
    Pagerduty {
        key: Option<String>,
    },
    PagerdutyChange,
    Opsgenie {
        request: String,
    },
    Goalert,
}

impl Words {
    pub fn of(format: Option<Format>, body: &[u8]) -> Words {
        match format {
            Some(Format::Pagerduty) => {
                Words::Pagerduty { key: pagerduty::Event::read(body).ok().map(|event| event.dedup_key) }
            }
            Some(Format::Opsgenie) => Words::Opsgenie { request: opsgenie::id_of(body) },
            Some(Format::Goalert) => Words::Goalert,
            _ => Words::Plain,
        }
    }

    /// Of whoever sends to a path, before anything was read.
    pub fn at(path: &str, catalog: &Catalog) -> Words {
        match path {
            "/v2/enqueue" => Words::Pagerduty { key: None },
            "/v2/change/enqueue" => Words::PagerdutyChange,
            "/api/v2/generic/incoming" => Words::Goalert,
            path if path.starts_with("/v2/alerts") => {
                Words::Opsgenie { request: opsgenie::id_of(path.as_bytes()) }
            }
            path => {
                let source = path.strip_prefix("/api/v1/in/").and_then(|name| catalog.sources.get(name));
                Words::of(source.filter(|source| !source.incumbent).map(|source| source.format), b"")
            }
        }
    }

    pub fn untaken(&self, status: StatusCode, why: String) -> Response {
        self.refused(status, &Refused::new(why), None)
    }

    pub fn answer(self, taken: Result<Taken, Trouble>) -> Response {
        match taken {
            // What could be taken is; its sender hears of the rest.
            Ok(taken) if !taken.refused.is_empty() => {
                let status = StatusCode::BAD_REQUEST;
                self.refused(status, &Refused(taken.refused.clone()), Some(&taken))
            }
            Ok(taken) => self.taken(&taken),
            Err(trouble) => self.trouble(&trouble),
        }
    }

    fn taken(&self, taken: &Taken) -> Response {
        match self {
            Words::Plain => (StatusCode::OK, Json(told(taken))).into_response(),
            Words::Pagerduty { key } => {
                let notes = taken.notes.iter().map(|note| format!("; {note}")).collect::<String>();
                let message = format!("Event processed{notes}");
                let body = json!({ "status": "success", "message": message, "dedup_key": key });
                (StatusCode::ACCEPTED, Json(body)).into_response()
            }
            Words::PagerdutyChange => {
                let body = json!({ "status": "success", "message": "Change event processed" });
                (StatusCode::ACCEPTED, Json(body)).into_response()
            }
            Words::Opsgenie { request } => {
                let body =
                    json!({ "result": "Request will be processed", "took": 0.001, "requestId": request });
                (StatusCode::ACCEPTED, Json(body)).into_response()
            }
            Words::Goalert => StatusCode::NO_CONTENT.into_response(),
        }
    }

    fn refused(&self, status: StatusCode, refused: &Refused, taken: Option<&Taken>) -> Response {
        let body = match self {
            Words::Plain | Words::Goalert => {
                let mut body = json!({ "status": "error", "error": refused.to_string() });
                if let (Some(taken), Some(fields)) = (taken, body.as_object_mut()) {
                    fields.insert("taken".to_owned(), told(taken));
                }
                body
            }
            Words::Pagerduty { .. } | Words::PagerdutyChange => json!({
                "status": "invalid event", "message": "Event object is invalid", "errors": refused.0,
            }),
            Words::Opsgenie { request } => {
                json!({ "message": refused.to_string(), "took": 0.001, "requestId": request })
            }
        };
        (status, Json(body)).into_response()
    }

    fn trouble(&self, trouble: &Trouble) -> Response {
        let (status, why) = match trouble {
            Trouble::Unknown => (StatusCode::NOT_FOUND, "no source has this name".to_owned()),
            // As the protocols say it of a key that nobody has.
            Trouble::Denied(why) => match self {
                Words::Pagerduty { .. } | Words::PagerdutyChange => (StatusCode::BAD_REQUEST, why.clone()),
                _ => (StatusCode::UNAUTHORIZED, why.clone()),
            },
            Trouble::TooMany { after } => {
                let why = format!("too many requests for this source; send it again in {after} s");
                (StatusCode::TOO_MANY_REQUESTS, why)
            }
            Trouble::Refused(refused) => {
                let status = match self {
                    Words::Opsgenie { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                    _ => StatusCode::BAD_REQUEST,
                };
                return self.refused(status, refused, None);
            }
            Trouble::Unavailable(why) => (StatusCode::SERVICE_UNAVAILABLE, why.clone()),
        };
        let mut response = self.untaken(status, why);
        let headers = response.headers_mut();
        match trouble {
            Trouble::TooMany { after } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*after));
            }
            Trouble::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(AGAIN_SECONDS));
            }
            // SNS gives what stands in its address only to who asks for it.
            Trouble::Denied(_) if status == StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"andon\""));
            }
            Trouble::Denied(_) | Trouble::Unknown | Trouble::Refused(_) => {}
        }
        response
    }
}

fn told(taken: &Taken) -> Value {
    let mut told = json!({
        "status": "ok",
        "firing": taken.firing,
        "ended": taken.ended,
        "acknowledged": taken.acknowledged,
        "changes": taken.changes,
        "notes": taken.notes,
    });
    if taken.compared > 0 {
        told["compared"] = taken.compared.into();
    }
    told
}
