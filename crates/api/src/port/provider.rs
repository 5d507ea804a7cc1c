//! Who somebody is by the word of a provider that people sign in at, as whoever speaks to it says.

use std::future::Future;
use std::pin::Pin;

pub type Vouching<'a, T> = Pin<Box<dyn Future<Output = Result<T, NotVouched>> + Send + 'a>>;

pub trait Provider: Send + Sync {
    /// Where to send somebody, and what their browser has to remember until they are back.
    fn begin(&self) -> Vouching<'_, OnTheWay>;

    /// Whom the provider vouches for. A code works once.
    fn finish(&self, back: Back) -> Vouching<'_, Vouched>;

    /// Where somebody who signs out here can sign out there too; None: it has no page for that.
    fn leave(&self) -> Vouching<'_, Option<WayOut>>;
}

/// Somebody is sent to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTheWay {
    pub url: String,
    /// They have to bring it back.
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// They are back: with the provider's code, and with what their browser remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    pub code: String,
    pub nonce: String,
    pub verifier: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    pub issuer: String,
    /// Theirs alone at this issuer, for ever.
    pub subject: String,
    /// What they are called, by the claim that the definitions name.
    pub handle: String,
    pub groups: Vec<String>,
}

/// The provider's page to sign out at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    pub url: String,
    /// They bring it back, if they went there from here.
    pub state: String,
}

/// Why it vouches for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotVouched {
    /// It cannot be asked now.
    Away(String),
    /// What it said proves nothing.
    Unproven(String),
}
