//! What people answer from where they were told, and whether it is they.
//!
//! A press of a button, a key of the telephone, a reply or a link each say one [`Deed`]. Slack, Twilio and Telegram
//! prove themselves by their own signatures; a link is proven by ours.

mod deed;
pub mod link;
pub mod slack;
pub mod telegram;
#[cfg(test)]
mod tests;
pub mod twilio;

pub use deed::Deed;
