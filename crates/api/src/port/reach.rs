//! What doors for others need of this machine and of the world.

use std::future::Future;
use std::pin::Pin;

pub trait Reach: Send + Sync {
    /// The value behind `secret:env/NAME` or `secret:file/PATH`; any other text is itself. An error names the place.
    fn secret(&self, text: &str) -> Result<String, String>;

    /// What is at an https address, at most 64 KiB and never by way of another address.
    fn fetch(&self, url: String) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send + '_>>;

    /// Says this JSON at an https address; what is answered is of no interest.
    fn post(
        &self,
        url: String,
        body: String,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}
