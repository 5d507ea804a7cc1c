//! The life of the hands: greet, carry and look up side by side, leave when told or when nobody speaks any more.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use andon_vocabulary::{FromHands, Hello, Outcome, ToHands};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, Lines};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::carry::{World, carry};
use crate::leftover;
use crate::look_up::look_up;
use crate::platform::local::Local;
use crate::secrets::Secrets;

/// Up to Andon. Unbounded, since a supervisor must not wait for a reader; what it carries is changes, and those are
/// slowed down by the restarts' backoff.
pub type Up = UnboundedSender<FromHands>;

/// Serves one Andon until its end of input, a `Shutdown`, or a broken output. An order in flight is then left as it
/// is, and so is what runs, unless the `Shutdown` says to stop it. End the process when this returns: a thread may
/// still wait for input.
///
/// # Errors
/// What came in is not the protocol, or the platform cannot be held: its directory, its lock, its state.
pub async fn serve(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
) -> io::Result<()> {
    // Ctrl-C at a terminal reaches every process there. It is Andon's to decide what follows.
    let _ignored = signal(SignalKind::interrupt())?;
    let mut lines = BufReader::new(input).lines();
    let Some(first) = next(&mut lines).await? else {
        return Ok(());
    };
    let ToHands::Hello(hello) = first else {
        return Err(io::Error::other("the first line to the hands must be hello"));
    };

    let (up, down) = unbounded_channel();
    // Both die with this function: whatever they wait for, leaving does not.
    let mut work = JoinSet::new();
    work.spawn(write(down, output));
    leftover::end_in_time(&hello.instance_id, &mut work);
    let world = Arc::new(open(hello, &up).await?);
    world.local.settle().await;
    say(&up, FromHands::Ready { platform: world.local.status() });
    loop {
        let message = tokio::select! {
            message = next(&mut lines) => message?,
            // Its reader is gone.
            () = up.closed() => None,
            // Reaps what has ended.
            Some(_) = work.join_next() => continue,
        };
        match message {
            Some(ToHands::Carry { attempt, order }) => {
                let (world, up) = (world.clone(), up.clone());
                work.spawn(async move {
                    let outcome = Outcome::Carried(carry(&world, &order).await);
                    say(&up, FromHands::Outcome { intent: order.intent, attempt, outcome });
                });
            }
            Some(ToHands::LookUp { attempt, look_up: asked }) => {
                let (world, up) = (world.clone(), up.clone());
                work.spawn(async move {
                    let outcome = Outcome::LookedUp(look_up(&world, &asked).await);
                    say(&up, FromHands::Outcome { intent: asked.order.intent, attempt, outcome });
                });
            }
            Some(ToHands::Hello(_)) => return Err(io::Error::other("the hands were greeted twice")),
            Some(ToHands::Shutdown { stop_instances }) => {
                if stop_instances {
                    world.local.stop().await;
                }
                return Ok(());
            }
            None => return Ok(()),
        }
    }
}

async fn open(hello: Hello, up: &Up) -> io::Result<World> {
    let data_dir = PathBuf::from(&hello.data_dir);
    // Instances get paths in it and have a working directory of their own.
    std::fs::create_dir_all(&data_dir)?;
    let data_dir = data_dir.canonicalize()?;
    let secrets = Secrets::allowing(hello.secrets);
    let local = Local::open(&data_dir, &hello.instance_id, hello.services, &secrets, up.clone()).await?;
    Ok(World { data_dir, instance_id: hello.instance_id, secrets, local })
}

async fn next<R: AsyncRead + Unpin>(lines: &mut Lines<BufReader<R>>) -> io::Result<Option<ToHands>> {
    let Some(line) = lines.next_line().await? else {
        return Ok(None);
    };
    serde_json::from_str(&line)
        .map(Some)
        .map_err(|error| io::Error::other(format!("the hands do not understand what Andon says: {error}")))
}

async fn write(mut down: UnboundedReceiver<FromHands>, mut output: impl AsyncWrite + Unpin) {
    let mut greeted = false;
    while let Some(message) = down.recv().await {
        match &message {
            FromHands::Ready { .. } => greeted = true,
            // `Ready` says it all at once, and later.
            FromHands::Platform(_) if !greeted => continue,
            _ => {}
        }
        let mut line = serde_json::to_vec(&message).expect("messages are plain data");
        line.push(b'\n');
        if output.write_all(&line).await.is_err() || output.flush().await.is_err() {
            // Dropping the receiver is what tells the others.
            return;
        }
    }
}

/// An error means that Andon is gone; the loop above notices by itself.
pub fn say(up: &Up, message: FromHands) {
    let _ = up.send(message);
}
