//! The one place that says who may do what.

use std::fmt;

use andon_vocabulary::{Name, Timestamp};

use crate::{Permission, Policies, Principal, Resource, Role, Ruling};

/// A decision and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed(Allowed),
    Denied(Denied),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// By a role, of everything or of the team that the resource belongs to.
    Granted { handle: Name, role: Role, team: Option<Name> },
    /// By a policy that permits it.
    Permitted { policy: String },
    /// By broken glass.
    Glass { handle: Name, until: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The token's scopes do not have it, whatever its owner may.
    Scope { permission: Permission },
    /// By a policy that forbids it, whatever else permits it.
    Forbidden { policy: String },
    /// By a policy that may forbid it, and does not say whether it does.
    Undecided { policy: String, why: String },
    /// Nothing allows it.
    Nothing { handle: Name, permission: Permission, resource: Resource },
}

/// Denied, unless something allows it and nothing forbids it.
pub fn authorize(
    who: &Principal,
    permission: Permission,
    resource: &Resource,
    policies: &Policies,
) -> Decision {
    if who.limited_to.as_ref().is_some_and(|scopes| !scopes.contains(&permission)) {
        return Decision::Denied(Denied::Scope { permission });
    }
    let permitted = match policies.rule(who, permission, resource) {
        Some(Ruling::Forbid { policy }) => return Decision::Denied(Denied::Forbidden { policy }),
        Some(Ruling::Fails { policy, why }) => return Decision::Denied(Denied::Undecided { policy, why }),
        Some(Ruling::Permit { policy }) => Some(policy),
        None => None,
    };
    let of_team = |team: &Name| resource.team.as_ref() == Some(team);
    let fits = |team: &Option<Name>| team.as_ref().is_none_or(of_team);
    if let Some(grant) = who.grants.iter().find(|grant| grant.role.allows(permission) && fits(&grant.team)) {
        let (role, team) = (grant.role, grant.team.clone());
        return Decision::Allowed(Allowed::Granted { handle: who.handle.clone(), role, team });
    }
    if let Some(policy) = permitted {
        return Decision::Allowed(Allowed::Permitted { policy });
    }
    if let Some(until) = who.glass {
        return Decision::Allowed(Allowed::Glass { handle: who.handle.clone(), until });
    }
    Decision::Denied(Denied::Nothing { handle: who.handle.clone(), permission, resource: resource.clone() })
}

impl Decision {
    pub fn is_allowed(&self) -> bool {
        matches!(self, Decision::Allowed(_))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Allowed(allowed) => allowed.fmt(f),
            Decision::Denied(denied) => denied.fmt(f),
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Allowed::Granted { handle, role, team: None } => write!(f, "{handle} is {role}"),
            Allowed::Granted { handle, role, team: Some(team) } => {
                write!(f, "{handle} is {role} of team {team}")
            }
            Allowed::Permitted { policy } => write!(f, "policy {policy} permits it"),
            Allowed::Glass { handle, until } => write!(f, "{handle} has broken the glass, until {until}"),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Denied::Scope { permission } => {
                write!(f, "this token's scopes do not have `{permission}`")
            }
            Denied::Forbidden { policy } => write!(f, "policy {policy} forbids it"),
            Denied::Undecided { policy, why } => {
                write!(f, "policy {policy} fails, so nobody is let through where it counts: {why}")
            }
            Denied::Nothing { handle, permission, resource } => {
                write!(f, "no role of {handle} allows `{permission}` on {resource}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Grant, How, Thing, User};

    fn somebody(grants: &[&str], teams: &[&str]) -> Principal {
        let grants = grants.iter().map(|grant| grant.parse().expect("a grant")).collect();
        let user = User::new("ana".into(), grants, Timestamp::from_ms(0));
        Principal::of(&user, teams.iter().copied(), How::Session)
    }

    fn incident(team: Option<&str>) -> Resource {
        Resource::one(Thing::Incident, "INC-7").of(team.map(Name::from))
    }

    #[track_caller]
    fn check(who: &Principal, permission: Permission, resource: &Resource, expect: &str) {
        let decision = authorize(who, permission, resource, &Policies::default());
        assert_eq!(decision.to_string(), expect);
    }

    #[test]
    fn nobody_may_anything_by_default() {
        let who = somebody(&[], &[]);
        for permission in Permission::ALL {
            assert!(!authorize(&who, permission, &incident(None), &Policies::default()).is_allowed());
        }
        let expect = "no role of ana allows `acknowledge` on incident INC-7 of team shop";
        check(&who, Permission::Acknowledge, &incident(Some("shop")), expect);
    }

    #[test]
    fn a_member_answers_for_their_own_team_and_sees_the_rest() {
        let who = somebody(&[], &["shop"]);
        check(&who, Permission::Acknowledge, &incident(Some("shop")), "ana is responder of team shop");
        check(&who, Permission::Deploy, &incident(Some("shop")), "ana is deployer of team shop");
        check(&who, Permission::View, &incident(Some("core")), "ana is viewer");
        let denied = "no role of ana allows `run` on incident INC-7 of team core";
        check(&who, Permission::Run, &incident(Some("core")), denied);
        // What is nobody's is not every team's.
        let denied = "no role of ana allows `silence` on incident INC-7";
        check(&who, Permission::Silence, &incident(None), denied);
    }

    #[test]
    fn a_token_may_no_more_than_its_scopes_nor_than_its_owner() {
        let mut who = somebody(&["admin"], &[]);
        who.limited_to = Some(BTreeSet::from([Permission::View]));
        who.glass = Some(Timestamp::from_ms(1));
        check(&who, Permission::View, &incident(None), "ana is admin");
        check(&who, Permission::Run, &incident(None), "this token's scopes do not have `run`");
        let mut who = somebody(&["viewer"], &[]);
        who.limited_to = Some(BTreeSet::from(Permission::ALL));
        assert!(!authorize(&who, Permission::Run, &incident(None), &Policies::default()).is_allowed());
    }

    #[test]
    fn broken_glass_opens_everything_and_says_so() {
        let mut who = somebody(&["viewer"], &[]);
        who.glass = Some(Timestamp::from_ms(0));
        check(&who, Permission::View, &incident(None), "ana is viewer");
        let expect = "ana has broken the glass, until 1970-01-01T00:00:00.000Z";
        check(&who, Permission::Administer, &Resource::all(Thing::Users), expect);
    }

    #[test]
    fn a_role_of_everything_needs_no_team() {
        let who = somebody(&["responder", "deployer:shop"], &[]);
        check(&who, Permission::Run, &incident(None), "ana is responder");
        check(&who, Permission::Deploy, &incident(Some("shop")), "ana is deployer of team shop");
        let grants = ["responder", "deployer:shop", "viewer"].map(|text| text.parse::<Grant>().unwrap());
        assert_eq!(who.grants, grants, "whoever does anything sees everything");
    }
}
