//! A mail, as parts: whoever sends it gives it its date and its identity, and writes it as SMTP wants it.

mod address;

use andon_definitions::alertmanager::receiver::{Email, Threading};

pub use address::Address;
pub(crate) use address::addresses;

use super::fill::Filling;
use super::{Unsendable, hashed, shortened};

/// Nobody reads a longer one, and a server may refuse it.
const SUBJECT_CHARS_MAX: usize = 500;
const HEADER_CHARS_MAX: usize = 2000;

/// A mail.
#[derive(Clone, PartialEq, Debug)]
pub struct Mail {
    pub from: Address,
    /// Whom it goes to, by whatever header.
    pub to: Vec<Address>,
    pub subject: String,
    /// All others, `From` and `To` among them as they are to be read; none has a line break in it.
    pub headers: Vec<(String, String)>,
    /// A page; none: the mail has none.
    pub html: Option<String>,
    pub text: Option<String>,
}

pub(super) fn compose(email: &Email, group_key: &str, filling: &mut Filling) -> Result<Mail, Unsendable> {
    let from = addresses(filling.needed("from", &email.from)?.trim())
        .map_err(|why| Unsendable(format!("`from` is no mail address: {why}")))?;
    let [from] = <[Address; 1]>::try_from(from)
        .map_err(|found| Unsendable(format!("`from` is one address, not {}", found.len())))?;
    // With its lines made one, what a label brings could be the address, and what the file says only a name.
    let to = addresses(filling.needed("to", &email.to)?.trim())
        .map_err(|why| Unsendable(format!("`to` is no list of mail addresses: {why}")))?;
    let mut subject = String::new();
    let mut headers = Vec::new();
    for (name, words) in &email.headers {
        let text = one_line(&filling.text(name, words));
        match name.as_str() {
            "Subject" => subject = shortened(&text, SUBJECT_CHARS_MAX),
            _ => headers.push((name.clone(), shortened(&text, HEADER_CHARS_MAX))),
        }
    }
    if let Some(threading) = email.threading {
        let day = match threading {
            Threading::Always => String::new(),
            Threading::Daily => filling.now().to_jiff().strftime("%Y-%m-%d").to_string(),
        };
        // No mail has this identity; the reader's program puts all that answer it together.
        let root = format!("<alert-{}-{day}@alertmanager>", &hashed(group_key)[..16]);
        headers.push(("References".to_owned(), root.clone()));
        headers.push(("In-Reply-To".to_owned(), root));
    }
    let mut said = |key: &str, words: &andon_definitions::Words, is_page: bool| {
        let text = match is_page {
            true => filling.page(key, words),
            false => filling.text(key, words),
        };
        (!words.is_empty()).then_some(text)
    };
    let (text, html) = (said("text", &email.text, false), said("html", &email.html, true));
    Ok(Mail { from, to, subject, headers, html, text })
}

/// What a label brings must not begin another header.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => {
                if !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            c => line.push(c),
        }
    }
    line.trim_end().to_owned()
}
