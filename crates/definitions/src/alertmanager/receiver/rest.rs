//! What the integrations rest on: `global`, and what is wrong with what they say themselves.

use super::super::assemble::Fault;
use super::super::file::Global;
use super::Kept;
use super::tree::Tree;
use crate::prometheus::{HttpClient, client_faults};
use crate::template::Words;

/// What `global` says, and the faults that are found on the way.
pub(crate) struct Rest<'a> {
    pub global: &'a Global,
    pub faults: Vec<Fault>,
}

impl Rest<'_> {
    pub fn add(&mut self, pointer: String, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault { pointer, code, message: message.into() });
    }

    /// Here or in a file, and not both; an empty text is none.
    pub fn kept<T: Clone + Written>(
        &mut self,
        at: &str,
        key: &str,
        here: Option<&T>,
        file: Option<&String>,
    ) -> Option<Kept<T>> {
        match (here.filter(|here| here.is_said()), file.filter(|file| !file.is_empty())) {
            (Some(here), None) => Some(Kept::Here(here.clone())),
            (None, Some(file)) => Some(Kept::File(file.clone())),
            (None, None) => None,
            (Some(here), Some(_)) => {
                let message = format!("`{key}` and `{key}_file` exclude each other");
                self.add(format!("{at}/{key}_file"), "conflict", message);
                Some(Kept::Here(here.clone()))
            }
        }
    }

    /// The client that an integration has, or the one that all have.
    pub fn http(&mut self, at: &str, own: Option<&HttpClient>) -> HttpClient {
        let at = match own {
            Some(_) => format!("{at}/http_config"),
            None => "/global/http_config".to_owned(),
        };
        let Some(client) = own.or(self.global.http_config.as_ref()) else { return HttpClient::default() };
        if own.is_some() {
            self.client(&at, client);
        }
        // A scrape without them is seen to fail by day; a message is missed at night.
        for (key, is_asked, message) in [
            ("oauth2", client.oauth2.is_some(), "no receiver is sent to with an OAuth 2 token"),
            (
                "proxy_connect_header",
                client.proxy_connect_header.is_some(),
                "no receiver is reached through a proxy that asks for headers of its own",
            ),
        ] {
            if is_asked {
                self.add(format!("{at}/{key}"), "not-there", message);
            }
        }
        client.clone()
    }

    pub fn client(&mut self, at: &str, client: &HttpClient) {
        for (pointer, code, message) in client_faults(at, client) {
            self.add(pointer, code, message);
        }
    }

    /// What may be any tree, with texts in it.
    pub fn tree(&mut self, at: String, written: &serde_json::Value) -> Tree {
        Tree::parse(written, at, &mut |pointer, message| self.add(pointer, "template", message))
    }

    /// A text that must say something.
    pub fn said(&mut self, at: &str, key: &str, words: Option<&Words>) -> Option<Words> {
        let said = words.filter(|words| !words.is_empty());
        if said.is_none() {
            self.add(at.to_owned(), "missing-key", format!("`{key}` is missing"));
        }
        said.cloned()
    }
}

/// Something that may be written down and say nothing.
pub(crate) trait Written {
    fn is_said(&self) -> bool;
}

impl Written for Words {
    fn is_said(&self) -> bool {
        !self.is_empty()
    }
}

impl Written for crate::prometheus::Secret {
    fn is_said(&self) -> bool {
        !self.0.is_empty()
    }
}

/// Andon's own words by a template's name.
pub(super) fn own(name: &str) -> Words {
    Words::parse(&format!("{{{{ template \"{name}\" . }}}}")).expect("a name in quotes is a template")
}

/// What is said, or Andon's own words of a name; said empty it is empty.
pub(super) fn or_own(words: Option<&Words>, name: &str) -> Words {
    words.cloned().unwrap_or_else(|| own(name))
}
