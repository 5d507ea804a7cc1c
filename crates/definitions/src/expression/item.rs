//! CEL over a payload that others sent: `item` is a part of it, `body` is all of it.

use cel::{Context, Program};
use serde_json::Value;

use super::{Known, Segment, Signed, check_condition_in, check_text_in, scalar, segments};
use crate::format::Flaw;

const ITEM: Known = Known {
    variables: &["item", "body"],
    functions: &[
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "int",
        "uint",
        "double",
        "string",
        "has",
        "type",
    ],
};

pub(crate) fn check_item_condition(text: &str) -> Vec<Flaw> {
    check_condition_in(text, &ITEM)
}

pub(crate) fn check_item_text(text: &str) -> Vec<Flaw> {
    check_text_in(text, &ITEM)
}

/// Lets expressions name a value.
pub(crate) fn add(context: &mut Context<'_, '_>, name: &str, value: &Value) -> Result<(), String> {
    context.add_variable(name, Signed(value)).map_err(|error| error.to_string())
}

/// A text or a condition, parsed once to be evaluated often.
pub(crate) struct Compiled<'a>(Vec<Part<'a>>);

enum Part<'a> {
    Literal(&'a str),
    Expression { text: &'a str, program: Program },
}

impl<'a> Compiled<'a> {
    pub fn text(text: &'a str) -> Result<Self, String> {
        let parts = segments(text).map_err(|flaw| flaw.message)?.into_iter().map(|segment| match segment {
            Segment::Literal(literal) => Ok(Part::Literal(literal)),
            Segment::Expression(text, _) => Part::expression(text),
        });
        parts.collect::<Result<_, _>>().map(Compiled)
    }

    pub fn condition(text: &'a str) -> Result<Self, String> {
        Part::expression(text).map(|part| Compiled(vec![part]))
    }

    pub fn fill(&self, context: &Context<'_, '_>) -> Result<String, String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => filled.push_str(literal),
                Part::Expression { text, program } => match evaluate(text, program, context)? {
                    Value::String(text) => filled.push_str(&text),
                    Value::Null => {}
                    other => filled.push_str(&other.to_string()),
                },
            }
        }
        Ok(filled)
    }

    pub fn holds(&self, context: &Context<'_, '_>) -> Result<bool, String> {
        let [Part::Expression { text, program }] = self.0.as_slice() else {
            return Err("this is no condition".to_owned());
        };
        let value = evaluate(text, program, context)?;
        value.as_bool().ok_or_else(|| format!("`{text}` is neither true nor false"))
    }
}

impl<'a> Part<'a> {
    fn expression(text: &'a str) -> Result<Self, String> {
        let program = Program::compile(text).map_err(|errors| errors.to_string())?;
        Ok(Part::Expression { text, program })
    }
}

fn evaluate(text: &str, program: &Program, context: &Context<'_, '_>) -> Result<Value, String> {
    scalar(text, program.execute(context).map_err(|error| error.to_string())?)
}
