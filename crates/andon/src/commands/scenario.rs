//! `andon scenario`: a stretch of time as a store of samples remembers it, to be played again and again.

use std::path::PathBuf;
use std::time::Duration;

use andon_definitions::Period;
use andon_definitions::instance::Elsewhere as Address;
use andon_live::Elsewhere;
use andon_vocabulary::Timestamp;
use clap::Args;
use tokio::runtime::Runtime;

use super::query::moment;
use crate::definitions::Definitions;
use crate::exit::{Exit, Failure, Outcome};
use crate::recorded::{Recording, Stretch};
use crate::terminal;

#[derive(Args)]
pub struct Scenario {
    /// The directory of the definitions whose rules are to be tried, or the one that has them in ops/
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Where the samples are: prometheus=URL, for all that answer Prometheus's queries
    #[arg(long, value_name = "STORE")]
    from: String,
    /// When it begins: RFC 3339, seconds since 1970, or so long ago, as -1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    start: String,
    /// When it ends
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    end: String,
    /// Record these series instead of those that the rules read; may be given several times
    #[arg(long = "match", value_name = "SELECTOR")]
    matches: Vec<String>,
    /// From one value to the next; as fine as the stretch allows, if it is not said
    #[arg(long, value_name = "DURATION")]
    every: Option<String>,
    /// What the scenario is called
    #[arg(long, default_value = "recorded")]
    name: String,
}

impl Scenario {
    /// Written to stdout, and played once: one that would not pass is said to be none.
    pub fn run(self) -> Outcome {
        let read = Definitions::read(&self.dir)?.without_errors()?;
        let url = self.from.strip_prefix("prometheus=").ok_or_else(|| {
            Failure::usage(format!("samples cannot be read from {}", self.from))
                .hint("write prometheus=http://HOST:PORT")
        })?;
        let stretch = self.stretch()?;
        let runtime = Runtime::new().map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        let address = Address::Url(url.to_owned()).asked();
        let store = Elsewhere::new(address, read.directory.path(), runtime.handle().clone())
            .map_err(Failure::usage)?;
        let recording = Recording::take(&read, &store, &runtime, stretch, &self.matches)?;
        let text = recording.scenario(&self.name, &read)?;
        terminal::out(text.trim_end());
        Ok(Exit::Well)
    }

    fn stretch(&self) -> Result<Stretch, Failure> {
        let now = jiff::Timestamp::now();
        let at = |text: &str| -> Result<Timestamp, Failure> {
            // A scenario's clock begins on a whole second.
            Ok(Timestamp::from_ms(moment(text, now)?.floor() as i64 * 1000))
        };
        let (start, end) = (at(&self.start)?, at(&self.end)?);
        if end <= start {
            return Err(Failure::usage("it ends before it begins".to_owned()));
        }
        let every = match &self.every {
            Some(text) => *Period::parse(text).map_err(Failure::usage)?,
            None => match end.since(start).as_secs() {
                0..=7200 => Duration::from_secs(15),
                7201..=86_400 => Duration::from_secs(60),
                _ => Duration::from_secs(300),
            },
        };
        if every < Duration::from_secs(1) {
            return Err(Failure::usage("values closer than a second are not recorded".to_owned()));
        }
        Ok(Stretch { start, end, every })
    }
}
