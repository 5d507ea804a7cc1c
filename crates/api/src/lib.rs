//! HTTP for programs: the state of the loop as JSON, commands into it, queries, and a stream of what changes.
//!
//! Contract: a command is answered with 2xx only after its facts are durable; the same idempotency key again is
//! answered the same way. Readers get an immutable view and never wait for the loop.
//! Every route names who may use it; one that names nobody cannot be reached.
//! Never: a decision, a page of HTML, a listener (the binary owns the socket), anything unauthenticated beyond
//! loopback.

mod accounts;
mod alerts;
mod answers;
mod authority;
mod deliveries;
mod doors;
mod entrance;
mod framework;
mod intake;
mod maker;
mod noisy;
mod openapi;
mod past;
mod peer;
mod port;
mod problem;
mod rewind;
mod routes;
mod runs;
#[cfg(any(test, feature = "still"))]
pub mod scene;
mod shadow;
#[cfg(any(test, feature = "still"))]
pub mod still;
#[cfg(test)]
mod tests;
mod timeline;
mod why;
mod wire;

pub use accounts::{Desk, Invited, Issued, Uninvited, Wanted};
pub use alerts::{AskedAlerts, service_of};
pub use andon_monitor::Evaluated;
pub use deliveries::{Sought, sendings};
pub use doors::{Answering, Door, Doors, Identified, Refusing, Routes, Visitor, form_token};
pub use entrance::{Entrance, NotIn, SESSION_COOKIE, SignIn, SignedIn, admin_link, cookie_of_nobody};
pub use noisy::{LOOKS_BACK, rules as noisy_rules};
pub use past::{incident_at_its_end, run_at_its_end};
pub use peer::Peer;
pub use port::{
    AccountBook, Admin, Back, Dropped, Elsewhere, History, Ingest, Lookup, Loop, Metrics, NotVouched,
    OnTheWay, Outgoing, Passed, Provider, Reach, Said, Stats, Target, Targets, TellError, Unsaid, View,
    Vouched, Vouching, WayOut,
};
pub use problem::Problem;
pub use rewind::Rewinder;
pub use routes::{is_reserved, router, routes};
pub use runs::{StepLine, phase_words, steps};
pub use shadow::{Beside, NoDay, Reported, beside, reported as reported_days};
pub use timeline::{Entry, timeline};
pub use why::{Asked, NoAnswer, WINDOW, ask as ask_why};
