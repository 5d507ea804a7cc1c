//! How Andon's own address is protected on the way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The certificate and the key of Andon's own address, as files of PEM relative to the definitions' directory. They are
/// read again when they change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ServerTls {
    /// The certificate, and behind it those that lead to a root.
    pub cert: String,
    /// Its private key.
    pub key: String,
}
