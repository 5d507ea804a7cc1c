//! The texts of an `alertmanager.yml`, and the templates that they put in: Andon's own by Alertmanager's names, and
//! those of the files that `templates` names.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use andon_vocabulary::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::node::Node;
use super::{Dialect, Template, TemplateError, World, parse, run};
use crate::notification::Notification;
use crate::suggest;

/// A text of a receiver, filled in when something is sent.
#[derive(Clone, PartialEq, JsonSchema)]
#[schemars(transparent)]
pub struct Words {
    #[schemars(with = "String", extend("format" = "andon-words"))]
    text: Arc<str>,
    #[schemars(skip)]
    template: Arc<Template>,
}

/// It may hold what nobody else should see, such as an address with a key in it.
impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<words>")
    }
}

impl Default for Words {
    fn default() -> Self {
        Words::plain("")
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Words::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}

/// A name that is put in and that nothing has; the range counts bytes of the text that puts it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unknown {
    pub name: String,
    pub range: Range<usize>,
    pub hint: Option<String>,
}

impl Words {
    pub fn parse(text: &str) -> Result<Words, TemplateError> {
        let template = Arc::new(parse::parse(text, Dialect::Notified)?);
        Ok(Words { text: text.into(), template })
    }

    /// What says itself, whatever it looks like.
    pub fn plain(text: &str) -> Words {
        let nodes = vec![Node::Literal(text.to_owned())];
        Words { text: text.into(), template: Arc::new(Template { nodes, ..Template::default() }) }
    }

    /// As it is written.
    pub fn source(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it says the same of everything.
    pub fn is_plain(&self) -> bool {
        !self.text.contains("{{")
    }

    /// As text, for anything but a page. An error says what could not be filled in.
    pub fn fill(
        &self,
        templates: &Templates,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<String, String> {
        let world = World::Notified { notification, now };
        run::words(&self.template, &templates.defined, &world, run::Target::Text)
    }

    /// As a page, in which no value can be more than text.
    pub fn fill_page(
        &self,
        templates: &Templates,
        notification: &Notification,
        now: Timestamp,
    ) -> Result<String, String> {
        let world = World::Notified { notification, now };
        run::words(&self.template, &templates.defined, &world, run::Target::Page)
    }

    /// The names that it puts in and that there are not.
    pub(crate) fn unknown(&self, templates: &Templates) -> Vec<Unknown> {
        unknown(&self.template, templates)
    }
}

/// Templates by their names.
#[derive(Clone, PartialEq)]
pub struct Templates {
    defined: BTreeMap<String, Arc<[Node]>>,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.defined.keys()).finish()
    }
}

impl Default for Templates {
    /// Andon's own.
    fn default() -> Self {
        static OWN: OnceLock<Templates> = OnceLock::new();
        let own = OWN.get_or_init(|| {
            let mut templates = Templates { defined: BTreeMap::new() };
            for text in [include_str!("words/default.tmpl"), include_str!("words/mail.tmpl")] {
                let added = templates.add("", text).map(drop);
                debug_assert!(added.is_ok(), "Andon's own templates are well written: {added:?}");
            }
            templates
        });
        own.clone()
    }
}

impl Templates {
    /// What a file defines, and by its name the file itself; what is defined anew wins over what was.
    pub(crate) fn add(&mut self, file: &str, text: &str) -> Result<Arc<Template>, TemplateError> {
        let template = parse::parse(text, Dialect::Notified)?;
        for (name, nodes) in &template.defined {
            self.defined.insert(name.clone(), nodes.as_slice().into());
        }
        if !file.is_empty() {
            self.defined.insert(file.to_owned(), template.nodes.as_slice().into());
        }
        Ok(Arc::new(template))
    }

    /// The names that a file's templates put in and that there are not.
    pub(crate) fn unknown(&self, file: &Template) -> Vec<Unknown> {
        unknown(file, self)
    }
}

fn unknown(template: &Template, templates: &Templates) -> Vec<Unknown> {
    let known = |name: &String| template.defined.contains_key(name) || templates.defined.contains_key(name);
    let missing = template.wanted.iter().filter(|(name, _)| !known(name));
    missing
        .map(|(name, range)| Unknown {
            name: name.clone(),
            range: range.clone(),
            hint: suggest::hint(name, templates.defined.keys().map(String::as_str)),
        })
        .collect()
}

#[cfg(test)]
mod tests;
