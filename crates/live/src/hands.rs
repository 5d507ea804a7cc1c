//! The hands: a process of their own that acts on the world, spoken to in lines of JSON, started again if it dies.
//!
//! What was asked of hands that died is unknown, and so it is reported: nothing is asked twice by itself here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use andon_vocabulary::{Answer, FromHands, Hello, IntentId, LookUp, Order, OrderResult, Outcome, ToHands};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, watch};

/// How to start them.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    pub args: Vec<String>,
    /// Where they work: secrets in files are named relative to it.
    pub directory: PathBuf,
}

/// Doubles with each death, up to half a minute; a minute of life forgives.
const RESTART_FIRST: Duration = Duration::from_millis(200);
const RESTART_MAX: Duration = Duration::from_secs(30);
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);
/// How long hands may take to stop what they supervise.
const LEAVE: Duration = Duration::from_secs(40);
/// How long hands that cannot be talked to may take to notice that nobody does.
const NOTICE: Duration = Duration::from_secs(5);

/// What the hands are sent to do.
#[derive(Debug)]
pub enum Errand {
    Carry {
        intent: IntentId,
        attempt: u32,
        order: Box<Order>,
    },
    LookUp {
        intent: IntentId,
        attempt: u32,
        look_up: Box<LookUp>,
    },
    /// The last one.
    Leave {
        stop_instances: bool,
    },
}

/// What was asked and not yet answered. The hands name the order in their answers; one that is looked for has an
/// intent of its own and the looking another, so both are remembered.
type Open = BTreeMap<(IntentId, u32, Asked), IntentId>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    ToAct,
    ToLook,
}

