//! A notice as a mail, with links that ask before they answer.

use andon_definitions::instance::Smtp;

use super::{Notice, Secrets};
use crate::receiver::Unsendable;
use crate::receiver::email::{Address, Mail, addresses};

/// Nobody reads a longer one, and a server may refuse it.
const SUBJECT_CHARS_MAX: usize = 500;

pub(super) fn compose(smtp: &Smtp, notice: &Notice, secrets: &Secrets) -> Result<Mail, Unsendable> {
    let to = secrets.to(notice)?;
    let mut text = notice.body();
    text.push_str("\n\n");
    for deed in notice.deeds() {
        if let Some(link) = notice.link(&deed) {
            text.push_str(&format!("{}: {link}\n", deed.label()));
        }
    }
    text.push_str(&format!("Open: {}\n", notice.page()));
    let key: String = notice.delivery.key.chars().filter(|c| !c.is_control()).collect();
    Ok(Mail {
        from: only("from", &smtp.from)?,
        to: vec![only("to", &to)?],
        subject: notice.subject(SUBJECT_CHARS_MAX),
        headers: vec![("Idempotency-Key".to_owned(), key)],
        html: None,
        text: Some(text),
    })
}

fn only(what: &str, text: &str) -> Result<Address, Unsendable> {
    let found = addresses(text).map_err(|why| Unsendable(format!("`{what}` is no mail address: {why}")))?;
    <[Address; 1]>::try_from(found)
        .map(|[one]| one)
        .map_err(|found| Unsendable(format!("`{what}` is one address, not {}", found.len())))
}
