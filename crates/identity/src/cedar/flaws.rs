//! What is wrong with a text of policies, where, and what to try.

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicySet, ValidationMode, Validator};
use miette::Diagnostic;

use super::{SCHEMA, bounds};
use crate::{Policies, PolicyFlaw};

pub(crate) fn flaws(text: &str) -> Vec<PolicyFlaw> {
    if text.len() > Policies::TEXT_BYTES_MAX {
        let most = Policies::TEXT_BYTES_MAX;
        return vec![PolicyFlaw::new(format!("{} bytes of policies, at most {most} are read", text.len()))];
    }
    if let Some(flaw) = bounds::exceeded(text) {
        return vec![flaw];
    }
    let set: PolicySet = match text.parse() {
        Ok(set) => set,
        Err(errors) => return errors.iter().map(|error| PolicyFlaw::of(error)).collect(),
    };
    if set.num_of_templates() > 0 {
        let hint = "name who and what is meant; what differs from case to case is said in `when`";
        let flaw = PolicyFlaw::new("`?principal` and `?resource` are filled in by nobody here");
        return vec![PolicyFlaw { hint: Some(hint.to_owned()), ..flaw }];
    }
    if set.is_empty() {
        let hint = r#"such as `permit(principal in Team::"core", action == Action::"run", resource);`"#;
        let flaw = PolicyFlaw::new("there is no policy in this text");
        return vec![PolicyFlaw { hint: Some(hint.to_owned()), ..flaw }];
    }
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for policy in set.policies() {
        let name = name(policy);
        if !names.insert(name.clone()) {
            found.push(PolicyFlaw::new(format!("two policies are called `{name}` by `@id`")));
        }
    }
    let result = Validator::new(SCHEMA.clone()).validate(&set, ValidationMode::Strict);
    found.extend(result.validation_errors().map(|error| PolicyFlaw::of(error)));
    if !found.is_empty() {
        return sorted(found);
    }
    // What can never apply is not what somebody meant, nor is a letter that looks like another.
    found.extend(result.validation_warnings().map(|warning| PolicyFlaw::of(warning)));
    sorted(found)
}

fn sorted(mut found: Vec<PolicyFlaw>) -> Vec<PolicyFlaw> {
    found.sort_by_key(|flaw| (flaw.range.as_ref().map(|range| range.start), flaw.message.clone()));
    found
}

/// What people call one of several: as `@id` says, else by its number, from 1.
pub(super) fn name(policy: &Policy) -> String {
    if let Some(id) = policy.annotation("id") {
        return id.to_owned();
    }
    // Cedar counts them itself: `policy0`, `policy1`.
    let id = policy.id().to_string();
    let number = id.strip_prefix("policy").and_then(|number| number.parse::<usize>().ok());
    number.map_or(id, |number| (number + 1).to_string())
}

impl PolicyFlaw {
    pub(super) fn new(message: impl Into<String>) -> PolicyFlaw {
        PolicyFlaw { range: None, message: message.into(), hint: None }
    }

    fn of(found: &dyn Diagnostic) -> PolicyFlaw {
        let label = found.labels().and_then(|mut labels| labels.next());
        let range = label.as_ref().map(|label| label.offset()..label.offset() + label.len().max(1));
        let expected = label.and_then(|label| label.label().map(str::to_owned));
        let help = found.help().map(|help| help.to_string());
        // It calls each policy by a number of its own, and the place says which one it is.
        let said = found.to_string();
        let message = match said.split_once("`, ") {
            Some((before, rest)) if before.starts_with("for policy `") => rest.to_owned(),
            _ => said,
        };
        PolicyFlaw { range, message: format!("Cedar: {message}"), hint: help.or(expected) }
    }
}
