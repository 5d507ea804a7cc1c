//! `andon blocks`: what of the samples is on the disk, whether it is sound, a copy of it, and all of it merged.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;

#[derive(Args)]
pub struct Blocks {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Read every byte of every block and of the log, and compare it with its checksum; a server may run meanwhile
    Verify {
        /// The data directory, or the metrics in it
        data: PathBuf,
    },
    /// List the blocks: what they span, what they hold, what they take
    List {
        /// The data directory, or the metrics in it
        data: PathBuf,
    },
    /// Make a directory that opens as the metrics were at one moment; a server may run meanwhile
    Snapshot {
        /// The data directory, or the metrics in it
        data: PathBuf,
        /// A directory that is not there yet; on the same file system blocks take no room in it
        to: PathBuf,
    },
    /// Merge everything into as few blocks as there can be, with what is still in the log; no server may run meanwhile
    Compact {
        /// The data directory, or the metrics in it
        data: PathBuf,
    },
}

impl Blocks {
    pub fn run(self) -> Outcome {
        match self.what {
            What::Verify { data } => verify(&metrics(&data)?),
            What::List { data } => list(&metrics(&data)?),
            What::Snapshot { data, to } => {
                andon_blocks::snapshot(&metrics(&data)?, &to, andon_blocks::Copied::Everything)
                    .map_err(|error| Failure::new(Exit::Failed, format!("no snapshot was made: {error}")))?;
                terminal::out(format_args!("{} opens as the metrics were", to.display()));
                Ok(Exit::Well)
            }
            What::Compact { data } => {
                let dir = metrics(&data)?;
                andon_blocks::compact(&dir)
                    .map_err(|error| Failure::new(Exit::Failed, format!("not merged: {error}")))?;
                list(&dir)
            }
        }
    }
}

/// The directory with the blocks in it.
fn metrics(data: &Path) -> Result<PathBuf, Failure> {
    let places = [data.join("metrics"), data.to_owned()];
    places.into_iter().find(|place| place.join("blocks").is_dir()).ok_or_else(|| {
        Failure::usage(format!("{} holds no metrics", data.display()))
            .hint("name the data directory of an Andon, such as ops/data")
    })
}

fn verify(dir: &Path) -> Outcome {
    let checked = andon_blocks::verify(dir)
        .map_err(|error| Failure::new(Exit::Failed, format!("{} cannot be read: {error}", dir.display())))?;
    let mut exit = Exit::Well;
    for checked in &checked {
        let said = match &checked.result {
            Ok(()) => "sound",
            Err(why) => {
                exit = Exit::Failed;
                why
            }
        };
        terminal::out(format_args!("{}: {said}", checked.path.display()));
    }
    Ok(exit)
}

fn list(dir: &Path) -> Outcome {
    let listed = andon_blocks::list(dir)
        .map_err(|error| Failure::new(Exit::Failed, format!("{} cannot be read: {error}", dir.display())))?;
    for block in listed {
        terminal::out(format_args!(
            "{:08} {:>3} {} to {} {} series, {} samples, {} bytes",
            block.number,
            block.resolution.name(),
            block.from,
            block.to,
            block.series,
            block.samples,
            block.bytes
        ));
    }
    Ok(Exit::Well)
}
