//! Who gets in, and who may do what: every route of the assembled router, the browser's side of it, and the real binary.

mod beyond;
mod browser;
mod entrance;
mod leaks;
mod links;
mod pages;
mod policy;
mod program;
mod provider;
pub mod serving;
pub mod site;
mod team;
mod traces;
mod walk;
