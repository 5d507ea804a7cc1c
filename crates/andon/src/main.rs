//! Andon: operational excellence as code, in one binary.
//!
//! Contract: each command is a row of the table in `commands`, and one file. It ends with one of the exit codes in
//! `exit`; what it could not do, it says on stderr: what happened, where, what to try.
//! Never: a decision about an incident, an alert or a run. Those are the loop's, which every command only asks.

mod client;
mod commands;
mod definitions;
mod exit;
mod listing;
mod outage;
mod recorded;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

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
