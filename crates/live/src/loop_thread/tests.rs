//! The loop against journals that fail, files that halt, and senders that ask twice.

use andon_journal::{Fault, Journal, MemoryJournal};
use andon_vocabulary::{
    CatalogTexts, IntentId, Labels, Received, ReceivedAlert, Silence, SilenceId, Started,
};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::*;
use crate::accounts::Book;
use crate::deliver::Desk;
use crate::notify::Notifier;
use crate::queue::{TellError, queue};
use crate::store::Store;
use crate::views::{View, Views};

const DEFINITIONS: &str = "
apiVersion: andon/v1
kind: Instance
metadata: { name: shop }
spec: { default_team: payments }
---
apiVersion: andon/v1
kind: Team
metadata: { name: payments }
spec:
  people: { ana: { timezone: Europe/Madrid, contact: [ { channel: web } ] } }
  oncall: { primary: { people: [ana] } }
  escalation: [ { page: 'oncall:primary' } ]
---
apiVersion: andon/v1
kind: Service
metadata: { name: checkout }
spec: { owner: team:payments, tier: 1 }
";

struct Bench {
    turning: LoopThread<MemoryJournal>,
    queue: crate::queue::Queue,
    view: View,
    full: watch::Receiver<Option<Timestamp>>,
    data: tempfile::TempDir,
}

fn catalog() -> Input {
    let files = [("shop.yaml".to_owned(), DEFINITIONS.to_owned())];
    let hash = "test".to_owned();
    Input::Catalog(CatalogTexts { hash, files: files.into() })
}

fn bench() -> Bench {
    let mut journal = MemoryJournal::new();
    let term = journal.acquire("test").unwrap();
    let data = tempfile::tempdir().unwrap();
    let (queue, messages) = queue();
    let (orders, _) = mpsc::unbounded_channel();
    let (views, view, _) = Views::of(&State::default());
    let (full, is_full) = watch::channel(None);
    let halt = Halt::within(data.path());
    let desk = Arc::new(Desk::new(data.path().to_owned()));
    let accounts = Arc::new(Book::open(data.path()).unwrap());
    let notifier = Arc::new(Notifier::new(data.path().to_owned()));
    let dispatch =
        Dispatch::new(desk, accounts, notifier, orders, halt.clone(), queue.clone(), Handle::current());
    let parts = Parts {
        journal,
        term,
        seq: Seq::START,
        clock: Arc::new(Clock::starting_at(Timestamp::EPOCH)),
        store: SharedStore::new(Store::default()),
        sources: Arc::default(),
        evaluations: Arc::default(),
        asking: Arc::new(Asking::new(Handle::current(), data.path())),
        halt,
        dispatch,
        messages,
        views,
        full,
    };
    let mut turning = LoopThread::new(State::default(), parts);
    let started = Started { term: term.0, version: "test".to_owned(), moved: false, address: None };
    turning.begin(vec![Input::Started(started), catalog()]).unwrap();
    Bench { turning, queue, view, full: is_full, data }
}

fn told(key: &str, command: Command) -> Told {
    Told { who: Who::new("ana", Via::Cli), key: key.to_owned(), command }
}

fn declare() -> Command {
    Command::Declare { service: "checkout".into(), title: "nobody can pay".to_owned() }
}

type Said = Result<andon_vocabulary::Receipt, TellError>;

fn ask(bench: &mut Bench, told: Told) -> (Result<(), String>, oneshot::Receiver<Said>) {
    let (answer, answered) = oneshot::channel();
    (bench.turning.round(vec![Message::Told(told, answer)]), answered)
}

#[tokio::test]
async fn an_answer_follows_durability_and_the_same_key_the_same_answer() {
    let mut bench = bench();
    let before = bench.turning.parts.journal.head().seq;
    let (done, mut answered) = ask(&mut bench, told("k1", declare()));
    done.unwrap();
    let receipt = answered.try_recv().unwrap().unwrap();
    assert!(receipt.incident.is_some(), "{receipt:?}");
    let after = bench.turning.parts.journal.head().seq;
    assert_eq!(after, before.next());
    let (_, mut again) = ask(&mut bench, told("k1", declare()));
    assert_eq!(again.try_recv().unwrap().unwrap(), receipt);
    assert_eq!(bench.turning.parts.journal.head().seq, after);
    let replayed = crate::replay(&bench.turning.parts.journal).unwrap();
    assert_eq!(replayed.respond, bench.view.borrow().respond);
}

