//! `identity.oidc`: who is signed in elsewhere.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::Sensitive;

/// A provider of OpenID Connect by which people sign in, beside passwords.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Oidc {
    /// The provider, exactly as its own configuration names it. Https, or on this machine.
    #[schemars(extend("format" = "andon-issuer"))]
    pub issuer: String,
    pub client_id: String,
    /// None: the provider asks this client for none.
    #[serde(default)]
    pub client_secret: Option<Sensitive>,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that says what somebody is called here. It must be one that they cannot change themselves.
    #[serde(default = "handle_claim")]
    pub handle_claim: String,
    /// The claim that lists somebody's groups.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// What each group grants: a role, or a role of one team as `responder:payments`.
    #[serde(default)]
    pub groups: BTreeMap<String, GrantText>,
    /// What the button on the sign-in page names.
    #[serde(default = "name")]
    pub name: String,
}

/// A role, or a role of one team: `admin`, `responder:payments`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GrantText(#[schemars(extend("format" = "andon-grant"))] pub String);

fn scopes() -> Vec<String> {
    ["profile", "email", "groups"].map(str::to_owned).to_vec()
}

fn handle_claim() -> String {
    "preferred_username".to_owned()
}

fn groups_claim() -> String {
    "groups".to_owned()
}

fn name() -> String {
    "single sign-on".to_owned()
}
