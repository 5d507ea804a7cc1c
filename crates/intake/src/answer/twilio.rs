//! What Twilio calls back with: keys that were pressed, replies, and what became of a message or a call.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

/// More fields than Twilio sends.
const FIELDS_MAX: usize = 200;

/// A form as it was posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    pub fn read(body: &[u8]) -> Form {
        let fields = form_urlencoded::parse(body).take(FIELDS_MAX);
        Form(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// Whether Twilio signed this form for this very address: HMAC-SHA1 over the address and the sorted fields.
    pub fn is_proven(&self, token: &[u8], url: &str, signature: &str) -> bool {
        let Ok(given) = BASE64_STANDARD.decode(signature) else { return false };
        let mut fields: Vec<&(String, String)> = self.0.iter().collect();
        fields.sort();
        let mut said = url.to_owned();
        for (name, value) in fields {
            said.push_str(name);
            said.push_str(value);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token);
        !token.is_empty() && hmac::verify(&key, said.as_bytes(), &given).is_ok()
    }

    /// What became of it, once that is known.
    pub fn fate(&self) -> Option<Fate<'_>> {
        let code = match self.get("ErrorCode") {
            "" | "0" => String::new(),
            code => format!(" (Twilio's error {code})"),
        };
        match (self.get("MessageStatus"), self.get("CallStatus")) {
            (said @ ("delivered" | "read"), _) | (_, said @ "completed") => Some(Fate::Arrived(said.into())),
            (said @ ("undelivered" | "failed"), _)
            | (_, said @ ("busy" | "no-answer" | "failed" | "canceled")) => {
                Some(Fate::Failed(format!("{said}{code}").into()))
            }
            _ => None,
        }
    }
}

/// What became of a message or a call, in Twilio's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate<'a> {
    Arrived(Cow<'a, str>),
    Failed(Cow<'a, str>),
}

/// A text as TwiML.
pub fn escaped(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
