//! What others send by remote write, taken in by the live store.

use andon_api::Ingest;
use andon_remote::{Answer, Version};

use super::port::Port;

impl Ingest for Port {
    fn write(&self, version: Version, body: &[u8]) -> Answer {
        self.receiver.write(version, body)
    }
}
