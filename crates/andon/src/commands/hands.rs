//! `andon hands`: the process that acts. The server starts it and speaks with it over stdin and stdout.

use clap::Args;

use crate::exit::{Exit, Failure, Outcome};

#[derive(Args)]
pub struct Hands {}

impl Hands {
    pub fn run(self) -> Outcome {
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Failed, format!("the hands stop: {error}"))
                .hint("they are started by `andon up` or `andon serve`, not by hand")
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let served = runtime.block_on(andon_hands::serve(tokio::io::stdin(), tokio::io::stdout()));
        // A thread may still wait for a line that never comes.
        runtime.shutdown_background();
        served.map_err(failed)?;
        Ok(Exit::Well)
    }
}
