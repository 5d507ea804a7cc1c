//! PromQL: parse it, say what it reads, evaluate it over anything that can select series.
//!
//! Contract: what [`Expr::unsupported`] does not list is evaluated as Prometheus 3 evaluates it, with what it says beside
//! an answer and in its words; what it does list is refused by name before anything is evaluated. The same expression
//! over the same samples at the same time gives the same answer, in the same order. Each series is read once, however
//! many steps a query has.
//! Never: a clock, a network, a store of its own, a guess.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod bind;
mod display;
mod eval;
mod expr;
mod function;
mod lower;
mod masked;
mod names;
mod node;
mod parse;
mod presence;
mod pretty;
pub mod script;
mod selector;
mod tokens;

pub use bind::{BindError, Bound, bind};
pub use eval::{
    Annotation, Annotations, Answer, Element, EvalError, Level, Number, Options, Place, Value, instant, range,
};
pub use expr::{Expr, Finding, Kind, LOOKBACK, Selected};
pub use names::functions;
pub use parse::{ParseError, parse};
pub use pretty::pretty;
pub use selector::selector;
