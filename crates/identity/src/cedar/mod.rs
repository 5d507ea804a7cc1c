//! Policies in Cedar: read, held against the schema, and asked. Nothing else in Andon knows of Cedar.

mod bounds;
mod entities;
mod flaws;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use cedar_policy::{Authorizer, Context, Decision, PolicyId, PolicySet, Request, Schema};

use crate::{Permission, Policies, PolicyFlaw, Principal, Resource, Ruling};

pub(crate) use flaws::flaws;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let (schema, _) = Schema::from_cedarschema_str(include_str!("andon.cedarschema")).expect("it is tested");
    schema
});

/// All policies of all definitions, each by the name that people are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set(Arc<PolicySet>);

impl Set {
    /// Of texts without a flaw.
    pub fn read(texts: &BTreeMap<String, String>) -> Result<Set, (String, PolicyFlaw)> {
        let mut all = PolicySet::new();
        for (definition, text) in texts {
            let failed = |why: String| (definition.clone(), PolicyFlaw::new(why));
            let set: PolicySet = text.parse().map_err(|why| failed(format!("{why}")))?;
            let is_alone = set.num_of_policies() == 1;
            for policy in set.policies() {
                let id = match is_alone {
                    true => definition.clone(),
                    false => format!("{definition}/{}", flaws::name(policy)),
                };
                all.add(policy.new_id(PolicyId::new(id))).map_err(|why| failed(why.to_string()))?;
            }
            if all.num_of_policies() > Policies::MAX {
                return Err(failed(format!("too many policies: more than {}", Policies::MAX)));
            }
        }
        Ok(Set(Arc::new(all)))
    }

    pub fn len(&self) -> usize {
        self.0.num_of_policies()
    }

    pub fn rule(&self, who: &Principal, permission: Permission, resource: &Resource) -> Option<Ruling> {
        if self.0.is_empty() {
            return None;
        }
        let asked = entities::of(who, permission, resource).and_then(|asked| {
            let (who, what, to) = (asked.principal, asked.action, asked.resource);
            // Held against the schema at `andon check`: a policy that speaks of what this request has is typed by it.
            let request =
                Request::new(who, what, to, Context::empty(), None).map_err(|why| why.to_string())?;
            Ok((request, asked.entities))
        });
        let (request, entities) = match asked {
            Ok(asked) => asked,
            Err(why) => return Some(Ruling::Fails { policy: "of any name".to_owned(), why }),
        };
        let response = Authorizer::new().is_authorized(&request, &self.0, &entities);
        let diagnostics = response.diagnostics();
        // The same one is named each time, however many there are.
        let decisive = diagnostics.reason().min().map(ToString::to_string);
        let failed = diagnostics.errors().map(|error| {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            (error.policy_id().to_string(), error.inner().to_string())
        });
        match (response.decision(), decisive, failed.min()) {
            (Decision::Deny, Some(policy), _) => Some(Ruling::Forbid { policy }),
            (_, _, Some((policy, why))) => Some(Ruling::Fails { policy, why }),
            (Decision::Allow, Some(policy), None) => Some(Ruling::Permit { policy }),
            (_, None, None) => None,
        }
    }
}
