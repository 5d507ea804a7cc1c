//! What a person sees: text on stdout, colour where there is a terminal that wants it, and its width.

use std::io::{self, IsTerminal, Write};

/// Writes to stdout. Whoever closed the pipe, say `| head`, has seen enough: that ends the command quietly.
pub fn out(text: impl std::fmt::Display) {
    let mut stdout = io::stdout().lock();
    if writeln!(stdout, "{text}").and_then(|()| stdout.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Says something beside the result, which stays as it is for whoever reads it from a pipe.
pub fn err(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// Colour only on a terminal, and never against `NO_COLOR` (<https://no-color.org>).
pub fn wants_colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !unwanted && !dumb
}

/// How many columns a table may take; None where nobody looks at it on a screen.
pub fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

/// The colours of state. Each goes with a word, for whoever cannot see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Red,
    Amber,
    Green,
    Dim,
}

impl Ink {
    pub fn paint(self, text: &str, colour: bool) -> String {
        let code = match self {
            Ink::Red => 31,
            Ink::Amber => 33,
            Ink::Green => 32,
            Ink::Dim => 2,
        };
        if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The colour of a state's word, if it has one.
    pub fn of_state(word: &str) -> Option<Ink> {
        match word {
            "open" | "firing" | "failed" | "stopped" => Some(Ink::Red),
            "acknowledged" | "pending" | "lost" | "unknown" | "waiting" | "rejected" | "rolled back" => {
                Some(Ink::Amber)
            }
            "resolved" | "verified" | "done" => Some(Ink::Green),
            _ => None,
        }
    }
}
