//! Every command, as a table of contents. Each is one file, named as it is typed.

mod abort;
mod ack;
mod alerts;
mod answer;
mod approve;
mod blocks;
mod check;
mod completions;
mod declare;
mod deliveries;
mod deploy;
mod doctor;
mod export;
mod fault;
mod glass;
mod halt;
mod hands;
mod import;
mod incidents;
mod init;
mod journal;
mod labels;
mod note;
mod oncall;
mod preview;
mod query;
mod reject;
mod release;
mod resolve;
mod review;
mod rollback;
mod route;
mod run;
mod runs;
mod scenario;
mod schema;
mod series;
mod serve;
mod shadow;
mod sign_in;
mod sign_out;
mod silence;
mod status;
mod test;
mod token;
mod up;
mod user;
mod why;

use clap::{Parser, Subcommand};

use crate::exit::{EXIT_CODES, Outcome};

/// Operational excellence as code: prepare, monitor, respond, improve
#[derive(Parser)]
#[command(name = "andon", version, after_help = EXIT_CODES, arg_required_else_help = true)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

macro_rules! commands {
    ($($(#[$attribute:meta])* $variant:ident($args:path),)*) => {
        #[derive(Subcommand)]
        pub enum Command {
            $($(#[$attribute])* $variant($args),)*
        }

        impl Command {
            pub fn run(self) -> Outcome {
                match self {
                    $(Command::$variant(command) => command.run(),)*
                }
            }
        }
    };
}

commands! {
    // ── without a server ──
    /// Write a starting ops/ directory
    Init(init::Init),
    /// Everything that can be known of the definitions without running them
    Check(check::Check),
    /// Play the scenarios in simulated time
    Test(test::Test),
    /// What another program's file says, as definitions
    Import(import::Import),
    /// Where the routes of an alertmanager.yml lead an alert
    Route(route::Route),
    /// Record what really happened, from a store of samples, as a scenario
    Scenario(scenario::Scenario),
    /// Print the JSON Schema of the definitions, for editors
    Schema(schema::Schema),
    /// Look after the journal
    Journal(journal::Journal),
    /// Look after the samples on the disk
    Blocks(blocks::Blocks),
    /// What would keep this Andon from working here
    Doctor(doctor::Doctor),
    /// Print a shell's completions
    Completions(completions::Completions),

    // ── the server ──
    /// Run everything here: build, serve, supervise, and say what to try
    Up(up::Up),
    /// Run the server alone
    Serve(serve::Serve),
    /// Carry out orders that come in on stdin (started by the server)
    #[command(hide = true)]
    Hands(hands::Hands),

    // ── who gets in ──
    /// Say who you are, for the commands that follow
    SignIn(sign_in::SignIn),
    /// End that again
    SignOut(sign_out::SignOut),
    /// Users: let them in, say what they may
    User(user::User),
    /// Tokens, for programs
    Token(token::Token),
    /// In an emergency: may everything, for a short time
    Glass(glass::Glass),

    // ── look ──
    /// How this Andon is
    Status(status::Status),
    /// Alerts that fire, wait to fire, or were lost from sight
    Alerts(alerts::Alerts),
    /// Incidents that are going on, or may still reopen
    Incidents(incidents::Incidents),
    /// Runs of runbooks
    Runs(runs::Runs),
    /// Who is on call
    Oncall(oncall::Oncall),
    /// Why an alert told people, or did not; why somebody was paged, or was not
    Why(why::Why),
    /// What was sent to whom, with every attempt
    Deliveries(deliveries::Deliveries),
    /// Who would have been paged otherwise, beside the pager that is still in charge
    Shadow(shadow::Shadow),
    /// Evaluate PromQL
    Query(query::Query),
    /// Which series there are
    Series(series::Series),
    /// Which labels there are, and their values
    Labels(labels::Labels),
    /// What a run of a runbook would do, without touching anything
    Preview(preview::Preview),

    // ── respond ──
    /// Pull the cord: declare an incident
    Declare(declare::Declare),
    /// Acknowledge an incident
    Ack(ack::Ack),
    /// Keep people from hearing of alerts, for a time
    Silence(silence::Silence),
    /// Add a line to an incident's timeline
    Note(note::Note),
    /// Say that an incident is over
    Resolve(resolve::Resolve),
    /// Start a runbook
    Run(run::Run),
    /// Approve what a run asks for
    Approve(approve::Approve),
    /// Reject what a run asks for
    Reject(reject::Reject),
    /// Say what became of a step whose outcome is unknown
    Answer(answer::Answer),
    /// Stop one run
    Abort(abort::Abort),
    /// Stop all automation, now
    Halt(halt::Halt),
    /// Let automation go on
    Release(release::Release),

    // ── change ──
    /// Run a version of a service
    Deploy(deploy::Deploy),
    /// Return a service to the version before
    Rollback(rollback::Rollback),
    /// Switch a declared fault of a service
    Fault(fault::Fault),

    // ── improve ──
    /// Read, edit and close reviews
    Review(review::Review),
    /// Keep an incident: as a test, as facts, as a document
    Export(export::Export),
}
