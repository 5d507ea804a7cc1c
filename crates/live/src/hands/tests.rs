//! Hands made of a few lines of shell: they answer, they die, they are told to leave.

use andon_vocabulary::{Action, Name, Order, Timestamp, Warrant};

use super::*;

const DONE: &str =
    r#"{"outcome":{"intent":"INT-1","attempt":0,"outcome":{"carried":{"done":{"detail":"it is done"}}}}}"#;

fn shell(script: String) -> Program {
    Program { path: "/bin/sh".into(), args: vec!["-c".to_owned(), script], directory: "/".into() }
}

fn order(intent: u64) -> Order {
    Order {
        intent: IntentId(intent),
        run: None,
        step: "restart".into(),
        action: Action::Restart { service: "checkout".into(), instances: Vec::new() },
        key: "k".to_owned(),
        not_after: Timestamp::MAX,
        timeout: Duration::from_secs(1),
        warrant: Warrant::Commanded { by: Name::from("ana") },
    }
}

fn carry(intent: u64) -> Errand {
    Errand::Carry { intent: IntentId(intent), attempt: 0, order: Box::new(order(intent)) }
}

fn hello() -> Hello {
    Hello {
        data_dir: "/nowhere".to_owned(),
        instance_id: "shop".to_owned(),
        services: Vec::new(),
        secrets: Vec::new(),
    }
}

struct Talk {
    orders: mpsc::UnboundedSender<Errand>,
    heard: mpsc::Receiver<FromHands>,
    hello: watch::Sender<Hello>,
    task: tokio::task::JoinHandle<()>,
}

fn talk(script: String) -> Talk {
    let (orders, ordered) = mpsc::unbounded_channel();
    let (say, heard) = mpsc::channel(8);
    let (greet, greeted) = watch::channel(hello());
    let task = tokio::spawn(run(shell(script), greeted, ordered, say));
    Talk { orders, heard, hello: greet, task }
}

#[tokio::test]
async fn an_order_is_answered_and_a_changed_hello_is_said_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("heard");
    let mut talk = talk(format!(
        "while read line; do echo \"$line\" >> {}; case $line in *carry*) echo '{DONE}';; esac; done",
        log.display()
    ));
    talk.orders.send(carry(1)).unwrap();
    let FromHands::Outcome { outcome, .. } = talk.heard.recv().await.unwrap() else {
        panic!("an outcome was expected");
    };
    let detail = "it is done".to_owned();
    assert_eq!(outcome, Outcome::Carried(OrderResult::Done { detail }));
    let other = Hello { instance_id: "other".to_owned(), ..hello() };
    talk.hello.send(other).unwrap();
    while std::fs::read_to_string(&log).unwrap().lines().count() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    talk.orders.send(Errand::Leave { stop_instances: true }).unwrap();
    talk.task.await.unwrap();
    let lines: Vec<ToHands> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0], ToHands::Hello(hello()));
    assert_eq!(lines[2], ToHands::Shutdown { stop_instances: false });
    assert!(matches!(&lines[3], ToHands::Hello(hello) if hello.instance_id == "other"));
    assert_eq!(lines[4], ToHands::Shutdown { stop_instances: true });
}

#[tokio::test]
async fn hands_that_die_leave_what_was_asked_unknown_and_are_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let died = dir.path().join("died");
    // The first ones die when they are asked; the second ones do it.
    let mut talk = talk(format!(
        "read hello; if [ -e {0} ]; then read order; echo '{DONE}'; cat; else read order; touch {0}; exit 7; fi",
        died.display()
    ));
    talk.orders.send(carry(1)).unwrap();
    let Some(FromHands::Outcome { intent, outcome, .. }) = talk.heard.recv().await else {
        panic!("an outcome was expected");
    };
    assert_eq!(intent, IntentId(1));
    assert!(
        matches!(&outcome, Outcome::Carried(OrderResult::Unknown { why }) if why.contains("died")),
        "{outcome:?}"
    );
    talk.orders.send(carry(1)).unwrap();
    let Some(FromHands::Outcome { outcome, .. }) = talk.heard.recv().await else {
        panic!("an outcome was expected");
    };
    assert!(matches!(outcome, Outcome::Carried(OrderResult::Done { .. })));
}

/// What looks for an order answers by the order's intent; its own is another.
#[tokio::test]
async fn an_answer_goes_to_whoever_asked() {
    let found = DONE.replace(
        r#"{"carried":{"done":{"detail":"it is done"}}}"#,
        r#"{"looked_up":{"happened":{"evidence":"v41"}}}"#,
    );
    let mut talk = talk(format!("read hello; read order; echo '{found}'; cat > /dev/null"));
    let look_up = Box::new(LookUp { order: order(1), http: None });
    talk.orders.send(Errand::LookUp { intent: IntentId(9), attempt: 0, look_up }).unwrap();
    let Some(FromHands::Outcome { intent, outcome, .. }) = talk.heard.recv().await else {
        panic!("an outcome was expected");
    };
    assert_eq!(intent, IntentId(9));
    assert!(matches!(outcome, Outcome::LookedUp(Answer::Happened { .. })));
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    let mut talk = talk("read hello; read order; echo 'Segmentation fault'; cat".to_owned());
    talk.orders.send(carry(3)).unwrap();
    let Some(FromHands::Outcome { outcome, .. }) = talk.heard.recv().await else {
        panic!("an outcome was expected");
    };
    assert!(
        matches!(&outcome, Outcome::Carried(OrderResult::Unknown { why }) if why.contains("Segmentation")),
        "{outcome:?}"
    );
}