fn received(ends_at: i64) -> Input {
    let alert = ReceivedAlert {
        labels: Labels::new([("alertname", "Down")]),
        annotations: Labels::default(),
        starts_at: Timestamp::EPOCH,
        ends_at: Timestamp::from_ms(ends_at),
        open_ended: false,
        generator: "".into(),
    };
    Input::Received(Received {
        source: "alertmanager".into(),
        alerts: vec![alert],
        heard: Vec::new(),
        payload: None,
        by: None,
    })
}

fn bring(bench: &mut Bench, input: Input) -> (Result<(), String>, oneshot::Receiver<Said>) {
    let Input::Received(received) = input else { unreachable!() };
    let (answer, answered) = oneshot::channel();
    (bench.turning.round(vec![Message::Received(received, answer)]), answered)
}

#[tokio::test]
async fn alerts_are_answered_once_durable_and_repeated_ones_are_kept_short() {
    let mut bench = bench();
    let (done, mut answered) = bring(&mut bench, received(4_000_000_600_000));
    done.unwrap();
    answered.try_recv().unwrap().unwrap();
    assert_eq!(bench.view.borrow().monitor.alerts.len(), 1);
    // The very same again: nothing is written, and it is answered all the same.
    let before = bench.turning.parts.journal.head().seq;
    let (_, mut answered) = bring(&mut bench, received(4_000_000_600_000));
    answered.try_recv().unwrap().unwrap();
    assert_eq!(bench.turning.parts.journal.head().seq, before);
    // With another end only that is written.
    bring(&mut bench, received(4_000_000_700_000)).0.unwrap();
    let written = bench.turning.parts.journal.read(before.next(), 1).unwrap();
    let record = andon_vocabulary::Record::decode(&written[0].body).unwrap();
    let Input::Received(kept) = record.input else { panic!("{record:?}") };
    assert_eq!((kept.alerts.len(), kept.heard.len()), (0, 1));
    // What a full disk refuses is said again by its sender, and not held.
    bench.turning.parts.journal.fail_next(Fault::Full);
    let (_, mut refused) = bring(&mut bench, received(0));
    assert!(matches!(refused.try_recv().unwrap(), Err(TellError::Unavailable(_))));
    assert!(bench.turning.held.is_empty());
    assert_eq!(crate::replay(&bench.turning.parts.journal).unwrap().monitor, bench.view.borrow().monitor);
}

