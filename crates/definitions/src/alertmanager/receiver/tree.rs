//! What a file may write as any tree of YAML, with texts in it that are filled in: a webhook's payload, PagerDuty's
//! details.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::template::Words;

/// As it is written: any tree of YAML.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Anything(pub Value);

impl JsonSchema for Anything {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-anything": true })
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Tree {
    Text(Words),
    List(Vec<Tree>),
    Map(Vec<(Words, Tree)>),
    /// A number, a truth, nothing.
    Plain(Value),
}

impl Tree {
    /// `flaw` is told where a text is none that can be filled in, and why.
    pub(super) fn parse(written: &Value, at: String, flaw: &mut dyn FnMut(String, String)) -> Tree {
        let mut words = |text: &str, at: &str| match Words::parse(text) {
            Ok(words) => Some(words),
            Err(error) => {
                flaw(at.to_owned(), error.message);
                None
            }
        };
        match written {
            Value::String(text) => words(text, &at).map_or(Tree::Plain(Value::Null), Tree::Text),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                Tree::List(
                    items.map(|(index, item)| Tree::parse(item, format!("{at}/{index}"), flaw)).collect(),
                )
            }
            Value::Object(entries) => {
                let mut map = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let at = format!("{at}/{}", crate::book::escape(key));
                    let Some(key) = words(key, &at) else { continue };
                    map.push((key, value, at));
                }
                let map = map.into_iter().map(|(key, value, at)| (key, Tree::parse(value, at, flaw)));
                Tree::Map(map.collect())
            }
            plain => Tree::Plain(plain.clone()),
        }
    }

    /// Filled in. A text that reads as a number, a list or a mapping is one; what stands in it is text, whatever it
    /// looks like, so that no label's value is taken for a template.
    pub fn fill<E>(&self, fill: &mut dyn FnMut(&Words) -> Result<String, E>) -> Result<Value, E> {
        Ok(match self {
            Tree::Text(words) => super::inline(&fill(words)?),
            Tree::List(items) => {
                Value::Array(items.iter().map(|item| item.fill(fill)).collect::<Result<_, _>>()?)
            }
            Tree::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(fill(key)?, value.fill(fill)?);
                }
                Value::Object(map)
            }
            Tree::Plain(value) => value.clone(),
        })
    }
}
