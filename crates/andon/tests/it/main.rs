//! Everything that is tested from outside: the house's own order, the command line, the examples.
//!
//! With `ANDON_REQUIRE_ALL=1` nothing is skipped for want of a tool: what is missing fails.

mod alertmanager;
mod boundary;
mod browser;
mod cli;
mod collection;
mod dispatch;
mod elsewhere;
mod examples;
mod history;
mod hostile;
mod house;
mod identity;
mod intake;
mod kill;
mod latency;
mod metrics_kill;
mod prometheus_api;
mod real;
mod receivers;
mod reference;
mod remote_write;
mod shadow;
mod tidy;
mod tls;
mod tutorial;
