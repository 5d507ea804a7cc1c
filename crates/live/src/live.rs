//! A running Andon, for whoever serves it to people.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon_blocks::Copied;
use andon_cycle::State;
use andon_journal::{JournalError, Reader};
use andon_monitor::Evaluated;
use andon_vocabulary::{Access, Delivery, IncumbentSaid, Name, Receipt, Received, Reported, Timestamp, Told};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;

use crate::accounts::Book;
use crate::clock::Clock;
use crate::deliver::Desk;
use crate::elsewhere::{Asking, Elsewhere};
use crate::evaluations::Evaluations;
use crate::hands::Errand;
use crate::keeper;
use crate::loop_thread::Ended;
use crate::queue::{Queue, TellError};
use crate::receive::Receiver;
use crate::remote_write::{Outgoing, Standings};
use crate::sources::{Pool, Source, Sources};
use crate::store::SharedStore;
use crate::views::View;

/// The handle of everything that was started. Shared by every page and request; dropping it stops nothing.
#[derive(Debug)]
pub struct Live {
    pub(crate) queue: Queue,
    pub(crate) view: View,
    pub(crate) plans: View,
    pub(crate) full: watch::Receiver<Option<Timestamp>>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) store: SharedStore,
    pub(crate) sources: Arc<Sources>,
    pub(crate) standings: Standings,
    pub(crate) evaluations: Arc<Evaluations>,
    pub(crate) asking: Arc<Asking>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) accounts: Arc<Book>,
    pub(crate) data: PathBuf,
    pub(crate) directory: PathBuf,
}

/// What ends, and how: kept by the one who decides when.
#[derive(Debug)]
pub struct Running {
    pub(crate) queue: Queue,
    pub(crate) orders: mpsc::UnboundedSender<Errand>,
    pub(crate) hands: JoinHandle<()>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
    pub(crate) store: SharedStore,
}

impl Live {
    /// Says something to the loop. The answer comes once what it brought about is durable.
    pub async fn tell(&self, told: Told) -> Result<Receipt, TellError> {
        self.queue.tell(told).await
    }

    /// Takes in alerts that others raise. The answer comes once they are durable.
    pub async fn receive(&self, received: Received) -> Result<(), TellError> {
        self.queue.receive(received).await
    }

    /// Takes in what the pager that is still in charge did. The answer comes once it is durable.
    pub async fn compare(&self, said: IncumbentSaid) -> Result<(), TellError> {
        self.queue.compare(said).await
    }

    /// Puts down who got in, or may. The answer comes once it is durable.
    pub async fn record(&self, access: Access) -> Result<(), TellError> {
        self.queue.record(access).await
    }

    /// Takes in what a provider says of a notice that it took. The answer comes once it is durable.
    pub async fn report(&self, reported: Reported) -> Result<(), TellError> {
        self.queue.report(reported).await
    }

    /// The state as of the last durable record.
    pub fn view(&self) -> Arc<State> {
        self.view.borrow().clone()
    }

    /// Wakes with every new view.
    pub fn subscribe(&self) -> View {
        self.view.clone()
    }

    /// Wakes when other definitions come into force, or a platform says otherwise.
    pub fn plans(&self) -> View {
        self.plans.clone()
    }

    /// Since when nothing can be acknowledged for want of room on the disk.
    pub fn full_since(&self) -> Option<Timestamp> {
        *self.full.borrow()
    }

    /// What is wrong between Andon's time and this machine's clock, in words.
    pub fn clock_trouble(&self) -> Option<String> {
        self.clock.trouble()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The samples of the last hour.
    pub fn store(&self) -> &SharedStore {
        &self.store
    }

    /// Takes in what others send by remote write.
    pub fn receiver(&self) -> Receiver {
        Receiver::new(self.store.clone(), Arc::clone(&self.clock), RandomState::new().hash_one(0))
    }

    /// The store that keeps the samples, if they are not kept here.
    pub fn elsewhere(&self) -> Option<Arc<Elsewhere>> {
        self.asking.store()
    }

    /// What each target did the last time it was asked.
    pub fn sources(&self) -> BTreeMap<Name, Source> {
        self.sources.list()
    }

    /// Each job of a prometheus.yml: what of its targets is not scraped, and why.
    pub fn pools(&self) -> BTreeMap<Name, Pool> {
        self.sources.pools()
    }

    /// What came of each rule when it was last evaluated, by its full name.
    pub fn evaluations(&self) -> BTreeMap<Name, Evaluated> {
        self.evaluations.list()
    }

    /// How each receiver of remote write stands, by name.
    pub fn outgoing(&self) -> BTreeMap<String, Outgoing> {
        self.standings.list()
    }

    /// What is told through web channels, as it is told.
    pub fn page(&self) -> broadcast::Receiver<Delivery> {
        self.desk.page()
    }

    /// The value behind `secret:env/NAME` or `secret:file/PATH`; any other text is itself. An error names the place.
    pub fn secret(&self, text: &str) -> Result<String, String> {
        self.desk.secret(text)
    }

    /// What is at an https address: little, soon, and never by way of another address.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        self.desk.fetch(url).await
    }

    /// Says this JSON at an https address; what is answered is of no interest.
    pub async fn post(&self, url: &str, body: String) -> Result<(), String> {
        self.desk.post(url, body).await
    }

    /// A connection to the journal of one's own. It blocks: open and use it where blocking is allowed.
    pub fn history(&self) -> Result<Reader, JournalError> {
        Reader::open(&journal_path(&self.data))
    }

    /// Copies the samples as they are now: the name of the copy, below `snapshots` of the data directory. With
    /// `skip_head` only what is in blocks already. Blocking.
    pub fn snapshot(&self, skip_head: bool) -> std::io::Result<String> {
        let copied = if skip_head { Copied::Blocks } else { Copied::Everything };
        let name: String = self.now().to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
        keeper::snapshot(&self.store, &self.data, &name, copied)?;
        Ok(name)
    }

    /// Users, sign-ins and tokens.
    pub fn accounts(&self) -> &Arc<Book> {
        &self.accounts
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The directory of the definitions in force.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where it is to listen: what was asked for when it was started, else what the definitions say.
    pub fn listen(&self, asked: Option<&str>) -> Result<SocketAddr, String> {
        let view = self.view();
        let text = asked.unwrap_or(&view.catalog().instance.listen);
        text.parse().map_err(|_| {
            format!("cannot listen on {text}: write an address and a port, such as 127.0.0.1:7070")
        })
    }
}

impl Running {
    /// When the loop can turn no more. The process must end then: nothing is acknowledged any longer.
    pub async fn ended(&mut self) -> Ended {
        match self.ended.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or(Ended::Stopped),
            Err(_) => Ended::Failed("the loop broke down".to_owned()),
        }
    }

    /// Takes in what waits and makes it durable; then what is supervised is stopped, or goes on until the next start
    /// adopts it. In this order, so that a shutdown is not seen as an outage. What the hands were doing is owed to
    /// the next start, which looks whether it happened.
    pub async fn stop(mut self, stop_instances: bool) -> Ended {
        self.queue.stop().await;
        let ended = self.ended().await;
        // An error means that the hands are gone already.
        let _ = self.orders.send(Errand::Leave { stop_instances });
        if let Err(error) = self.hands.await {
            tracing::error!(%error, "the hands were not told to leave");
        }
        let closed = tokio::task::spawn_blocking(move || self.store.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "the metrics were not closed in order");
        }
        ended
    }
}

pub(crate) fn journal_path(data: &Path) -> PathBuf {
    data.join("journal.db")
}
