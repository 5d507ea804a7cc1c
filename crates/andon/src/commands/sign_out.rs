//! `andon sign-out`: ends the token that `andon sign-in` keeps.

use andon_identity::Presented;
use clap::Args;

use crate::client::Server;
use crate::exit::{Exit, Outcome};
use crate::terminal;
use crate::token;

#[derive(Args)]
pub struct SignOut {
    #[command(flatten)]
    server: Server,
}

impl SignOut {
    pub fn run(self) -> Outcome {
        let client = self.server.connect()?;
        let kept = token::of(client.base(), None)?.and_then(|token| Presented::read(token.expose()));
        let ended = kept.map(|kept| client.delete(&format!("/api/v1/andon/tokens/{}", kept.id)));
        let was_kept = token::forget(client.base())?;
        match ended {
            // The file is gone already; that it opens nothing any more is what the server says.
            Some(ended) => drop(ended?),
            None if !was_kept => terminal::out("nobody had signed in"),
            None => {}
        }
        Ok(Exit::Well)
    }
}
