//! What Twilio calls back with: replies to text messages, keys of the telephone, and what became of what it took.

use std::sync::Arc;

use andon_definitions::{Catalog, ChannelKind};
use andon_intake::answer::Deed;
use andon_intake::answer::link::{self, Pass};
use andon_intake::answer::twilio::{Fate as Became, Form, escaped};
use andon_vocabulary::{Fate, IntentId, Name, Reported, Via, Who};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::{Doors, Trouble, header as text_of, kind};
use crate::port::TellError;

/// What Twilio asks, with all that its signature is over.
pub(super) struct Call {
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = BytesRejection;

    async fn from_request(request: Request, state: &S) -> Result<Call, BytesRejection> {
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        Ok(Call { uri, headers, body: Bytes::from_request(request, state).await? })
    }
}

/// A reply to a text message: the code that stands in it.
pub(super) async fn replied(
    State(doors): State<Arc<Doors>>,
    Path(channel): Path<String>,
    call: Call,
) -> Result<Response, Trouble> {
    let catalog = doors.catalog();
    let (form, key) = doors.proven(&catalog, &channel, &call)?;
    let said = match doors.person(&catalog, &channel, form.get("From")) {
        Some(person) => doors.by_code(person, &form, key.as_bytes()).await?,
        // Whoever asks without being known learns nothing.
        None => return Ok(twiml("")),
    };
    Ok(twiml(&format!("<Message>{}</Message>", escaped(&said))))
}

/// A key pressed during a call, which its address says the meaning of.
pub(super) async fn keyed(
    State(doors): State<Arc<Doors>>,
    Path((channel, pass)): Path<(String, String)>,
    call: Call,
) -> Result<Response, Trouble> {
    let catalog = doors.catalog();
    let (form, key) = doors.proven(&catalog, &channel, &call)?;
    let pass = Pass::open(key.as_bytes(), &pass, doors.shared.now()).map_err(Trouble::Denied)?;
    if form.get("Digits") != "1" {
        return Ok(twiml("<Say>Nothing was acknowledged. Goodbye.</Say>"));
    }
    let who = Who::new(pass.person.clone(), Via::Voice);
    let key = doors.key_now(&pass.deed, format!("answer/call/{}/{}", pass.notice, pass.deed));
    let said = doors.answer(&pass.deed, who, key).await?;
    Ok(twiml(&format!("<Say>{}. Goodbye.</Say>", escaped(said.text()))))
}

/// What became of a message or a call.
pub(super) async fn reported(
    State(doors): State<Arc<Doors>>,
    Path((channel, notice)): Path<(String, String)>,
    call: Call,
) -> Result<StatusCode, Trouble> {
    let catalog = doors.catalog();
    let (form, _) = doors.proven(&catalog, &channel, &call)?;
    let intent: IntentId = notice.parse().map_err(|_| Trouble::Closed)?;
    let fate = match form.fate() {
        None => return Ok(StatusCode::NO_CONTENT),
        Some(Became::Arrived(said)) => Fate::Arrived { receipt: said.into_owned() },
        Some(Became::Failed(said)) => Fate::Failed { error: said.into_owned() },
    };
    let reported = Reported { intent, channel: channel.as_str().into(), fate };
    match doors.shared.report(reported).await {
        Ok(()) | Err(TellError::Refused(_)) => Ok(StatusCode::NO_CONTENT),
        Err(TellError::Unavailable(why)) => Err(Trouble::Unavailable(why)),
    }
}

impl Doors {
    /// The form, which Twilio signed for this very address, and the key of our own links and codes.
    fn proven(&self, catalog: &Catalog, channel: &str, call: &Call) -> Result<(Form, String), Trouble> {
        let (ChannelKind::Sms(twilio) | ChannelKind::Voice(twilio)) = kind(catalog, channel)? else {
            return Err(Trouble::Closed);
        };
        let answers = catalog.instance.answers.as_ref().ok_or(Trouble::Closed)?;
        let (token, key) = (self.secret(&twilio.token)?, self.secret(&answers.secret)?);
        let path = call.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", catalog.instance.answers_url());
        let form = Form::read(&call.body);
        match form.is_proven(token.as_bytes(), &url, text_of(&call.headers, "x-twilio-signature")) {
            true => Ok((form, key)),
            false => Err(Trouble::Denied(
                "Twilio has not signed this for the address that this Andon has for answers",
            )),
        }
    }

    /// The code says which incident: it is this person's for it alone.
    async fn by_code(&self, person: Name, form: &Form, key: &[u8]) -> Result<String, Trouble> {
        let now = self.shared.now();
        if !self.seen.may_try(&person, now) {
            return Ok("Too many wrong codes. Open Andon, or wait ten minutes.".to_owned());
        }
        let view = self.shared.view();
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let words = form.get("Body").split(|c: char| !c.is_alphanumeric());
        let code = words.filter(|word| !word.is_empty()).find(is_code);
        let named = code.and_then(|code| {
            let mut open = view.respond.incidents.open.keys();
            open.find(|incident| !key.is_empty() && link::code(key, **incident, &person) == code)
        });
        let Some(incident) = named else {
            self.seen.tried(person, now);
            return Ok("Reply with the six digits of the message to acknowledge.".to_owned());
        };
        let who = Who::new(person, Via::Sms);
        let key = format!("answer/sms/{}/{incident}", form.get("MessageSid"));
        Ok(self.answer(&Deed::Acknowledge(*incident), who, key).await?.text().to_owned())
    }
}

fn twiml(inside: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inside}</Response>");
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}
