//! `andon serve`: the server alone.

use clap::Args;

use crate::exit::Outcome;
use crate::serve::Place;
use crate::terminal;

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
}

impl Serve {
    pub fn run(self) -> Outcome {
        self.place.serve(|url| terminal::out(format_args!("listening on {url}")))
    }
}
