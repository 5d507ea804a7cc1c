//! Time on call that changes hands: taken over, given back, swapped.

use andon_vocabulary::{Command, OverrideId, Stretch, SwapId, Timestamp};
use clap::Args;

use super::Place;
use crate::client::Speaker;
use crate::exit::Outcome;

#[derive(Args)]
pub struct Take {
    /// TEAM/ROTATION, such as payments/primary
    rotation: Place,
    /// From this time on, such as 2026-12-24T09:00:00+01:00
    #[arg(long, value_name = "TIME")]
    from: Timestamp,
    #[arg(long, value_name = "TIME")]
    until: Timestamp,
    /// Who is to have it
    #[arg(long = "person", value_name = "PERSON")]
    taker: String,
    /// For people to read
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Take {
    pub fn run(self) -> Outcome {
        let Place { team, rotation } = self.rotation;
        self.speaker.tell(Command::TakeOver {
            team: team.into(),
            rotation: rotation.into(),
            person: self.taker.into(),
            during: Stretch { from: self.from, until: self.until },
            reason: self.reason,
        })
    }
}

#[derive(Args)]
pub struct GiveBack {
    /// Such as OVR-3; `andon oncall changes` lists them
    taken: OverrideId,
    #[command(flatten)]
    speaker: Speaker,
}

impl GiveBack {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::GiveBack { taken: self.taken })
    }
}

#[derive(Args)]
pub struct Swap {
    /// TEAM/ROTATION, such as payments/primary
    rotation: Place,
    /// Whom you ask
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// What they are to have
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"], required = true)]
    gives: Vec<Timestamp>,
    /// What you have in return
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"])]
    takes: Vec<Timestamp>,
    /// For people to read
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Swap {
    pub fn run(self) -> Outcome {
        let Place { team, rotation } = self.rotation;
        let stretch = |bounds: &[Timestamp]| match bounds {
            [from, until] => Some(Stretch { from: *from, until: *until }),
            _ => None,
        };
        let gives = stretch(&self.gives).ok_or_else(|| {
            crate::exit::Failure::usage("say what you give: from when and until when".to_owned())
        })?;
        self.speaker.tell(Command::OfferSwap {
            team: team.into(),
            rotation: rotation.into(),
            to: self.to.into(),
            gives,
            takes: stretch(&self.takes),
            reason: self.reason,
        })
    }
}

#[derive(Args)]
pub struct Accept {
    /// Such as SWP-2
    swap: SwapId,
    #[command(flatten)]
    speaker: Speaker,
}

impl Accept {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::AcceptSwap { swap: self.swap })
    }
}

#[derive(Args)]
pub struct Decline {
    /// Such as SWP-2
    swap: SwapId,
    /// For people to read
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    speaker: Speaker,
}

impl Decline {
    pub fn run(self) -> Outcome {
        self.speaker.tell(Command::DeclineSwap { swap: self.swap, reason: self.reason })
    }
}
