//! Starting: definitions, journal, state, the loop, and everything around it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon_blocks::OpenError;
use andon_definitions::{Catalog, Diagnostic, SourceFile};
use andon_journal::{Journal, JournalError, SqliteJournal};
use andon_vocabulary::{FromHands, Hello, Input, Labels, Started};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::accounts::{AccountsError, Book};
use crate::calendars;
use crate::clock::Clock;
use crate::deliver::Desk;
use crate::descriptors;
use crate::directory::Directory;
use crate::dispatch::Dispatch;
use crate::elsewhere::Asking;
use crate::evaluations::Evaluations;
use crate::greeting::hello;
use crate::halt::Halt;
use crate::hands::{self, Errand, Program};
use crate::http::{far_client, near_client, probe_client};
use crate::keep::Keep;
use crate::keeper;
use crate::live::{Live, Running, journal_path};
use crate::loop_thread::{Ended, LoopThread, Parts};
use crate::notify::Notifier;
use crate::pools::Pools;
use crate::queue::{Queue, queue};
use crate::reload::{self, Read};
use crate::remote_write::{self, Standings};
use crate::replay::{ReplayError, replay};
use crate::roster::Roster;
use crate::scrape::Surroundings;
use crate::sources::Sources;
use crate::views::{View, Views};
use crate::watchers;

