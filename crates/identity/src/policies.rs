//! What definitions of kind `Policy` permit and forbid beside the roles.

use std::collections::BTreeMap;
use std::ops::Range;

#[cfg(feature = "cedar")]
use crate::cedar;
use crate::{Permission, Principal, Resource};

/// What policies say: a forbidding one wins over every grant and every permitting one, and so does one that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    Permit { policy: String },
    Forbid { policy: String },
    Fails { policy: String, why: String },
}

/// What is wrong with the text of policies; the range counts bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFlaw {
    pub range: Option<Range<usize>>,
    pub message: String,
    pub hint: Option<String>,
}

/// The policies in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    #[cfg(feature = "cedar")]
    set: cedar::Set,
}

impl Policies {
    /// Whether this build reads them.
    pub const ARE_READ: bool = cfg!(feature = "cedar");
    /// As many of them as are asked before each deed.
    pub const MAX: usize = 1_000;
    pub const TEXT_BYTES_MAX: usize = 64 * 1024;

    /// Every flaw of one definition's text.
    pub fn flaws(text: &str) -> Vec<PolicyFlaw> {
        #[cfg(feature = "cedar")]
        return cedar::flaws(text);
        #[cfg(not(feature = "cedar"))]
        return vec![PolicyFlaw::without_cedar(text)];
    }

    /// What definitions say together, by name. One that has a flaw keeps all of them from being in force, for it may be
    /// the one that forbids.
    pub fn read(texts: &BTreeMap<String, String>) -> Result<Policies, (String, PolicyFlaw)> {
        for (name, text) in texts {
            if let Some(flaw) = Policies::flaws(text).into_iter().next() {
                return Err((name.clone(), flaw));
            }
        }
        #[cfg(feature = "cedar")]
        return Ok(Policies { set: cedar::Set::read(texts)? });
        #[cfg(not(feature = "cedar"))]
        return Ok(Policies {});
    }

    /// What they say of it; None: nothing.
    pub fn rule(&self, who: &Principal, permission: Permission, resource: &Resource) -> Option<Ruling> {
        #[cfg(feature = "cedar")]
        return self.set.rule(who, permission, resource);
        #[cfg(not(feature = "cedar"))]
        return {
            let _ = (who, permission, resource);
            None
        };
    }

    pub fn len(&self) -> usize {
        #[cfg(feature = "cedar")]
        return self.set.len();
        #[cfg(not(feature = "cedar"))]
        return 0;
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(not(feature = "cedar"))]
impl PolicyFlaw {
    fn without_cedar(_: &str) -> PolicyFlaw {
        PolicyFlaw {
            range: None,
            message: "this andon was built without Cedar, so it cannot obey policies".to_owned(),
            hint: Some(
                "build it with `cargo build --release --features cedar`, or take the file away and with it what it \
                 forbids"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(all(test, not(feature = "cedar")))]
mod tests {
    use super::*;

    #[test]
    fn without_cedar_no_policy_is_read_and_none_is_passed_over() {
        assert_eq!(Policies::read(&BTreeMap::new()), Ok(Policies::default()));
        for text in ["", "forbid(principal, action, resource);"] {
            let texts = BTreeMap::from([("freeze".to_owned(), text.to_owned())]);
            let (name, flaw) = Policies::read(&texts).expect_err("it might forbid something");
            assert_eq!(name, "freeze");
            assert!(flaw.hint.is_some_and(|hint| hint.contains("--features cedar")));
        }
    }
}
