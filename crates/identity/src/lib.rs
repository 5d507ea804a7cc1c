//! Who somebody is and what they may do: people and programs, their roles, passwords, sessions and tokens as values.
//!
//! Contract: [`authorize`] is the one place that says who may do what, and says why in words. Whoever has no grant, no
//! policy and no open break-glass is denied. A secret is never shown, and kept only as what it can be proven by.
//! Never: a clock, randomness or a disk (time and random bytes are given), HTTP, a decision about an incident.

#![forbid(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod account;
mod accounts;
mod authorize;
#[cfg(feature = "cedar")]
mod cedar;
mod change;
mod handle;
mod password;
mod permission;
mod policies;
mod principal;
mod resource;
mod row;
mod secret;
mod token;

pub use account::{Elsewhere, Invitation, Session, Token, User};
pub use accounts::Accounts;
pub use authorize::{Allowed, Decision, Denied, authorize};
pub use change::{Change, VOID_LINK};
pub use handle::check_handle;
pub use password::{PasswordHash, check_password};
pub use permission::{Grant, Permission, Role};
pub use policies::{Policies, PolicyFlaw, Ruling};
pub use principal::{How, Principal};
pub use resource::{Resource, Thing};
pub use row::{Kind, Row};
pub use secret::{Digest, Secret};
pub use token::{Presented, TokenSecret};
