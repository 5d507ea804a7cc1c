//! What may be done, and the roles that allow it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use andon_vocabulary::Name;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Look at anything.
    View,
    /// Hand in alerts, changes and samples, as programs do.
    Send,
    /// Acknowledge, resolve, note, declare; edit reviews; take over and swap time on call.
    Acknowledge,
    Silence,
    /// Say yes or no to what a run wants to do.
    Approve,
    /// Start and stop runs and all automation; switch faults.
    Run,
    /// Run another version of a service.
    Deploy,
    /// Users, tokens, and what is stored.
    Administer,
}

impl Permission {
    pub const ALL: [Permission; 8] = [
        Permission::View,
        Permission::Send,
        Permission::Acknowledge,
        Permission::Silence,
        Permission::Approve,
        Permission::Run,
        Permission::Deploy,
        Permission::Administer,
    ];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Permission::View => "view",
            Permission::Send => "send",
            Permission::Acknowledge => "acknowledge",
            Permission::Silence => "silence",
            Permission::Approve => "approve",
            Permission::Run => "run",
            Permission::Deploy => "deploy",
            Permission::Administer => "administer",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Permission {
    type Err = String;

    fn from_str(text: &str) -> Result<Permission, String> {
        let found = Permission::ALL.into_iter().find(|permission| permission.word() == text);
        found.ok_or_else(|| {
            let words = Permission::ALL.map(Permission::word).join(", ");
            format!("{text:?} is no permission: {words}")
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Responder,
    Deployer,
    Admin,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Responder, Role::Deployer, Role::Admin];

    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Responder => "responder",
            Role::Deployer => "deployer",
            Role::Admin => "admin",
        }
    }

    pub fn allows(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    pub fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Role::Viewer => &[P::View],
            Role::Responder => &[P::View, P::Send, P::Acknowledge, P::Silence, P::Approve, P::Run],
            Role::Deployer => &[P::View, P::Deploy],
            Role::Admin => &Permission::ALL,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A role, of everything or of what belongs to one team. Written `responder`, or `responder:shop`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Grant {
    pub role: Role,
    pub team: Option<Name>,
}

impl Grant {
    pub fn of_everything(role: Role) -> Grant {
        Grant { role, team: None }
    }

    pub fn of_team(role: Role, team: &str) -> Grant {
        Grant { role, team: Some(team.into()) }
    }

    /// What these grants allow somewhere: what a token of their holder can be limited to.
    pub fn permissions(grants: &[Grant]) -> BTreeSet<Permission> {
        grants.iter().flat_map(|grant| grant.role.permissions()).copied().collect()
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.team {
            None => write!(f, "{}", self.role),
            Some(team) => write!(f, "{}:{team}", self.role),
        }
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Grant, String> {
        let (word, team) = text.split_once(':').map_or((text, None), |(word, team)| (word, Some(team)));
        let found = Role::ALL.into_iter().find(|role| role.word() == word);
        let role = found.ok_or_else(|| {
            let words = Role::ALL.map(Role::word).join(", ");
            format!("{word:?} is no role: {words}, each alone or with a team, as responder:shop")
        })?;
        match team {
            Some("") => Err(format!("{text:?} names no team after the colon")),
            Some(_) if role == Role::Viewer => Err("a viewer is one of everything, not of a team".to_owned()),
            // What only an administrator may do belongs to no team.
            Some(_) if role == Role::Admin => Err("an admin is one of everything, not of a team".to_owned()),
            team => Ok(Grant { role, team: team.map(Name::from) }),
        }
    }
}

impl TryFrom<String> for Grant {
    type Error = String;

    fn try_from(text: String) -> Result<Grant, String> {
        text.parse()
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> String {
        grant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["viewer", "admin", "responder:shop", "deployer:shop"] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
        for text in ["", "root", "responder:", "admin:shop", "viewer:shop"] {
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
        for permission in Permission::ALL {
            assert_eq!(permission.word().parse(), Ok(permission));
        }
    }

    #[test]
    fn only_an_admin_administers() {
        for role in Role::ALL {
            assert_eq!(role.allows(Permission::Administer), role == Role::Admin);
            assert!(role.allows(Permission::View));
        }
    }
}
