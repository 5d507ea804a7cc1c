//! CEL: the conditions of steps and what stands between `${{` and `}}`.
//!
//! Expressions yield scalars. Comprehensions run over list literals only, since the order of a map's entries varies.

mod item;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::{Context, Program};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::format::Flaw;
use crate::suggest;
pub(crate) use item::{Compiled, add, check_item_condition, check_item_text};
pub(crate) use uses::Uses;

/// What expressions can name.
pub const VARIABLES: [&str; 6] = ["inputs", "service", "alert", "incident", "run", "steps"];

/// What expressions can call: ours, then CEL's own.
const FUNCTIONS: [&str; 14] = [
    "within",
    "always",
    "failure",
    "success",
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
];

/// What can be named and called in a place.
pub(crate) struct Known {
    variables: &'static [&'static str],
    functions: &'static [&'static str],
}

const RUN: Known = Known { variables: &VARIABLES, functions: &FUNCTIONS };

/// A longer expression was not written by a person. The limit on words and signs bounds how deep the parser and the
/// evaluator recurse: 4,000 times `!` overflowed the stack.
const BYTES_MAX: usize = 4096;
const TOKENS_MAX: usize = 120;
/// Opening brackets of any kind, and question marks: without optimisation each costs the parser 100 kB of stack.
const BRACKETS_MAX: usize = 8;

/// What an expression sees when it is evaluated. Missing variables are empty maps.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scope {
    /// By name of [`VARIABLES`].
    pub variables: BTreeMap<String, Value>,
    /// The calendars that hold now, for `within('office-hours')`.
    pub calendars: BTreeSet<String>,
    /// Whether an earlier step failed, for `success()` and `failure()`.
    pub failed: bool,
}

/// A part of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Segment<'a> {
    Literal(&'a str),
    /// CEL and where it begins in the text.
    Expression(&'a str, usize),
}

/// The value of an expression: a scalar.
pub fn evaluate(text: &str, scope: &Scope) -> Result<Value, String> {
    let program = Program::compile(text).map_err(|errors| errors.to_string())?;
    let mut context = Context::default();
    for name in VARIABLES {
        let empty = Value::Object(serde_json::Map::new());
        let value = scope.variables.get(name).unwrap_or(&empty);
        context.add_variable(name, Signed(value)).map_err(|error| error.to_string())?;
    }
    let (calendars, failed) = (scope.calendars.clone(), scope.failed);
    let added = [
        context.add_function("within", move |name: Arc<String>| calendars.contains(name.as_str())),
        context.add_function("always", || true),
        context.add_function("failure", move || failed),
        context.add_function("success", move || !failed),
    ];
    added.into_iter().collect::<Result<(), _>>().map_err(|error| error.to_string())?;
    scalar(text, program.execute(&context).map_err(|error| error.to_string())?)
}

fn scalar(text: &str, value: cel::Value) -> Result<Value, String> {
    match value {
        cel::Value::Int(number) => Ok(number.into()),
        cel::Value::UInt(number) => Ok(number.into()),
        cel::Value::Float(number) => Ok(number.into()),
        cel::Value::String(text) => Ok(Value::String(text.as_str().to_owned())),
        cel::Value::Bool(truth) => Ok(truth.into()),
        cel::Value::Null => Ok(Value::Null),
        other => Err(format!("`{text}` yields {:?}, and only scalars can be used", other.type_of())),
    }
}

/// A value whose whole numbers CEL reads as `int`. Serde hands over those from 0 up as unsigned, and CEL adds no `int`,
/// which is what a person writes, to a `uint`.
struct Signed<'a>(&'a Value);

impl Serialize for Signed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => serializer.serialize_i64(whole),
                None => number.serialize(serializer),
            },
            Value::Array(items) => serializer.collect_seq(items.iter().map(Signed)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, Signed(value))))
            }
            scalar => scalar.serialize(serializer),
        }
    }
}

