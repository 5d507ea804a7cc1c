//! How far the samples at hand can be trusted to tell the whole truth.

use andon_vocabulary::{Labels, Name, Timestamp};

/// What a driver knows beside the samples, for one rule.
#[derive(Clone, Copy, Debug)]
pub struct Freshness<'a> {
    /// Every target that the rule reads has been asked since the start, and the rule's longest range is filled.
    /// Until then nothing that is held can be called gone.
    pub warm: bool,
    /// Targets that are expected and do not answer. One that is no longer expected is not among them.
    pub silent: &'a [Silent],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// `service/instance`.
    pub target: Name,
    /// What every series of this target carries: `service`, `instance`.
    pub labels: Labels,
    /// When it last answered this driver; none if it never did.
    pub answered: Option<Timestamp>,
}