/// What only the one who starts it knows.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory that holds the Instance, or whose `ops` does.
    pub directory: PathBuf,
    /// Instead of the definitions' own.
    pub data: Option<PathBuf>,
    /// The program that is the hands, and its arguments.
    pub hands: (PathBuf, Vec<String>),
    pub version: String,
    /// Where people will reach it.
    pub address: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Directory(#[source] io::Error),
    /// There is nothing older to go on with.
    #[error("the definitions have errors, and the journal knows no earlier ones to go on with")]
    Broken { findings: Vec<Diagnostic>, files: Vec<SourceFile> },
    #[error("cannot use the data directory {}: {error}", path.display())]
    Data { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Metrics(#[from] OpenError),
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error("cannot make HTTP requests: {0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Loop(String),
}

/// Blocks while the journal is replayed. Within a runtime: what it starts goes on there.
pub fn start(options: Options) -> Result<(Live, Running), StartError> {
    let directory = Directory::find(&options.directory).map_err(StartError::Directory)?;
    let stamp = directory.stamp().map_err(StartError::Directory)?;
    let read = Read::from(&directory).map_err(StartError::Directory)?;
    let data = options.data.clone().unwrap_or_else(|| directory.path().join(&read.catalog.instance.data));
    let data = made(&data).map_err(|error| StartError::Data { path: data, error })?;

    let mut journal = SqliteJournal::open(&journal_path(&data), &read.catalog.instance.name)?;
    let state = replay(&journal)?;
    if state.catalog().hash.is_empty() && !read.errors().is_empty() {
        return Err(StartError::Broken { findings: read.findings, files: read.files });
    }
    let term = journal.acquire(&read.catalog.instance.name)?;
    // Whoever holds the journal is the only one to write these.
    let accounts = Arc::new(Book::open(&data)?);
    let started = Started {
        term: term.0,
        version: options.version.clone(),
        moved: journal.is_moved(),
        address: options.address.clone(),
    };

    let runtime = Handle::current();
    let (queue, messages) = queue();
    let (order, orders) = mpsc::unbounded_channel();
    let (views, view, plans) = Views::of(&state);
    let (full, is_full) = watch::channel(None);
    let clock = Arc::new(Clock::starting_at(state.at));
    let storage = &read.catalog.instance.storage;
    let store = keeper::open(&data, storage, seed(&data))?;
    keeper::keep(&store, clock.clone()).map_err(|error| {
        StartError::Loop(format!("cannot start the thread that looks after the metrics: {error}"))
    })?;
    let sources = Arc::new(Sources::default());
    let evaluations = Arc::new(Evaluations::default());
    let asking = Arc::new(Asking::new(runtime.clone(), directory.path()));
    let desk = Arc::new(Desk::new(directory.path().to_owned()));
    let halt = Halt::within(&data);
    let notifier = Arc::new(Notifier::new(directory.path().to_owned()));
    let dispatch = Dispatch::new(
        desk.clone(),
        accounts.clone(),
        notifier,
        order.clone(),
        halt.clone(),
        queue.clone(),
        runtime.clone(),
    );

    let mut turning = LoopThread::new(
        state,
        Parts {
            seq: journal.head().seq,
            journal,
            term,
            clock: clock.clone(),
            store: store.clone(),
            sources: sources.clone(),
            evaluations: evaluations.clone(),
            asking: asking.clone(),
            halt,
            dispatch,
            messages,
            views,
            full,
        },
    );
    turning.begin(vec![Input::Started(started), read.input()]).map_err(StartError::Loop)?;
    let ended = spawn(turning)?;
    let (prepared, catalog) = (desk.clone(), view.borrow().catalog().clone());
    runtime.spawn_blocking(move || prepared.prepare(&catalog.instance));

    let around = Surroundings {
        store: store.clone(),
        clock: clock.clone(),
        queue: queue.clone(),
        sources: sources.clone(),
        started: clock.now(),
        seed: seed(&data),
    };
    descriptors::raise();
    let pools = Pools::new(directory.path(), near_client()?);
    let roster = Roster::within(&data, around.started);
    runtime.spawn(watchers::keep(view.clone(), plans.clone(), around, pools, roster, probe_client()?));
    let standings = Standings::default();
    let outward = remote_write::Around {
        store: store.clone(),
        clock: clock.clone(),
        standings: standings.clone(),
        directory: data.join("remote-write"),
    };
    let base = directory.path().to_owned();
    runtime.spawn(remote_write::keep(plans.clone(), outward, base, near_client()?));
    let calendars = calendars::Around {
        queue: queue.clone(),
        clock: clock.clone(),
        base: directory.path().to_owned(),
        client: far_client()?,
    };
    runtime.spawn(calendars::keep(plans.clone(), calendars));
    let (path, args) = options.hands;
    let program = Program { path, args, directory: directory.path().to_owned() };
    let hands = start_hands(program, plans.clone(), data.clone(), orders, queue.clone());
    runtime.spawn(reload::watch(directory.clone(), stamp, view.clone(), queue.clone()));

    let live = Live {
        queue: queue.clone(),
        view,
        plans,
        full: is_full,
        clock,
        store: store.clone(),
        sources,
        standings,
        evaluations,
        asking,
        desk,
        accounts,
        data,
        directory: directory.path().to_owned(),
    };
    Ok((live, Running { queue, orders: order, hands, ended, store }))
}

/// The directory, made if need be, as a path that holds wherever the hands work.
fn made(data: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(data)?;
    data.canonicalize()
}

/// A number of this server's own: the same after a restart, another for another server.
fn seed(data: &Path) -> u64 {
    let host = rustix::system::uname();
    let named = [("host", host.nodename().to_string_lossy()), ("data", data.to_string_lossy())];
    Labels::new(named).fingerprint()
}

fn spawn<J: Keep + 'static>(turning: LoopThread<J>) -> Result<watch::Receiver<Option<Ended>>, StartError> {
    let (end, ended) = watch::channel(None);
    std::thread::Builder::new()
        .name("loop".to_owned())
        .spawn(move || {
            let why = turning.run();
            end.send_replace(Some(why));
        })
        .map_err(|error| StartError::Loop(format!("cannot start the loop's thread: {error}")))?;
    Ok(ended)
}

fn start_hands(
    program: Program,
    plans: View,
    data: PathBuf,
    orders: mpsc::UnboundedReceiver<Errand>,
    queue: Queue,
) -> JoinHandle<()> {
    let catalog = plans.borrow().catalog().clone();
    let (greet, greeting) = watch::channel(hello(&catalog, &data));
    let (say, heard) = mpsc::channel(64);
    tokio::spawn(keep_greeting(plans, catalog, data, greet));
    tokio::spawn(hear(heard, queue));
    tokio::spawn(hands::run(program, greeting, orders, say))
}

/// Other definitions may name other things to supervise.
async fn keep_greeting(mut plans: View, mut said: Arc<Catalog>, data: PathBuf, greet: watch::Sender<Hello>) {
    while plans.changed().await.is_ok() {
        let catalog = plans.borrow_and_update().catalog().clone();
        if Arc::ptr_eq(&said, &catalog) {
            continue;
        }
        let new = hello(&catalog, &data);
        said = catalog;
        greet.send_if_modified(|old| {
            let differs = *old != new;
            *old = new;
            differs
        });
    }
}

async fn hear(mut heard: mpsc::Receiver<FromHands>, queue: Queue) {
    while let Some(said) = heard.recv().await {
        match said {
            FromHands::Ready { platform } => {
                for status in platform {
                    queue.input(Input::Platform(status)).await;
                }
            }
            FromHands::Platform(status) => {
                queue.input(Input::Platform(status)).await;
            }
            FromHands::Outcome { intent, attempt, outcome } => {
                queue.input(Input::Outcome { intent, attempt, outcome }).await;
            }
            FromHands::Log { text } => tracing::info!("{text}"),
        }
    }
}

#[cfg(test)]
mod tests;
