//! `remote_write` of an Instance: other stores that get every sample too.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scalar::{Period, Sensitive};

/// A store that takes remote write: its address alone, or how it is spoken to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Receiver {
    Url(#[schemars(extend("format" = "andon-url"))] String),
    Addressed(Addressed),
}

/// How a receiver is spoken to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Addressed {
    /// Such as `http://prometheus:9090/api/v1/write`.
    #[schemars(extend("format" = "andon-url"))]
    pub url: String,
    /// What people call it; without one it is its address.
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<Sensitive>,
    /// A token for `Authorization: Bearer`.
    #[serde(default)]
    pub bearer: Option<Sensitive>,
    /// Such as `X-Scope-OrgID`, the tenant of a Mimir.
    #[serde(default)]
    pub headers: BTreeMap<String, Sensitive>,
    /// A file with the certificates to trust beside the system's, relative to the definitions' directory.
    #[serde(default)]
    pub ca: Option<String>,
    /// How long a request may take.
    #[serde(default = "request_timeout")]
    pub timeout: Period,
    /// Added to each series that does not have them.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

fn request_timeout() -> Period {
    Period::seconds(30)
}

impl Receiver {
    /// With everything that an address alone leaves open.
    pub fn addressed(&self) -> Addressed {
        match self {
            Receiver::Addressed(addressed) => addressed.clone(),
            Receiver::Url(url) => Addressed {
                url: url.clone(),
                name: None,
                username: None,
                password: None,
                bearer: None,
                headers: BTreeMap::new(),
                ca: None,
                timeout: request_timeout(),
                labels: BTreeMap::new(),
            },
        }
    }

    /// What it is called, and what its progress is remembered by.
    pub fn name(&self) -> &str {
        match self {
            Receiver::Url(url) => url,
            Receiver::Addressed(addressed) => addressed.name.as_deref().unwrap_or(&addressed.url),
        }
    }
}