#[tokio::test]
async fn whoever_changes_a_silence_learns_which_id_holds() {
    let mut bench = bench();
    let matchers = |value: &str| {
        let list = andon_definitions::alertmanager::AlertMatcher::list(&format!("alertname={value}"));
        list.unwrap().iter().map(andon_definitions::alertmanager::AlertMatcher::plain).collect()
    };
    let mut set = |id: u128, value: &str, replaces: Option<u128>| {
        let (from, to) = (4_000_000_000_000, 4_100_000_000_000);
        let (from, to) = (Timestamp::from_ms(from), Timestamp::from_ms(to));
        let silence = Silence::new(SilenceId(id), matchers(value), from, to, "ana".to_owned(), String::new());
        let command = Command::Silence { silence: silence.into(), replaces: replaces.map(SilenceId) };
        let (_, mut answered) = ask(&mut bench, told(&format!("k{id}"), command));
        answered.try_recv().unwrap().unwrap().silence
    };
    assert_eq!(set(1, "Down", None), Some(SilenceId(1)));
    assert_eq!(set(2, "Down", Some(1)), Some(SilenceId(1)), "the same, changed");
    assert_eq!(set(3, "Up", Some(1)), Some(SilenceId(3)), "another in its place");
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_loses_nothing() {
    let mut bench = bench();
    bench.turning.parts.journal.fail_next(Fault::Full);
    let before = bench.view.borrow().clone();
    let (answer, mut answered) = oneshot::channel();
    let silent =
        SourceSeen { target: "checkout/checkout-1".into(), silent: Some("no answer in time".to_owned()) };
    let messages = vec![Message::Input(Input::Source(silent)), Message::Told(told("k1", declare()), answer)];
    bench.turning.round(messages).unwrap();
    assert!(
        matches!(answered.try_recv().unwrap(), Err(TellError::Unavailable(why)) if why.contains("no space"))
    );
    assert!(Arc::ptr_eq(&before, &bench.view.borrow()), "nothing that is not durable is shown");
    assert!(bench.full.borrow().is_some());

    // There is room again: what nobody would say a second time happens now.
    bench.turning.round(Vec::new()).unwrap();
    assert!(bench.full.borrow().is_none());
    assert!(bench.view.borrow().monitor.silent.contains_key("checkout/checkout-1"));
    let (_, mut again) = ask(&mut bench, told("k1", declare()));
    assert!(again.try_recv().unwrap().is_ok());
}

#[tokio::test]
async fn when_nobody_knows_what_is_durable_the_loop_ends_without_an_answer() {
    for fault in [Fault::AmbiguousBeforeCommit, Fault::AmbiguousAfterCommit] {
        let mut bench = bench();
        bench.turning.parts.journal.fail_next(fault);
        let (done, mut answered) = ask(&mut bench, told("k1", declare()));
        let why = done.unwrap_err();
        assert!(why.starts_with("the journal can no longer be written"), "{why}");
        drop(bench);
        assert!(answered.try_recv().is_err());
    }
}

#[tokio::test]
async fn the_halt_file_halts_and_a_release_removes_it() {
    let mut bench = bench();
    let file = bench.data.path().join("HALT");
    std::fs::write(&file, "ana: moving the database\n").unwrap();
    bench.turning.round(Vec::new()).unwrap();
    let reason = bench.view.borrow().instance.halt.clone().unwrap().reason;
    assert_eq!(reason, "ana: moving the database");
    let release = Command::Release { reason: "moved".to_owned() };
    let (_, mut answered) = ask(&mut bench, told("k1", release));
    answered.try_recv().unwrap().unwrap();
    assert!(!file.exists());
    bench.turning.round(Vec::new()).unwrap();
    assert!(bench.view.borrow().instance.halt.is_none());

    let halt = Command::Halt { reason: "something is odd".to_owned() };
    let (_, mut answered) = ask(&mut bench, told("k2", halt));
    answered.try_recv().unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), "something is odd\n");
}

#[tokio::test]
async fn the_thread_answers_and_stops_when_asked() {
    let bench = bench();
    let (end, ended) = oneshot::channel();
    std::thread::spawn(move || end.send(bench.turning.run()));
    let receipt = bench.queue.tell(told("k1", declare())).await.unwrap();
    assert!(bench.view.borrow().respond.incidents.open.contains_key(&receipt.incident.unwrap()));
    bench.queue.stop().await;
    assert_eq!(ended.await.unwrap(), Ended::Stopped);
    let late = bench.queue.tell(told("k2", declare())).await.unwrap_err();
    assert!(matches!(late, TellError::Unavailable(_)));
}

fn sent() -> Input {
    let outcome = Outcome::Delivered { receipt: "200 OK".to_owned() };
    Input::Outcome { intent: IntentId(1), attempt: 1, outcome }
}

#[tokio::test]
async fn what_was_sent_shares_its_append_with_what_comes_next_and_waits_for_nothing_else() {
    let mut bench = bench();
    bench.queue.input(sent()).await;
    let queue = bench.queue.clone();
    let next = async {
        tokio::task::yield_now().await;
        queue.input(Input::Tick).await;
    };
    let (taken, ()) = tokio::join!(bench.turning.wait(), next);
    assert!(matches!(&taken[..], [Message::Input(Input::Outcome { .. }), Message::Input(Input::Tick)]));

    bench.queue.input(sent()).await;
    let taken = tokio::time::timeout(Duration::from_secs(5), bench.turning.wait()).await;
    assert_eq!(taken.expect("nothing comes, and it is recorded all the same").len(), 1);

    bench.queue.input(Input::Tick).await;
    let (taken, _) = tokio::join!(bench.turning.wait(), async { bench.queue.input(sent()).await });
    assert_eq!(taken.len(), 1, "what is no delivery waits for nobody");
}
