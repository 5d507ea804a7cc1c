//! `andon sign-in`: a token for this terminal, for as long as a sign-in lasts.

use std::io::{self, BufRead, IsTerminal, Write};

use andon_identity::Secret;
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::json;

use crate::client::Server;
use crate::exit::{Exit, Failure, Outcome};
use crate::terminal;
use crate::token;

/// Asks for handle and password, and keeps a token for this server. Where there is no terminal, the password is the first
/// line of stdin.
#[derive(Args)]
pub struct SignIn {
    /// Who signs in
    #[arg(long, value_name = "HANDLE")]
    handle: Option<String>,
    #[command(flatten)]
    server: Server,
}

impl SignIn {
    pub fn run(self) -> Outcome {
        let client = self.server.anonymous()?;
        token::must_be_safe(client.base())?;
        let handle = match self.handle {
            Some(handle) => handle,
            None => asked("Handle: ")?,
        };
        let password = password()?;
        let body = json!({ "handle": handle.trim(), "password": password.expose() });
        let answer = client.post("/api/v1/andon/sign-in", &body)?;
        let token = answer["token"]
            .as_str()
            .map(Secret::new)
            .ok_or_else(|| Failure::new(Exit::Unreachable, "the server's answer holds no token"))?;
        let path = token::keep(client.base(), &token)?;
        let until = answer["expires"].as_str().unwrap_or_default();
        terminal::out(format_args!(
            "signed in as {} until {until}; kept in {}",
            handle.trim(),
            path.display()
        ));
        Ok(Exit::Well)
    }
}

fn password() -> Result<Secret, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return line().map(Secret::new);
    }
    let failed =
        |error| Failure::new(Exit::Failed, format!("the terminal cannot be kept from showing it: {error}"));
    let before = tcgetattr(&stdin).map_err(failed)?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &quiet).map_err(failed)?;
    let typed = asked("Password: ");
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &before).map_err(failed);
    terminal::err("");
    restored?;
    typed.map(Secret::new)
}

fn asked(question: &str) -> Result<String, Failure> {
    let mut stderr = io::stderr();
    // Nothing is lost where it cannot be shown.
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
    line()
}

fn line() -> Result<String, Failure> {
    let mut typed = String::new();
    let read = io::stdin().lock().read_line(&mut typed);
    match read {
        Ok(0) => Err(Failure::usage("nothing was typed").hint("set ANDON_TOKEN where nobody types")),
        Ok(_) => Ok(typed.trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(Failure::usage(format!("cannot read what is typed: {error}"))),
    }
}
