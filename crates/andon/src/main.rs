//! Andon: operational excellence as code, in one binary.
//!
//! Contract: each command is a row of the table in `commands`, and one file. It ends with one of the exit codes in
//! `exit`; what it could not do, it says on stderr: what happened, where, what to try.
//! Never: a decision about an incident, an alert or a run. Those are the loop's, which every command only asks.

mod certificate;
mod client;
mod clock;
mod commands;
mod definitions;
mod exit;
mod listing;
mod outage;
mod recorded;
mod serve;
mod terminal;
mod token;
mod written;

use std::process::ExitCode;

use clap::Parser;

/// A head is millions of small pieces that grow a little with each sample. The system's allocator scatters them and keeps
/// what they leave behind: measured over an hour of samples, it takes a fifth more memory and time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // An error means that it is installed already, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = commands::Cli::parse();
    match cli.command.run() {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit.into()
        }
    }
}
