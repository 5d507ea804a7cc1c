//! What is owed is handed out once, whatever happens in between.

use std::time::Duration;

use andon_identity::{Change, Grant, Role, User};
use andon_vocabulary::{Action, Name, Order, OrderResult, RunId, Timestamp, Warrant};

use super::*;
use crate::queue::queue;

fn carry(intent: u64, run: Option<RunId>) -> Owed {
    let order = Order {
        intent: IntentId(intent),
        run,
        step: "restart".into(),
        action: Action::Restart { service: "checkout".into(), instances: Vec::new() },
        key: "k".to_owned(),
        not_after: Timestamp::MAX,
        timeout: Duration::from_secs(1),
        warrant: Warrant::Commanded { by: Name::from("ana") },
    };
    Owed { intent: IntentId(intent), attempt: 0, effect: Effect::Carry(Box::new(order)) }
}

fn dispatch(data: &std::path::Path) -> (Dispatch, mpsc::UnboundedReceiver<Errand>) {
    let (hands, orders) = mpsc::unbounded_channel();
    let desk = Arc::new(Desk::new(data.to_owned()));
    let notifier = Arc::new(Notifier::new(data.to_owned()));
    let accounts = Arc::new(Book::open(data).unwrap());
    (Dispatch::new(desk, accounts, notifier, hands, Halt::within(data), queue().0, Handle::current()), orders)
}

#[tokio::test]
async fn a_release_after_a_halt_sends_nothing_twice() {
    let data = tempfile::tempdir().unwrap();
    let (mut dispatch, mut orders) = dispatch(data.path());
    let state = State::default();
    dispatch.hand_out(vec![carry(1, None)], &state);
    assert!(orders.try_recv().is_ok());
    // While it is halted the state shows nothing as owed; the hands are still at it.
    dispatch.hand_out(Vec::new(), &state);
    dispatch.hand_out(vec![carry(1, None)], &state);
    assert!(orders.try_recv().is_err());
    let done = OrderResult::Done { detail: String::new() };
    dispatch.heard(IntentId(1), 0, &Outcome::Carried(done));
    dispatch.hand_out(Vec::new(), &state);
    assert!(dispatch.handed_out.is_empty(), "what is settled is forgotten");
}

#[tokio::test]
async fn the_halt_file_stops_automation_at_the_last_moment_but_no_person() {
    let data = tempfile::tempdir().unwrap();
    let (mut dispatch, mut orders) = dispatch(data.path());
    dispatch.halt.put("stop").unwrap();
    let owed = || vec![carry(1, Some(RunId(1))), carry(2, None)];
    dispatch.hand_out(owed(), &State::default());
    let Ok(Errand::Carry { order, .. }) = orders.try_recv() else { panic!("an order was expected") };
    assert_eq!(order.intent, IntentId(2));
    assert!(orders.try_recv().is_err());
    dispatch.halt.lift().unwrap();
    dispatch.hand_out(owed(), &State::default());
    assert!(orders.try_recv().is_ok(), "it is owed as soon as the file is gone");
}

#[tokio::test]
async fn an_answer_is_asked_of_whoever_has_an_account_where_people_sign_in() {
    let data = tempfile::tempdir().unwrap();
    let (dispatch, _orders) = dispatch(data.path());
    let open = Instance::default();
    let asks =
        Instance { identity: Some(andon_definitions::instance::Identity::default()), ..Instance::default() };
    assert!(dispatch.can_answer("ana", &open) && !dispatch.can_answer("ana", &asks));
    let now = Timestamp::from_ms(0);
    let made = |change| dispatch.accounts.change(change, now).unwrap();
    let user = |handle: &str, grants| User::new(handle.into(), grants, now);
    made(Change::Add { user: user("root", vec![Grant::of_everything(Role::Admin)]) });
    made(Change::Add { user: user("ana", Vec::new()) });
    assert!(dispatch.can_answer("ana", &asks));
    made(Change::Disable { handle: "ana".into() });
    assert!(!dispatch.can_answer("ana", &asks));
}

#[tokio::test]
async fn one_channel_that_hangs_holds_up_no_other() {
    let (mut lanes, key) = (Lanes::default(), |intent| (IntentId(intent), 1, Kind::Deliver));
    let (chat, sms) = (Name::from("chat"), Name::from("sms"));
    let mut hanging = Vec::new();
    for intent in 0..lanes::AT_ONCE as u64 {
        hanging.push(lanes.queue(&chat, key(intent)).turn().await.expect("it is owed"));
    }
    let one_too_many = tokio::spawn(lanes.queue(&chat, key(1000)).turn());
    assert!(lanes.queue(&sms, key(1001)).turn().await.is_some(), "another channel is free");
    tokio::task::yield_now().await;
    assert!(!one_too_many.is_finished());
    hanging.pop();
    assert!(one_too_many.await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_no_longer_owed_when_its_turn_comes_does_not_leave() {
    let (mut lanes, chat) = (Lanes::default(), Name::from("chat"));
    let key = |intent| (IntentId(intent), 1, Kind::Deliver);
    let (silenced, stays) = (lanes.queue(&chat, key(1)), lanes.queue(&chat, key(2)));
    assert_eq!(lanes.withdraw(&BTreeSet::from([key(2)])), [key(1)]);
    assert!(silenced.turn().await.is_none());
    // Owed again before the first look: it leaves once.
    lanes.withdraw(&BTreeSet::new());
    let again = lanes.queue(&chat, key(2));
    assert!(stays.turn().await.is_some() ^ again.turn().await.is_some());
    assert_eq!(lanes.withdraw(&BTreeSet::new()), [], "what has left is not withdrawn");
}