/// Whether a condition holds.
pub fn holds(condition: &str, scope: &Scope) -> Result<bool, String> {
    evaluate(condition, scope)?.as_bool().ok_or_else(|| format!("`{condition}` is neither true nor false"))
}

/// The text with every `${{ }}` filled in.
pub fn fill(text: &str, scope: &Scope) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    for segment in segments(text).map_err(|flaw| flaw.message)? {
        match segment {
            Segment::Literal(literal) => filled.push_str(literal),
            Segment::Expression(expression, _) => match evaluate(expression, scope)? {
                Value::String(text) => filled.push_str(&text),
                other => filled.push_str(&other.to_string()),
            },
        }
    }
    Ok(filled)
}

/// The value of a text that is one `${{ }}`: a number stays a number.
pub fn fill_value(text: &str, scope: &Scope) -> Result<Value, String> {
    match segments(text).map_err(|flaw| flaw.message)?.as_slice() {
        [Segment::Expression(expression, _)] => evaluate(expression, scope),
        _ => fill(text, scope).map(Value::String),
    }
}

pub(crate) fn segments(text: &str) -> Result<Vec<Segment<'_>>, Flaw> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("${{").map(|open| at + open) {
        if open > at {
            found.push(Segment::Literal(&text[at..open]));
        }
        let start = open + 3;
        let Some(close) = text[start..].find("}}").map(|close| start + close) else {
            return Err(Flaw::new("cel", "`${{` is never closed").at(open..start).hint("close it with `}}`"));
        };
        let inner = &text[start..close];
        let lead = inner.len() - inner.trim_start().len();
        found.push(Segment::Expression(inner.trim(), start + lead));
        at = close + 2;
    }
    if at < text.len() {
        found.push(Segment::Literal(&text[at..]));
    }
    Ok(found)
}

pub(crate) fn check_condition(text: &str) -> Vec<Flaw> {
    check_condition_in(text, &RUN)
}

fn check_condition_in(text: &str, known: &Known) -> Vec<Flaw> {
    if text.contains("${{") {
        let flaw = Flaw::new("cel", "a condition is CEL already").hint("leave out `${{` and `}}`");
        return vec![flaw];
    }
    check(text, 0, known)
}

pub(crate) fn check_text(text: &str) -> Vec<Flaw> {
    check_text_in(text, &RUN)
}

fn check_text_in(text: &str, known: &Known) -> Vec<Flaw> {
    match segments(text) {
        Err(flaw) => vec![flaw],
        Ok(segments) => segments
            .into_iter()
            .flat_map(|segment| match segment {
                Segment::Literal(_) => Vec::new(),
                Segment::Expression(expression, at) => check(expression, at, known),
            })
            .collect(),
    }
}

/// A text that stands for a value of another type is one expression.
pub(crate) fn check_template(text: &str) -> Vec<Flaw> {
    match segments(text).as_deref() {
        Ok([Segment::Expression(expression, at)]) => check(expression, *at, &RUN),
        Err(flaw) => vec![flaw.clone()],
        Ok(_) => {
            vec![Flaw::new("wrong-type", format!("`{text}` is neither a number nor one `${{{{ … }}}}`"))]
        }
    }
}

