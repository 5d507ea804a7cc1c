//! Hands to talk to, and a home that knows which processes are its own.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use andon_vocabulary::{
    Action, FromHands, Hello, IntentId, LocalService, LookUp, Order, Outcome, PlatformStatus, Timestamp,
    ToHands, Warrant,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex};
use tokio::task::JoinHandle;

use crate::fake;

const PATIENCE: Duration = Duration::from_secs(30);

/// A data directory and an instance id of their own.
pub struct Home {
    dir: TempDir,
}

pub struct Hands {
    down: DuplexStream,
    up: Lines<BufReader<DuplexStream>>,
    task: JoinHandle<std::io::Result<()>>,
    latest: Option<PlatformStatus>,
}

impl Home {
    pub fn new() -> Home {
        Home { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    fn id(&self) -> String {
        self.dir.path().file_name().expect("it has a name").to_string_lossy().into_owned()
    }

    fn hello(&self, instances: u32) -> ToHands {
        let own = std::env::current_exe().expect("this test binary is a file");
        let argv = [&*own.to_string_lossy(), "--exact", "fake_workload", "--nocapture"];
        ToHands::Hello(Hello {
            data_dir: self.dir.path().to_string_lossy().into_owned(),
            instance_id: self.id(),
            services: vec![LocalService {
                name: "shop".into(),
                argv: argv.map(str::to_owned).to_vec(),
                version: "v1".into(),
                instances,
                env: BTreeMap::from([(fake::SWITCH.to_owned(), "1".to_owned())]),
                ready_path: "/healthz".to_owned(),
                grace: Duration::from_secs(5),
            }],
            secrets: Vec::new(),
        })
    }

    /// Where instances are told that the ready ones listen.
    pub fn addresses(&self) -> Vec<String> {
        let file = self.dir.path().join("platform/addresses/shop");
        std::fs::read_to_string(file).expect("it is kept").lines().map(str::to_owned).collect()
    }

    /// How many living processes carry this home's mark.
    pub fn running(&self) -> usize {
        let mark = format!("ANDON_INSTANCE={}/", self.id());
        let entries = std::fs::read_dir("/proc").expect("Linux has it");
        // A dead process that nobody has waited for has no environment any more.
        entries
            .flatten()
            .filter_map(|entry| std::fs::read(entry.path().join("environ")).ok())
            .filter(|environ| environ.split(|byte| *byte == 0).any(|word| word.starts_with(mark.as_bytes())))
            .count()
    }

    pub fn kill(&self, pid: Option<u32>) {
        let pid = pid.and_then(|pid| Pid::from_raw(pid.try_into().ok()?)).expect("it runs");
        kill_process(pid, Signal::KILL).expect("it is ours");
    }
}

impl Hands {
    pub async fn greet(home: &Home, instances: u32) -> Hands {
        let (down, input) = duplex(1 << 16);
        let (output, up) = duplex(1 << 16);
        let mut hands = Hands {
            down,
            up: BufReader::new(up).lines(),
            task: tokio::spawn(andon_hands::serve(input, output)),
            latest: None,
        };
        hands.say(&home.hello(instances)).await;
        hands.hear(|message| matches!(message, FromHands::Ready { .. }).then_some(())).await;
        hands
    }

    async fn say(&mut self, message: &ToHands) {
        let mut line = serde_json::to_vec(message).expect("messages are plain data");
        line.push(b'\n');
        self.down.write_all(&line).await.expect("the hands listen");
    }

    /// Reads on until `wanted` makes something of a message.
    async fn hear<T>(&mut self, mut wanted: impl FnMut(&FromHands) -> Option<T>) -> T {
        let hearing = async {
            loop {
                let Some(line) = self.up.next_line().await.expect("a pipe") else {
                    panic!("the hands fell silent");
                };
                let message: FromHands = serde_json::from_str(&line).expect("the protocol");
                match &message {
                    FromHands::Platform(status) => self.latest = Some(status.clone()),
                    FromHands::Ready { platform } => self.latest = platform.first().cloned(),
                    _ => {}
                }
                if let Some(found) = wanted(&message) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, hearing).await.expect("the hands say it in time")
    }

    /// The latest status, once it is as wanted.
    pub async fn status(&mut self, wanted: impl Fn(&PlatformStatus) -> bool) -> PlatformStatus {
        if let Some(latest) = self.latest.as_ref().filter(|status| wanted(status)) {
            return latest.clone();
        }
        self.hear(|message| match message {
            FromHands::Platform(status) if wanted(status) => Some(status.clone()),
            _ => None,
        })
        .await
    }

    pub async fn send(&mut self, order: &Order) {
        let order = Box::new(order.clone());
        self.say(&ToHands::Carry { attempt: 1, order }).await;
    }

    /// The next outcome; every status on the way is shown to `check`.
    pub async fn outcome_while(&mut self, check: impl Fn(&PlatformStatus)) -> Outcome {
        self.hear(|message| match message {
            FromHands::Outcome { outcome, attempt: 1, .. } => Some(outcome.clone()),
            FromHands::Platform(status) => {
                check(status);
                None
            }
            _ => None,
        })
        .await
    }

    pub async fn carry(&mut self, order: &Order) -> Outcome {
        self.send(order).await;
        self.outcome_while(|_| ()).await
    }

    pub async fn look_up(&mut self, order: &Order) -> Outcome {
        let look_up = Box::new(LookUp { order: order.clone(), http: None });
        self.say(&ToHands::LookUp { attempt: 1, look_up }).await;
        self.outcome_while(|_| ()).await
    }

    /// As if Andon were killed.
    pub async fn vanish(self) {
        let Hands { down, up, task, .. } = self;
        drop(down);
        task.await.expect("no panic").expect("an end of input is no error");
        drop(up);
    }

    pub async fn stop_all(mut self) {
        self.say(&ToHands::Shutdown { stop_instances: true }).await;
        self.task.await.expect("no panic").expect("they were asked to");
    }
}

/// An order in time, commanded by a person.
pub fn order(key: &str, action: Action) -> Order {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    Order {
        intent: IntentId(1),
        run: None,
        step: "act".into(),
        action,
        key: key.to_owned(),
        not_after: Timestamp::EPOCH + now + Duration::from_secs(10),
        timeout: Duration::from_secs(25),
        warrant: Warrant::Commanded { by: "ana".into() },
    }
}

pub fn ready(count: u32) -> impl Fn(&PlatformStatus) -> bool {
    move |status| status.ready == count && status.wanted == count
}

pub fn urls(status: &PlatformStatus) -> Vec<String> {
    status.instances.iter().map(|instance| format!("http://{}", instance.address)).collect()
}

pub fn pids(status: &PlatformStatus) -> Vec<Option<u32>> {
    status.instances.iter().map(|instance| instance.pid).collect()
}
