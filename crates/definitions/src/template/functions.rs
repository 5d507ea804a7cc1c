//! The functions of templates: those that Go brings, and those of the two dialects.

mod go;
mod letters;
mod notified;
mod rule;

use super::value::Value;
use super::{Dialect, World};
pub(super) use go::escaped;

type Call = fn(&[Value], &World) -> Result<Value, String>;

/// Name, how many arguments at least and at most, and what it does.
type Row = (&'static str, usize, usize, Call);

const MANY: usize = usize::MAX;

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function(&'static Row);

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Function {
    pub fn named(name: &str, dialect: Dialect) -> Option<Function> {
        rows(dialect).find(|row| row.0 == name).map(Function)
    }

    pub fn names(dialect: Dialect) -> impl Iterator<Item = &'static str> + Clone {
        rows(dialect).map(|row| row.0)
    }

    pub fn name(self) -> &'static str {
        self.0.0
    }

    /// Whether it needs the samples.
    pub fn asks(self) -> bool {
        self.name() == "query"
    }

    /// What it takes, if that is not what it is given.
    pub fn wants(self, given: usize) -> Option<String> {
        let (_, least, most, _) = *self.0;
        if (least..=most).contains(&given) {
            return None;
        }
        Some(match (least, most) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "1 argument".to_owned(),
            (least, MANY) => format!("at least {least} arguments"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        })
    }

    /// Whether further arguments cannot change what it gives.
    pub fn is_settled(self, args: &[Value]) -> bool {
        let last = args.last().is_some_and(Value::is_true);
        match self.name() {
            "and" => !last,
            "or" => last,
            _ => false,
        }
    }

    pub fn call(self, args: &[Value], world: &World) -> Result<Value, String> {
        match self.wants(args.len()) {
            None => (self.0.3)(args, world),
            Some(wants) => Err(format!("it takes {wants}, not {}", args.len())),
        }
    }
}

fn rows(dialect: Dialect) -> impl Iterator<Item = &'static Row> + Clone {
    let own = match dialect {
        Dialect::Rule => rule::TABLE,
        Dialect::Notified => notified::TABLE,
    };
    go::TABLE.iter().chain(go::SHARED).chain(own)
}
