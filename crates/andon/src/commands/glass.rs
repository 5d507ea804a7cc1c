//! `andon glass`: an admin's authority in an emergency, and looking at what was done with it.

use andon_vocabulary::{Command, GlassId};
use clap::{Args, Subcommand};

use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Glass {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    speaker: Speaker,
}

#[derive(Subcommand)]
enum What {
    /// May everything for a short time; another admin looks at it afterwards
    Break {
        /// Why
        reason: String,
        #[arg(long, default_value_t = 30)]
        minutes: u32,
    },
    /// Says that what somebody else did behind it was looked at
    Review {
        glass: GlassId,
        /// What was found
        note: String,
    },
}

impl Glass {
    pub fn run(self) -> Outcome {
        self.speaker.tell(match self.what {
            What::Break { reason, minutes } => Command::BreakGlass { reason, minutes },
            What::Review { glass, note } => Command::ReviewGlass { glass, note },
        })
    }
}