/// Ends after `Leave` or when nobody can send them any more. `hello` is the first thing said to each process;
/// when it changes, these hands finish what they were asked and others take over. Everything they say goes to
/// `heard`.
pub async fn run(
    program: Program,
    mut hello: watch::Receiver<Hello>,
    mut errands: mpsc::UnboundedReceiver<Errand>,
    heard: mpsc::Sender<FromHands>,
) {
    let mut pause = RESTART_FIRST;
    loop {
        let began = tokio::time::Instant::now();
        let mut open = Open::new();
        let ended = match Process::start(&program) {
            Ok(mut process) => {
                let ended = process.converse(&mut hello, &mut errands, &heard, &mut open).await;
                process.end().await;
                ended
            }
            Err(error) => Ended::Died(format!("cannot start {}: {error}", program.path.display())),
        };
        let why = match ended {
            Ended::Left => return,
            Ended::Relieved => continue,
            Ended::Died(why) => why,
        };
        tracing::error!(%why, "the hands are gone; starting them again in {pause:?}");
        for ((_, attempt, asked), intent) in open {
            let outcome = asked.unknown(&why);
            let told = FromHands::Outcome { intent, attempt, outcome };
            if heard.send(told).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(pause).await;
        pause = if began.elapsed() > FORGIVEN_AFTER { RESTART_FIRST } else { (pause * 2).min(RESTART_MAX) };
    }
}

impl Asked {
    fn by(outcome: &Outcome) -> Option<Asked> {
        match outcome {
            Outcome::Carried(_) => Some(Asked::ToAct),
            Outcome::LookedUp(_) => Some(Asked::ToLook),
            Outcome::Delivered { .. } | Outcome::NotDelivered { .. } => None,
        }
    }

    fn unknown(self, why: &str) -> Outcome {
        let why = format!("the hands died before they answered: {why}");
        match self {
            Asked::ToAct => Outcome::Carried(OrderResult::Unknown { why }),
            Asked::ToLook => Outcome::LookedUp(Answer::CannotTell { why }),
        }
    }
}

enum Ended {
    /// As they were told to.
    Left,
    /// Others are to take over what they supervise.
    Relieved,
    Died(String),
}

struct Process {
    child: Child,
    /// None once they were told to leave.
    orders: Option<ChildStdin>,
    said: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// In a process group of its own, so that Ctrl-C in a terminal reaches Andon alone, which then takes its leave
    /// in order.
    fn start(program: &Program) -> std::io::Result<Process> {
        let mut child = Command::new(&program.path)
            .args(&program.args)
            .current_dir(&program.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let orders = child.stdin.take();
        let said = child.stdout.take().expect("stdout is piped");
        Ok(Process { child, orders, said: BufReader::new(said).lines() })
    }

    async fn converse(
        &mut self,
        hello: &mut watch::Receiver<Hello>,
        errands: &mut mpsc::UnboundedReceiver<Errand>,
        heard: &mpsc::Sender<FromHands>,
        open: &mut Open,
    ) -> Ended {
        let first = ToHands::Hello(hello.borrow_and_update().clone());
        if let Err(error) = self.say(&first).await {
            return Ended::Died(error);
        }
        let mut outdated = false;
        loop {
            if outdated && open.is_empty() {
                self.leave(false, heard).await;
                return Ended::Relieved;
            }
            tokio::select! {
                line = self.said.next_line() => {
                    if let Err(error) = self.hear(line, heard, open).await {
                        return Ended::Died(error);
                    }
                }
                errand = errands.recv(), if !outdated => {
                    let asked = match errand.unwrap_or(Errand::Leave { stop_instances: false }) {
                        Errand::Leave { stop_instances } => {
                            self.leave(stop_instances, heard).await;
                            return Ended::Left;
                        }
                        errand => self.ask(errand, open).await,
                    };
                    if let Err(error) = asked {
                        return Ended::Died(error);
                    }
                }
                Ok(()) = hello.changed(), if !outdated => outdated = true,
            }
        }
    }

    /// From here on it may have happened, even if the line cannot be written whole.
    async fn ask(&mut self, errand: Errand, open: &mut Open) -> Result<(), String> {
        let message = match errand {
            Errand::Carry { intent, attempt, order } => {
                open.insert((order.intent, attempt, Asked::ToAct), intent);
                ToHands::Carry { attempt, order }
            }
            Errand::LookUp { intent, attempt, look_up } => {
                open.insert((look_up.order.intent, attempt, Asked::ToLook), intent);
                ToHands::LookUp { attempt, look_up }
            }
            Errand::Leave { stop_instances } => ToHands::Shutdown { stop_instances },
        };
        self.say(&message).await
    }

    async fn hear(
        &self,
        line: std::io::Result<Option<String>>,
        heard: &mpsc::Sender<FromHands>,
        open: &mut Open,
    ) -> Result<(), String> {
        let line = match line {
            Ok(Some(line)) => line,
            Ok(None) => return Err("they ended".to_owned()),
            Err(error) => return Err(format!("they cannot be heard: {error}")),
        };
        let mut message: FromHands = serde_json::from_str(&line)
            .map_err(|error| format!("they say what nobody understands ({error}): {line:.120}"))?;
        if let FromHands::Outcome { intent, attempt, outcome } = &mut message
            && let Some(asked) = Asked::by(outcome)
            && let Some(own) = open.remove(&(*intent, *attempt, asked))
        {
            *intent = own;
        }
        heard.send(message).await.map_err(|_| "nobody listens any more".to_owned())
    }

    async fn say(&mut self, message: &ToHands) -> Result<(), String> {
        let Some(orders) = &mut self.orders else {
            return Err("they were told to leave".to_owned());
        };
        let mut line = serde_json::to_vec(message).map_err(|error| error.to_string())?;
        line.push(b'\n');
        let written = async {
            orders.write_all(&line).await?;
            orders.flush().await
        };
        written.await.map_err(|error| format!("they do not listen: {error}"))
    }

    /// There are never two pairs of hands at once: these are gone when this returns.
    async fn end(&mut self) {
        self.orders = None;
        if tokio::time::timeout(NOTICE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    /// What they still say is passed on; what they do not say in time stays unknown.
    async fn leave(&mut self, stop_instances: bool, heard: &mpsc::Sender<FromHands>) {
        let _ = self.say(&ToHands::Shutdown { stop_instances }).await;
        self.orders = None;
        let last_words = async {
            while let Ok(Some(line)) = self.said.next_line().await {
                if let Ok(message) = serde_json::from_str(&line) {
                    let _ = heard.send(message).await;
                }
            }
        };
        if tokio::time::timeout(LEAVE, last_words).await.is_err() {
            tracing::warn!("the hands did not leave within {LEAVE:?}");
        }
    }
}

#[cfg(test)]
mod tests;
