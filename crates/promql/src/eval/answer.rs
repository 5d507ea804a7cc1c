//! What an evaluation gives back.

use std::sync::Arc;

use andon_timeseries::{Histogram, Series};
use andon_vocabulary::Labels;

use super::Annotations;

/// A value, and what is to be said about how it came to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<T> {
    pub value: T,
    pub annotations: Annotations,
    /// How many samples were looked at, counted as [`Options::samples_max`](super::Options) counts them.
    pub samples: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Scalar(f64),
    Vector(Vec<Element>),
    Matrix(Vec<Series>),
    String(String),
}

/// One label set with its value now.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    pub labels: Labels,
    pub value: Number,
}

/// What a series is worth at one time.
#[derive(Clone, Debug)]
pub enum Number {
    Float(f64),
    Histogram(Arc<Histogram>),
}

impl Number {
    /// `None` for a histogram, which no single number stands for.
    pub fn float(&self) -> Option<f64> {
        match self {
            Number::Float(value) => Some(*value),
            Number::Histogram(_) => None,
        }
    }
}

/// NaN equals NaN here: two answers are the same if they read the same.
impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        match (self, other) {
            (Number::Float(a), Number::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Number::Histogram(a), Number::Histogram(b)) => a == b,
            _ => false,
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Number {
        Number::Float(value)
    }
}