fn check(text: &str, base: usize, known: &Known) -> Vec<Flaw> {
    let whole = base..base + text.len();
    if text.is_empty() {
        return vec![Flaw::new("cel", "an expression is missing here")];
    }
    if text.len() > BYTES_MAX
        || tokens(text) > TOKENS_MAX
        || text.matches(['(', '[', '{', '?']).count() > BRACKETS_MAX
    {
        return vec![Flaw::new("cel", "this expression is too large").at(whole)];
    }
    let program = match Program::compile(text) {
        Ok(program) => program,
        Err(errors) => {
            let flaws = errors.errors.iter().take(1).map(|error| {
                let start = base + offset(text, error.pos).min(text.len().saturating_sub(1));
                let said = error.msg.trim_start_matches("Syntax error: ");
                let said = said.split(" expecting ").next().unwrap_or(said);
                Flaw::new("cel", format!("CEL: {said}")).at(start..start + 1)
            });
            return flaws.collect();
        }
    };
    let mut uses = Uses::default();
    uses.visit(program.expression());
    let mut flaws = Vec::new();
    let place = |word: &str| text.find(word).map_or(whole.clone(), |at| base + at..base + at + word.len());
    for name in uses.variables.iter().filter(|name| !known.variables.contains(&name.as_str())) {
        let mut flaw = Flaw::new("cel", format!("nothing is called `{name}` here")).at(place(name));
        flaw.hint = suggest::hint(name, known.variables.iter().copied());
        flaws.push(flaw);
    }
    for name in uses.functions.iter().filter(|name| !known.functions.contains(&name.as_str())) {
        let mut flaw = Flaw::new("cel", format!("no function is called `{name}`")).at(place(name));
        flaw.hint = suggest::hint(name, known.functions.iter().copied());
        flaws.push(flaw);
    }
    if uses.over_maps {
        let flaw = Flaw::new("cel", "a comprehension runs over a list that is written out").at(whole.clone());
        flaws.push(flaw.hint("the order of a map's entries varies, so a decision could too"));
    }
    flaws
}

/// Words, and single signs.
fn tokens(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).count();
    words + text.chars().filter(|c| !is_word(*c) && !c.is_whitespace()).count()
}

/// CEL counts lines and columns from 1.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let lines = usize::try_from(line - 1).unwrap_or(0);
    let before: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    before + usize::try_from(column - 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope() -> Scope {
        let variables = [
            (
                "inputs",
                json!({ "service": "checkout", "add": 2, "share": 0.5, "huge": u64::MAX, "each": [7] }),
            ),
            ("service", json!({ "tier": 1 })),
            ("steps", json!({ "scale": { "before": { "instances": 3 } } })),
        ];
        Scope {
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            calendars: BTreeSet::from(["nights".to_owned()]),
            failed: false,
        }
    }

    #[test]
    fn conditions() {
        for condition in
            ["!within('office-hours') && within('nights')", "service.tier == 1", "always()", "success()"]
        {
            assert_eq!(holds(condition, &scope()), Ok(true), "{condition}");
        }
        assert_eq!(holds("failure()", &scope()), Ok(false));
        assert_eq!(
            holds("inputs.service", &scope()),
            Err("`inputs.service` is neither true nor false".to_owned())
        );
        assert!(evaluate("inputs.none", &scope()).is_err());
        assert!(evaluate("steps.scale", &scope()).is_err());
    }

    #[test]
    fn numbers_reckon_with_numbers() {
        for (text, wanted) in [
            ("inputs.add + 1", json!(3)),
            ("1 - inputs.add", json!(-1)),
            ("steps.scale.before.instances * inputs.add", json!(6)),
            ("inputs.share * 2.0", json!(1.0)),
            ("inputs.huge", json!(u64::MAX)),
            ("inputs.each[0] + inputs.add", json!(9)),
        ] {
            assert_eq!(evaluate(text, &scope()), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn texts() {
        let text = "service/${{ inputs.service }}+${{inputs.add}}";
        assert_eq!(fill(text, &scope()), Ok("service/checkout+2".to_owned()));
        assert_eq!(fill_value("${{ steps.scale.before.instances }}", &scope()), Ok(json!(3)));
        assert_eq!(fill_value("x${{ inputs.add }}", &scope()), Ok(json!("x2")));
    }

    #[test]
    fn long_chains_do_not_exhaust_the_stack() {
        for piece in ["!", "-", "(", "[", "a.", "1+", "a?1:", "a in "] {
            let flaws = check_condition(&(piece.repeat(1000) + "a"));
            assert_eq!(flaws[0].message, "this expression is too large", "{piece}");
        }
        assert!(check_condition(&("!".repeat(TOKENS_MAX - 8) + "success()")).is_empty());
        assert!(
            check_condition(&("(".repeat(BRACKETS_MAX - 1) + "success()" + &")".repeat(BRACKETS_MAX - 1)))
                .is_empty()
        );
    }
}
