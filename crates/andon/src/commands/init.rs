//! `andon init`: the smallest useful Andon is three short files: an instance, a team of one, a service.

use std::path::PathBuf;

use andon_definitions::SourceFile;
use clap::Args;

use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;
use crate::written::write_new;

const FILES: [(&str, &str); 3] = [
    ("instance.yaml", include_str!("init/instance.yaml")),
    ("team.yaml", include_str!("init/team.yaml")),
    ("service.yaml", include_str!("init/service.yaml")),
];

#[derive(Args)]
pub struct Init {
    /// Where to make the ops/ directory
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Who is on call at first
    #[arg(long, env = "USER", default_value = "me")]
    person: String,
    /// The service to look after first
    #[arg(long, default_value = "web")]
    service: String,
}

impl Init {
    pub fn run(self) -> Outcome {
        let ops = self.dir.join("ops");
        let files: Vec<SourceFile> = FILES.iter().map(|(path, text)| self.filled(path, text)).collect();
        self.must_be_well(&files)?;
        write_new(&ops, &files)?;
        terminal::out(format_args!(
            "\nnext: read them, then `andon check {0}` and `andon up {0}`",
            self.dir.display()
        ));
        Ok(Exit::Well)
    }

    fn filled(&self, path: &str, text: &str) -> SourceFile {
        let text = text.replace("PERSON", &self.person).replace("SERVICE", &self.service);
        SourceFile { path: path.to_owned(), text }
    }

    /// A name that the definitions cannot hold shows here, before anything is written.
    fn must_be_well(&self, files: &[SourceFile]) -> Result<(), Failure> {
        match andon_definitions::load(files).1.first() {
            None => Ok(()),
            Some(finding) => Err(Failure::usage(format!(
                "{:?} and {:?} make no good definitions: {}",
                self.person, self.service, finding.message
            ))
            .hint("give plain names with --person and --service")),
        }
    }
}
