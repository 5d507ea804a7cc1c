//! Where in a page a value is put, and what it may say there: what Go's `html/template` does, by what was written so
//! far.
//!
//! A value can end neither the text, the attribute nor the link that it stands in. Where it would be a script or could
//! be a style that does more than look, [`FILTERED`] stands instead.

use super::functions::escaped;
use super::value::Value;

/// What stands where a value may not, as Go has it.
const FILTERED: &str = "ZgotmplZ";

/// A page as it is written.
#[derive(Default)]
pub(super) struct Page {
    place: Place,
    /// The element that begins, or began last.
    element: String,
    attribute: String,
    /// What was written of a value since its quote.
    value: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Place {
    #[default]
    Text,
    Comment,
    /// In the name of an element: `<a`.
    Element,
    /// Between the attributes of an element.
    Tag,
    Attribute,
    /// Behind the `=` of an attribute.
    Equals,
    Value(Quote),
    /// In an element whose content is no text: a script, a style.
    Raw,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quote {
    Double,
    Single,
    None,
}

impl Page {
    /// What stands in the template itself, without its comments.
    pub fn literal(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if self.place == Place::Text && rest.starts_with("<!--") {
                self.place = Place::Comment;
                at += 4;
                continue;
            }
            if self.place == Place::Comment {
                at += rest.find("-->").map_or(rest.len(), |end| {
                    self.place = Place::Text;
                    end + 3
                });
                continue;
            }
            let length = match self.place {
                Place::Raw => self.raw(rest),
                _ => {
                    let c = rest.chars().next().unwrap_or_default();
                    self.character(c);
                    c.len_utf8()
                }
            };
            shown.push_str(&rest[..length]);
            at += length;
        }
        shown
    }

    /// Up to the end of a script or a style.
    fn raw(&mut self, rest: &str) -> usize {
        let end = format!("</{}", self.element);
        match rest.to_ascii_lowercase().find(&end) {
            Some(at) => {
                self.place = Place::Tag;
                self.element = format!("/{}", self.element);
                at + end.len()
            }
            None => rest.len(),
        }
    }

    fn character(&mut self, c: char) {
        self.place = match (self.place, c) {
            (Place::Text, '<') => {
                self.element.clear();
                Place::Element
            }
            (Place::Element, c) if c.is_ascii_alphanumeric() || (c == '/' && self.element.is_empty()) => {
                self.element.push(c.to_ascii_lowercase());
                Place::Element
            }
            // `a < b` begins no element.
            (Place::Element, c) if self.element.is_empty() && c != '!' => Place::Text,
            (Place::Value(Quote::Double), '"') | (Place::Value(Quote::Single), '\'') => Place::Tag,
            (Place::Value(quote), c) if quote != Quote::None || !(c.is_whitespace() || c == '>') => {
                self.value.push(c);
                self.place
            }
            (Place::Element | Place::Tag | Place::Attribute | Place::Equals | Place::Value(_), '>') => {
                if matches!(self.element.as_str(), "script" | "style") { Place::Raw } else { Place::Text }
            }
            (Place::Tag | Place::Element, c) if c.is_whitespace() || c == '/' => Place::Tag,
            (Place::Tag, c) => {
                self.attribute = c.to_ascii_lowercase().to_string();
                Place::Attribute
            }
            (Place::Attribute, '=') => Place::Equals,
            (Place::Attribute, c) if c.is_whitespace() => Place::Tag,
            (Place::Attribute, c) => {
                self.attribute.push(c.to_ascii_lowercase());
                Place::Attribute
            }
            (Place::Equals, c) if c.is_whitespace() => Place::Equals,
            (Place::Equals, c) => {
                self.value.clear();
                match c {
                    '"' => Place::Value(Quote::Double),
                    '\'' => Place::Value(Quote::Single),
                    c => {
                        self.value.push(c);
                        Place::Value(Quote::None)
                    }
                }
            }
            (Place::Value(Quote::None), c) if c.is_whitespace() => Place::Tag,
            (place, _) => place,
        };
    }

    /// A value as it may stand here.
    pub fn value(&mut self, value: &Value) -> String {
        // Go prints nothing for what is not there.
        let text = if matches!(value, Value::Nil) { String::new() } else { value.print() };
        match self.place {
            Place::Text => match value {
                Value::Html(html) => self.literal(html),
                _ => shown(&text),
            },
            Place::Comment => String::new(),
            Place::Raw => FILTERED.to_owned(),
            Place::Element | Place::Tag | Place::Attribute => {
                let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
                if is_name { text } else { FILTERED.to_owned() }
            }
            Place::Equals => {
                self.value.clear();
                self.place = Place::Value(Quote::None);
                self.inside(value, &text, Quote::None)
            }
            Place::Value(quote) => self.inside(value, &text, quote),
        }
    }

    fn inside(&mut self, value: &Value, text: &str, quote: Quote) -> String {
        let said = match kind(&self.attribute) {
            Kind::Plain => text.to_owned(),
            Kind::Link if matches!(value, Value::Url(_)) => spared(text),
            Kind::Link if !self.value.trim().is_empty() => self.part_of_link(text),
            Kind::Link if is_harmless(text) => spared(text),
            Kind::Link => format!("#{FILTERED}"),
            Kind::Style if is_plain_style(text) => text.to_owned(),
            Kind::Style | Kind::Script => FILTERED.to_owned(),
        };
        self.value.push_str(&said);
        let shown = shown(&said);
        match quote {
            Quote::None => shown
                .chars()
                .map(|c| match c {
                    c if c.is_whitespace() || matches!(c, '=' | '`') => format!("&#{};", u32::from(c)),
                    c => c.to_string(),
                })
                .collect(),
            _ => shown,
        }
    }

    /// Behind a `?` a value is one word; before it, it goes on with the path.
    fn part_of_link(&self, text: &str) -> String {
        if !self.value.contains(['?', '#']) {
            return spared(text);
        }
        let mut safe = String::new();
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => safe.push(byte.into()),
                byte => safe.push_str(&format!("%{byte:02x}")),
            }
        }
        safe
    }
}

