//! A scalar at every step; one that is the same at all of them is kept once.

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalars {
    Same(f64),
    Each(Vec<f64>),
}

impl Scalars {
    pub fn at(&self, step: usize) -> f64 {
        match self {
            Scalars::Same(value) => *value,
            Scalars::Each(values) => values[step],
        }
    }

    pub fn values(&self) -> &[f64] {
        match self {
            Scalars::Same(value) => std::slice::from_ref(value),
            Scalars::Each(values) => values,
        }
    }

    pub fn map(self, to: impl Fn(f64) -> f64) -> Scalars {
        match self {
            Scalars::Same(value) => Scalars::Same(to(value)),
            Scalars::Each(values) => Scalars::Each(values.into_iter().map(to).collect()),
        }
    }

    pub fn zip(self, other: Scalars, to: impl Fn(f64, f64) -> f64) -> Scalars {
        let steps = match (&self, &other) {
            (Scalars::Same(a), Scalars::Same(b)) => return Scalars::Same(to(*a, *b)),
            (Scalars::Each(values), _) | (_, Scalars::Each(values)) => values.len(),
        };
        Scalars::Each((0..steps).map(|step| to(self.at(step), other.at(step))).collect())
    }

    pub fn at_every(self, steps: usize) -> Vec<f64> {
        match self {
            Scalars::Same(value) => vec![value; steps],
            Scalars::Each(values) => values,
        }
    }
}
