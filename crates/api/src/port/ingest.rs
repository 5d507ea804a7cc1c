//! Samples that others send.

use andon_remote::{Answer, Version};

/// Takes in what is sent by remote write. Blocking: call it where blocking is allowed.
pub trait Ingest: Send + Sync {
    /// Takes an unpacked request. What the answer says is written is as durable as any sample is.
    fn write(&self, version: Version, body: &[u8]) -> Answer;
}