enum Kind {
    Plain,
    Link,
    Style,
    Script,
}

fn kind(attribute: &str) -> Kind {
    let name = attribute.strip_prefix("data-").unwrap_or(attribute);
    match name {
        "style" => Kind::Style,
        "srcdoc" | "srcset" => Kind::Script,
        name if name.starts_with("on") => Kind::Script,
        "action" | "archive" | "background" | "cite" | "classid" | "codebase" | "data" | "formaction"
        | "href" | "icon" | "longdesc" | "manifest" | "poster" | "profile" | "src" | "usemap" => Kind::Link,
        name if name.contains("src") || name.contains("uri") || name.contains("url") => Kind::Link,
        _ => Kind::Plain,
    }
}

/// A link that begins so leads to a page or writes a mail, and runs nothing.
fn is_harmless(link: &str) -> bool {
    let before = link.split(['/', '?', '#']).next().unwrap_or_default();
    match before.split_once(':') {
        None => true,
        Some((scheme, _)) => {
            ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        }
    }
}

/// What looks some way and loads nothing: `#fff`, `12px`, `red`.
fn is_plain_style(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '#' | '%' | '.' | ',' | ' ' | '+' | '-');
    let lower = text.to_ascii_lowercase();
    text.chars().all(allowed) && !lower.contains("expression") && !lower.contains("mozbinding")
}

/// A link in which nothing ends what it stands in; what is escaped already stays.
fn spared(link: &str) -> String {
    let mut safe = String::with_capacity(link.len());
    for byte in link.bytes() {
        match byte {
            0..=b' '
            | 0x7f..
            | b'"'
            | b'\''
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'\\'
            | b'^'
            | b'`'
            | b'{'
            | b'|'
            | b'}' => safe.push_str(&format!("%{byte:02x}")),
            byte => safe.push(byte.into()),
        }
    }
    safe
}

fn shown(text: &str) -> String {
    escaped(text).replace('+', "&#43;").replace('\0', "\u{fffd}")
}
