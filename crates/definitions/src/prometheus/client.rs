//! How an HTTP client presents itself and whom it trusts: what scraping, HTTP discovery and remote write share.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::absent::Absent;

/// Settings of a client, written beside what it is for.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub struct HttpClient {
    #[serde(default)]
    pub basic_auth: Option<BasicAuth>,
    #[serde(default)]
    pub authorization: Option<Authorization>,
    /// The older way to write `authorization`.
    #[serde(default)]
    pub bearer_token: Option<Secret>,
    #[serde(default)]
    pub bearer_token_file: Option<String>,
    #[serde(default)]
    #[schemars(extend("x-absent" = "requests go out without the OAuth 2 token; write `authorization`"))]
    pub oauth2: Option<Absent>,
    #[serde(default)]
    pub tls_config: Tls,
    #[serde(default = "yes")]
    pub follow_redirects: bool,
    /// Andon speaks HTTP/1.1, which every server that offers HTTP/2 understands too.
    #[serde(default = "yes")]
    pub enable_http2: bool,
    #[serde(default, deserialize_with = "unless_empty")]
    #[schemars(extend("format" = "andon-proxy"))]
    pub proxy_url: Option<String>,
    /// Addresses that are asked without the proxy, with commas between them.
    #[serde(default)]
    pub no_proxy: Option<String>,
    #[serde(default)]
    pub proxy_from_environment: bool,
    #[serde(default)]
    #[schemars(extend("x-absent" = "the proxy is not sent headers of its own"))]
    pub proxy_connect_header: Option<Absent>,
    #[serde(default)]
    pub http_headers: BTreeMap<String, HeaderValues>,
}

fn yes() -> bool {
    true
}

/// Said empty, it is not said.
fn unless_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|said: Option<String>| said.filter(|said| !said.is_empty()))
}

impl Default for HttpClient {
    fn default() -> Self {
        HttpClient {
            basic_auth: None,
            authorization: None,
            bearer_token: None,
            bearer_token_file: None,
            oauth2: None,
            tls_config: Tls::default(),
            follow_redirects: true,
            enable_http2: true,
            proxy_url: None,
            no_proxy: None,
            proxy_from_environment: false,
            proxy_connect_header: None,
            http_headers: BTreeMap::new(),
        }
    }
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// A name and a password. A file is read anew for each request.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct BasicAuth {
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub username_file: Option<String>,
    #[serde(default)]
    pub password: Option<Secret>,
    #[serde(default)]
    pub password_file: Option<String>,
}

/// What stands in the `Authorization` header.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
pub struct Authorization {
    #[serde(default = "bearer", rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub credentials: Option<Secret>,
    #[serde(default)]
    pub credentials_file: Option<String>,
}

fn bearer() -> String {
    "Bearer".to_owned()
}

/// Whom to trust, and the client's own certificate; each in PEM, here or in a file.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct Tls {
    #[serde(default)]
    pub ca: Option<String>,
    #[serde(default)]
    pub ca_file: Option<String>,
    #[serde(default)]
    pub cert: Option<String>,
    #[serde(default)]
    pub cert_file: Option<String>,
    #[serde(default)]
    pub key: Option<Secret>,
    #[serde(default)]
    pub key_file: Option<String>,
    /// The name that the certificate must have, where it is not the address's.
    #[serde(default)]
    pub server_name: Option<String>,
    #[serde(default)]
    pub insecure_skip_verify: bool,
    #[serde(default)]
    pub min_version: Option<TlsVersion>,
    #[serde(default)]
    pub max_version: Option<TlsVersion>,
}

/// The first two are older than what Andon speaks: as a least version they exclude nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, JsonSchema)]
pub enum TlsVersion {
    #[serde(rename = "TLS10")]
    Tls10,
    #[serde(rename = "TLS11")]
    Tls11,
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

/// The values of one header.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct HeaderValues {
    #[serde(default)]
    pub values: Vec<String>,
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Each holds one value.
    #[serde(default)]
    pub files: Vec<String>,
}
