//! A whole Andon on loopback: definitions on disk, a target, a receiver, hands that do nothing.

use andon_cycle::State;
use std::time::{Duration, Instant};

use andon_monitor::Phase;
use andon_vocabulary::{Delivery, Timestamp};

use super::*;
use crate::loopback::{Manner, server};

struct Shop {
    directory: tempfile::TempDir,
    target: String,
    /// What the target exposes.
    exposes: watch::Sender<String>,
    scraped: mpsc::UnboundedReceiver<String>,
    paged: mpsc::UnboundedReceiver<String>,
}

const GOOD: &str = "db_pool_in_use 10\n";
const BAD: &str = "db_pool_in_use 99\n";

const RULES: &str = "
groups:
  - name: checkout
    rules:
      - alert: DbPoolExhausted
        expr: max by (service) (db_pool_in_use) > 90
        labels: { severity: critical }
";

impl Shop {
    async fn open() -> Shop {
        let (exposes, exposed) = watch::channel(GOOD.to_owned());
        let (target, scraped) = server(Manner::Changing(exposed)).await;
        let (receiver, paged) = server(Manner::Say(202, "text/plain", String::new())).await;
        let shop = Shop { directory: tempfile::tempdir().unwrap(), target, exposes, scraped, paged };
        shop.write("shop.yaml", &shop.definitions(&receiver));
        shop.write("rules.yaml", RULES);
        shop
    }

    fn definitions(&self, receiver: &str) -> String {
        format!(
            "
apiVersion: andon/v1
kind: Instance
metadata: {{ name: shop }}
spec: {{ default_team: team:payments, channels: {{ chat: {{ webhook: {{ url: 'http://{receiver}/page' }} }} }} }}
---
apiVersion: andon/v1
kind: Team
metadata: {{ name: payments }}
spec:
  people: {{ ana: {{ timezone: Europe/Madrid, contact: [ {{ channel: chat }} ] }} }}
  oncall: {{ primary: {{ people: [ana], every: 1w, handover: {{ day: mon, at: '09:00', timezone: Europe/Madrid }} }} }}
  escalation: [ {{ page: 'oncall:primary' }} ]
---
apiVersion: andon/v1
kind: Service
metadata: {{ name: checkout }}
spec:
  owner: team:payments
  tier: 1
  scrape: {{ every: 100ms, timeout: 100ms, targets: ['{target}'] }}
",
            target = self.target
        )
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.directory.path().join(file), text).unwrap();
    }

    fn start(&self) -> Result<(Live, Running), StartError> {
        start(Options {
            directory: self.directory.path().to_owned(),
            data: None,
            hands: ("/bin/sh".into(), vec!["-c".to_owned(), "cat > /dev/null".to_owned()]),
            version: "test".to_owned(),
            address: None,
        })
    }

    async fn page(&mut self) -> Delivery {
        let request = self.paged.recv().await.unwrap();
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

async fn until(live: &Live, what: &str, holds: impl Fn(&State) -> bool) {
    let mut view = live.subscribe();
    let seen = tokio::time::timeout(Duration::from_secs(8), view.wait_for(|state| holds(state))).await;
    if seen.is_err() {
        panic!("{what} did not come: {:?}", live.view().monitor);
    }
}

fn is(state: &State, phase: impl Fn(&Phase) -> bool) -> bool {
    state.monitor.alerts.values().any(|alert| phase(&alert.phase))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_sample_reaches_a_person_in_milliseconds_and_a_restart_resolves_nothing() {
    let mut shop = Shop::open().await;
    let (live, running) = shop.start().unwrap();
    shop.scraped.recv().await.unwrap();
    shop.exposes.send_replace(BAD.to_owned());
    while shop.scraped.try_recv().is_ok() {}
    shop.scraped.recv().await.unwrap();
    let began = Instant::now();
    let page = shop.page().await;
    let took = began.elapsed();
    assert_eq!(&*page.person, "ana");
    assert!(took < Duration::from_millis(500), "from scrape to page: {took:?}");
    until(&live, "the receipt", |state| state.owed(Timestamp::MAX).is_empty()).await;
    assert_eq!(running.stop(true).await, Ended::Stopped);

    // It starts again while the target hangs: that resolves nothing and pages nobody anew with the same key.
    shop.exposes.send_replace(String::new());
    let (live, running) = shop.start().unwrap();
    assert!(is(&live.view(), |phase| matches!(phase, Phase::Firing { .. })));
    until(&live, "the loss", |state| is(state, |phase| matches!(phase, Phase::Lost { .. }))).await;
    while let Ok(request) = shop.paged.try_recv() {
        assert!(!request.contains(&page.key), "{request}");
    }
    let silent = &live.sources()[&*format!("checkout/{}", shop.target)];
    assert_eq!(silent.error.as_deref(), Some("no answer in time"));
    shop.exposes.send_replace(GOOD.to_owned());
    until(&live, "the end", |state| state.monitor.alerts.is_empty()).await;
    running.stop(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_definitions_change_nothing_until_they_are_mended() {
    let shop = Shop::open().await;
    let (live, running) = shop.start().unwrap();
    let before = live.view().catalog().hash.clone();
    shop.write("rules.yaml", "groups: [ { name: x, rules: [ { alert: A, expr: 'sum(' } ] } ]\n");
    until(&live, "the finding", |state| !state.instance.broken.is_empty()).await;
    assert_eq!(live.view().catalog().hash, before);
    shop.write("rules.yaml", &RULES.replace("90", "95"));
    until(&live, "the new catalog", |state| state.catalog().hash != before).await;
    assert!(live.view().instance.broken.is_empty());
    running.stop(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_start_says_why() {
    let shop = Shop::open().await;
    let (_live, running) = shop.start().unwrap();
    let second = shop.start().unwrap_err().to_string();
    assert!(second.contains("is in use by"), "{second}");
    running.stop(true).await;

    let broken = Shop::open().await;
    broken.write("rules.yaml", "groups: 7\n");
    assert!(
        matches!(broken.start().unwrap_err(), StartError::Broken { findings, .. } if !findings.is_empty())
    );
    let nowhere = start(Options {
        directory: broken.directory.path().join("nowhere"),
        data: None,
        hands: ("/bin/true".into(), Vec::new()),
        version: "test".to_owned(),
        address: None,
    });
    assert!(matches!(nowhere.unwrap_err(), StartError::Directory(_)));
}
