//! Filling in the texts of an integration, and saying so where one cannot be.

use andon_definitions::alertmanager::receiver::Kept;
use andon_definitions::{Notification, Words};

use super::{Desk, Unsendable};

/// More alerts than these are only counted, where a text stands in for another.
const NAMED_MAX: usize = 10;

pub(super) struct Filling<'a> {
    notification: &'a Notification,
    desk: Desk<'a>,
    pub flaws: Vec<String>,
}

impl<'a> Filling<'a> {
    pub fn new(notification: &'a Notification, desk: Desk<'a>) -> Self {
        Filling { notification, desk, flaws: Vec::new() }
    }

    pub fn notification(&self) -> &'a Notification {
        self.notification
    }

    pub fn now(&self) -> andon_vocabulary::Timestamp {
        self.desk.now
    }

    /// A text that people read. `key` is what the file calls it.
    pub fn text(&mut self, key: &str, words: &Words) -> String {
        match words.fill(self.desk.templates, self.notification, self.desk.now) {
            Ok(text) => text,
            Err(why) => self.instead(key, &why),
        }
    }

    /// A text that says little, such as a colour: where it cannot be filled in there is none.
    pub fn aside(&mut self, key: &str, words: &Words) -> String {
        match words.fill(self.desk.templates, self.notification, self.desk.now) {
            Ok(text) => text,
            Err(why) => {
                self.instead(key, &why);
                String::new()
            }
        }
    }

    /// A page that people read.
    pub fn page(&mut self, key: &str, words: &Words) -> String {
        match words.fill_page(self.desk.templates, self.notification, self.desk.now) {
            Ok(page) => page,
            Err(why) => {
                let plain = self.instead(key, &why);
                format!("<pre>{}</pre>", escaped(&plain))
            }
        }
    }

    /// A text without which nothing can be sent, such as an address.
    pub fn needed(&mut self, key: &str, words: &Words) -> Result<String, Unsendable> {
        let filled = words.fill(self.desk.templates, self.notification, self.desk.now);
        filled.map_err(|why| Unsendable(format!("the template of `{key}` cannot be filled in: {why}")))
    }

    /// The same of what may stand in a file; never empty.
    pub fn kept(&mut self, key: &str, kept: &Kept<Words>) -> Result<String, Unsendable> {
        let text = match kept {
            Kept::Here(words) => self.needed(key, words)?,
            Kept::File(_) => {
                let read = self.read(key, kept)?;
                let words = Words::parse(&read).map_err(|error| {
                    Unsendable(format!(
                        "the file of `{key}` is no template that can be read: {}",
                        error.message
                    ))
                })?;
                self.needed(key, &words)?
            }
        };
        let text = text.trim().to_owned();
        if text.is_empty() { Err(Unsendable(format!("`{key}` is empty"))) } else { Ok(text) }
    }

    /// What a file holds, without the white space around it.
    pub fn read<T>(&self, key: &str, kept: &Kept<T>) -> Result<String, Unsendable> {
        let Kept::File(file) = kept else { return Ok(String::new()) };
        let read = (self.desk.read)(file);
        let read =
            read.map_err(|why| Unsendable(format!("cannot read the file of `{key}`, {file}: {why}")))?;
        Ok(read.trim().to_owned())
    }

    /// What is said where a text cannot be: which, why, and what fires.
    fn instead(&mut self, key: &str, why: &str) -> String {
        let flaw = format!("the template of `{key}` cannot be filled in: {}", short(why));
        let told = self.notification;
        let alerts: Vec<String> = told
            .alerts
            .iter()
            .take(NAMED_MAX)
            .map(|alert| {
                let labels = alert.labels.iter().map(|(name, value)| format!("{name}={}", short(value)));
                format!("{}: {}", alert.status().word(), labels.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let more = told.alerts.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
        let text = format!("{}\n{}{more}\n({flaw})", told.status().word(), alerts.join("\n"));
        if !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
        text
    }
}

/// A label may be a megabyte long.
fn short(text: &str) -> String {
    super::shortened(text, 200)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&#34;")
}
