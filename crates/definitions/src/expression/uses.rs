//! What expressions name: variables, functions, fields and calendars, each of which must be there.

use std::collections::BTreeSet;

use cel::common::ast::{Expr, LiteralValue};
use cel::{IdedExpr, Program};

use super::{Segment, segments};

/// What an expression names.
#[derive(Default, Debug)]
pub(crate) struct Uses {
    pub(super) variables: BTreeSet<String>,
    pub(super) functions: BTreeSet<String>,
    /// `inputs.x` and `steps.y` as `("inputs", "x")`.
    pub fields: BTreeSet<(String, String)>,
    /// The argument of `within('…')`.
    pub calendars: BTreeSet<String>,
    /// It runs over something whose order varies.
    pub(super) over_maps: bool,
}

impl Uses {
    /// Of every expression in a text, or of a condition.
    pub fn of_text(text: &str) -> Uses {
        let mut uses = Uses::default();
        for segment in segments(text).unwrap_or_default() {
            if let Segment::Expression(expression, _) = segment {
                uses.add(expression);
            }
        }
        uses
    }

    pub fn of_condition(text: &str) -> Uses {
        let mut uses = Uses::default();
        uses.add(text);
        uses
    }

    fn add(&mut self, expression: &str) {
        if let Ok(program) = Program::compile(expression) {
            self.visit(program.expression());
        }
    }

    pub(super) fn visit(&mut self, expression: &IdedExpr) {
        match &expression.expr {
            Expr::Ident(name) if !name.starts_with('@') => {
                self.variables.insert(name.clone());
            }
            Expr::Select(select) => {
                if let Expr::Ident(name) = &select.operand.expr {
                    self.fields.insert((name.clone(), select.field.clone()));
                }
                self.visit(&select.operand);
            }
            Expr::Call(call) => {
                if call.func_name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    self.functions.insert(call.func_name.clone());
                }
                if let ("within", [argument]) = (call.func_name.as_str(), call.args.as_slice())
                    && let Expr::Literal(LiteralValue::String(name)) = &argument.expr
                {
                    self.calendars.insert(name.inner().to_owned());
                }
                call.target.iter().for_each(|target| self.visit(target));
                call.args.iter().for_each(|argument| self.visit(argument));
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element)),
            Expr::Comprehension(comprehension) => {
                self.over_maps |= !matches!(comprehension.iter_range.expr, Expr::List(_));
                let mut inner = Uses::default();
                inner.visit(&comprehension.loop_step);
                inner.variables.remove(&comprehension.iter_var);
                self.variables.extend(inner.variables);
                self.functions.extend(inner.functions);
                self.fields
                    .extend(inner.fields.into_iter().filter(|(name, _)| *name != comprehension.iter_var));
                self.visit(&comprehension.iter_range);
            }
            Expr::Map(_) | Expr::Struct(_) => self.over_maps = true,
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
        }
    }
}
