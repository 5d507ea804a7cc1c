//! The names in a text: each must be one that there is.

use std::ops::Range;

use super::Parser;
use crate::suggest;
use crate::template::functions::Function;
use crate::template::value::FIELDS;
use crate::template::{Dialect, TemplateError};

/// The variables that a text begins with. The first is `$`.
pub(super) fn given(dialect: Dialect) -> Vec<String> {
    let given: &[&str] = match dialect {
        Dialect::Rule => &["", "labels", "value", "externalLabels", "externalURL"],
        Dialect::Notified => &[""],
    };
    given.iter().map(|name| (*name).to_owned()).collect()
}

impl Parser<'_> {
    pub(super) fn function(&mut self, word: &str, span: Range<usize>) -> Result<Function, TemplateError> {
        let Some(function) = Function::named(word, self.dialect) else {
            let hint = suggest::hint(word, Function::names(self.dialect));
            return Err(TemplateError {
                message: match word {
                    "toDuration" | "now" | "js" | "call" => format!("not yet: `{word}` in a text"),
                    _ => format!("no function of templates is called `{word}`"),
                },
                range: span,
                hint,
            });
        };
        self.is_exacting |= function.asks();
        Ok(function)
    }

    pub(super) fn known(&self, name: &str, span: &Range<usize>) -> Result<(), TemplateError> {
        if self.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        let hint = match self.is_outermost {
            true if self.dialect == Dialect::Notified => "there is `$`, and what the text itself declares",
            true => "there is `$labels.NAME`, `$value`, `$externalLabels.NAME` and `$externalURL`",
            false => "a `define` knows only what `template` gives it: its dot, and `$`",
        };
        Err(TemplateError {
            message: format!("nothing is called `${name}` here"),
            range: span.clone(),
            hint: Some(hint.to_owned()),
        })
    }

    /// A field of what the rule gives.
    pub(super) fn root(&mut self, fields: &[String], span: &Range<usize>) -> Result<(), TemplateError> {
        if self.dialect == Dialect::Notified {
            if fields.first().is_some_and(|first| FIELDS.contains(&first.as_str())) {
                return Ok(());
            }
            return Err(TemplateError {
                message: format!("there is no `.{}` here", fields.join(".")),
                range: span.clone(),
                hint: Some(format!("there is .{}", FIELDS.join(", ."))),
            });
        }
        match fields {
            [first] if first == "Value" || first == "ExternalURL" => Ok(()),
            [first] | [first, _] if first == "ExternalLabels" => Ok(()),
            [first] if first == "Labels" => {
                self.is_exacting = true;
                Ok(())
            }
            [first, label] if first == "Labels" => {
                self.labels.push(label.clone());
                Ok(())
            }
            _ => Err(TemplateError {
                message: format!("there is no `.{}` here", fields.join(".")),
                range: span.clone(),
                hint: Some(
                    "there is `.Labels.NAME`, `.Value`, `.ExternalLabels.NAME` and `.ExternalURL`".to_owned(),
                ),
            }),
        }
    }
}
