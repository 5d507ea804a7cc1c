//! `andon status`: how this Andon is, in a few lines.

use clap::Args;

use crate::client::Server;
use crate::exit::Outcome;
use crate::listing::Shape;

#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

impl Status {
    pub fn run(self) -> Outcome {
        let status = self.server.get("/api/v1/andon/status")?;
        self.shape.one(
            &status,
            &[
                ("instance", "/instance"),
                ("mode", "/mode"),
                ("halted", "/halted/reason"),
                ("open incidents", "/incidents_open"),
                ("alerts", "/alerts"),
                ("owed notices", "/owed"),
                ("findings", "/findings"),
                ("records", "/records"),
                ("last record", "/last_record_at"),
                ("clock", "/clock"),
            ],
        )
    }
}
