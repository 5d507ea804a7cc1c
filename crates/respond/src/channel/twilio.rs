//! Twilio's requests: a text message that is answered by a code, a call that is answered by a key.

use andon_definitions::instance::Twilio;
use andon_intake::answer::twilio::escaped;
use andon_intake::answer::{Deed, link};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Notice, Secrets, authorized, below};
use crate::receiver::{Method, Request, Unsendable, request, shortened};

/// Three segments or so: what is longer is read on the page.
const TEXT_CHARS_MAX: usize = 300;
const SPOKEN_CHARS_MAX: usize = 300;

pub(super) fn text(twilio: &Twilio, notice: &Notice, secrets: &Secrets) -> Result<Request, Unsendable> {
    let mut text = notice.subject(TEXT_CHARS_MAX);
    if let (Some(key), [Deed::Acknowledge(incident)]) = (notice.key, notice.deeds().as_slice()) {
        let code = link::code(key, *incident, &notice.delivery.person);
        text.push_str(&format!("\nReply {code} to acknowledge {incident}."));
    }
    text.extend(notice.unanswerable().map(|why| format!("\n({why})")));
    text.push_str(&format!("\n{}", notice.page()));
    text.extend(notice.again().map(|again| format!("\n({again})")));
    let mut fields = vec![("Body", text)];
    fields.extend(called_back(notice).map(|url| ("StatusCallback", url)));
    post(twilio, "Messages.json", fields, notice, secrets)
}

pub(super) fn call(twilio: &Twilio, notice: &Notice, secrets: &Secrets) -> Result<Request, Unsendable> {
    let said = escaped(&shortened(&notice.subject(SPOKEN_CHARS_MAX), SPOKEN_CHARS_MAX));
    let deeds = notice.deeds();
    let gather = match deeds.as_slice() {
        [deed @ Deed::Acknowledge(_)] => notice.pass(deed).map(|pass| {
            let action =
                escaped(&format!("{}/answers/twilio/{}/key/{pass}", notice.doors, notice.delivery.channel));
            // Twice, since a person who has just woken misses the beginning.
            let once = format!("<Say>{said}. Press 1 to acknowledge.</Say>");
            format!(
                r#"<Gather numDigits="1" timeout="10" method="POST" action="{action}">{once}{once}</Gather>"#
            )
        }),
        _ => None,
    };
    let twiml = match gather {
        Some(gather) => format!("<Response>{gather}<Say>Nothing was pressed. Goodbye.</Say></Response>"),
        None => {
            let then = notice.unanswerable().unwrap_or_else(|| "See Andon for what to do".to_owned());
            format!("<Response><Say>{said}. {}.</Say></Response>", escaped(&then))
        }
    };
    let mut fields = vec![("Twiml", twiml)];
    fields.extend(called_back(notice).map(|url| ("StatusCallback", url)));
    post(twilio, "Calls.json", fields, notice, secrets)
}

/// Where Twilio tells what became of it.
fn called_back(notice: &Notice) -> Option<String> {
    notice
        .key
        .map(|_| format!("{}/answers/twilio/{}/{}", notice.doors, notice.delivery.channel, notice.intent))
}

fn post(
    twilio: &Twilio,
    what: &str,
    mut fields: Vec<(&'static str, String)>,
    notice: &Notice,
    secrets: &Secrets,
) -> Result<Request, Unsendable> {
    let account = secrets.read("account", &twilio.account)?;
    if !account.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Unsendable("`account` is not the SID of an account, AC…".to_owned()));
    }
    let token = secrets.read("token", &twilio.token)?;
    let from = secrets.read("from", &twilio.from)?;
    let sender = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
    fields.insert(0, ("To", secrets.to(notice)?));
    fields.insert(1, (sender, from));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let url = below(&twilio.url, &format!("2010-04-01/Accounts/{account}/{what}"));
    let request = request(Method::Post, url, "application/x-www-form-urlencoded", body)?;
    Ok(authorized(request, format!("Basic {}", BASE64_STANDARD.encode(format!("{account}:{token}")))))
}
