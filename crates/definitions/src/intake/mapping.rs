//! `mapping` of a `Source`: alerts from JSON of any shape, by CEL.

use std::collections::BTreeMap;

use andon_intake::Mapped;
use andon_intake::generic::Says;
use andon_intake::limits::ALERTS_MAX;
use cel::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::expression::Compiled;
use crate::scalar::{ItemCondition, ItemText};

/// How an alert is made from a payload. `item` is what one alert is made from; `body` is all of the payload, and of a
/// CloudEvent its attributes, with `item` its data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Mapping {
    /// Where the list of items is, as a JSON Pointer such as `/alerts`. Without it the payload is one item.
    #[serde(default)]
    #[schemars(extend("format" = "andon-json-pointer"))]
    pub items: Option<String>,
    /// Items for which this is false are passed over.
    #[serde(default)]
    pub when: Option<ItemCondition>,
    /// What its sender knows the alert by, from its first word to its last.
    pub key: ItemText,
    /// Whether the alert has ended.
    #[serde(default)]
    pub resolved: Option<ItemCondition>,
    /// Whether somebody looks after it.
    #[serde(default)]
    pub acknowledged: Option<ItemCondition>,
    #[serde(default)]
    pub labels: BTreeMap<String, ItemText>,
    #[serde(default)]
    pub annotations: BTreeMap<String, ItemText>,
    /// RFC 3339; without it, or if it is none, when the payload came.
    #[serde(default)]
    pub starts_at: Option<ItemText>,
    /// To where people see more.
    #[serde(default)]
    pub link: Option<ItemText>,
}

impl Mapping {
    /// What is made of each item, or why nothing can be; an error of the payload as a whole is about all of them.
    pub fn apply(&self, body: &Value, payload: &Value) -> Result<Vec<Result<Mapped, String>>, String> {
        let items = match &self.items {
            None => std::slice::from_ref(payload),
            Some(pointer) => match payload.pointer(pointer) {
                Some(Value::Array(items)) => items,
                Some(_) => return Err(format!("what stands at `{pointer}` is no list")),
                None => return Err(format!("nothing stands at `{pointer}`")),
            },
        };
        if items.len() > ALERTS_MAX {
            return Err(format!("{} items are too many: at most {ALERTS_MAX} are allowed", items.len()));
        }
        let compiled = CompiledMapping::of(self)?;
        let mut context = Context::default();
        crate::expression::add(&mut context, "body", body)?;
        Ok(items.iter().map(|item| compiled.apply(&context, item)).collect())
    }
}

/// Every expression, parsed once for all items.
struct CompiledMapping<'a> {
    when: Option<Compiled<'a>>,
    key: Compiled<'a>,
    resolved: Option<Compiled<'a>>,
    acknowledged: Option<Compiled<'a>>,
    labels: Vec<(&'a str, Compiled<'a>)>,
    annotations: Vec<(&'a str, Compiled<'a>)>,
    starts_at: Option<Compiled<'a>>,
    link: Option<Compiled<'a>>,
}

impl<'a> CompiledMapping<'a> {
    fn of(mapping: &'a Mapping) -> Result<Self, String> {
        let text = |text: &'a ItemText| Compiled::text(text);
        let condition = |condition: &'a ItemCondition| Compiled::condition(condition);
        let texts = |texts: &'a BTreeMap<String, ItemText>| -> Result<Vec<_>, String> {
            texts.iter().map(|(name, written)| Ok((name.as_str(), text(written)?))).collect()
        };
        Ok(CompiledMapping {
            when: mapping.when.as_ref().map(condition).transpose()?,
            key: text(&mapping.key)?,
            resolved: mapping.resolved.as_ref().map(condition).transpose()?,
            acknowledged: mapping.acknowledged.as_ref().map(condition).transpose()?,
            labels: texts(&mapping.labels)?,
            annotations: texts(&mapping.annotations)?,
            starts_at: mapping.starts_at.as_ref().map(text).transpose()?,
            link: mapping.link.as_ref().map(text).transpose()?,
        })
    }

    fn apply(&self, context: &Context<'_, '_>, item: &Value) -> Result<Mapped, String> {
        let mut context = context.new_inner_scope();
        crate::expression::add(&mut context, "item", item)?;
        let holds = |name: &str, condition: &Option<Compiled<'_>>, without: bool| match condition {
            Some(condition) => condition.holds(&context).map_err(|error| format!("`{name}`: {error}")),
            None => Ok(without),
        };
        let fill = |name: &str, text: &Compiled<'_>| {
            text.fill(&context).map_err(|error| format!("`{name}`: {error}"))
        };
        let fill_all = |of: &str, texts: &[(&str, Compiled<'_>)]| -> Result<Vec<_>, String> {
            let filled = texts
                .iter()
                .map(|(name, text)| Ok(((*name).to_owned(), fill(&format!("{of}.{name}"), text)?)));
            filled.collect()
        };
        let optional =
            |name: &str, text: &Option<Compiled<'_>>| text.as_ref().map(|text| fill(name, text)).transpose();
        if !holds("when", &self.when, true)? {
            return Ok(Mapped { says: Says::Nothing, ..Mapped::default() });
        }
        let key = fill("key", &self.key)?;
        if holds("resolved", &self.resolved, false)? {
            return Ok(Mapped { key, says: Says::Ended, ..Mapped::default() });
        }
        if holds("acknowledged", &self.acknowledged, false)? {
            return Ok(Mapped { key, says: Says::Acknowledged, ..Mapped::default() });
        }
        Ok(Mapped {
            key,
            says: Says::Fires,
            labels: fill_all("labels", &self.labels)?,
            annotations: fill_all("annotations", &self.annotations)?,
            starts_at: optional("starts_at", &self.starts_at)?,
            link: optional("link", &self.link)?,
        })
    }
}
