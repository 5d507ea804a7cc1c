//! The workload: shops that break, that say so in their metrics, and that can be mended by one request. They count how
//! often they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::dice::Dice;
use crate::real::http::{Listener, Request, Response};

pub const SHOPS: usize = 9;

/// How long a shop thinks at most before it mends itself, and again before it says that it did: what is killed
/// meanwhile does not know whether it happened.
const THINKS: Duration = Duration::from_millis(60);

/// What may follow when nobody knows whether a shop was mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    AfterLookup,
    AskPerson,
    WithKey,
}

pub fn repeat_of(shop: usize) -> Repeat {
    [Repeat::AfterLookup, Repeat::AskPerson, Repeat::WithKey][shop % 3]
}

#[derive(Clone, Default)]
pub struct Shop {
    pub broken: bool,
    pub outages: u32,
    /// What each run asked for: under which keys, and how often.
    pub mended: BTreeMap<String, Mended>,
}

#[derive(Clone, Default)]
pub struct Mended {
    pub keys: BTreeSet<String>,
    pub requests: u32,
}

pub struct Shops {
    listener: Listener,
    shops: Arc<Mutex<Vec<Shop>>>,
}

impl Shops {
    pub fn open(dice: Arc<Dice>) -> Shops {
        let shops = Arc::new(Mutex::new(vec![Shop::default(); SHOPS]));
        let served = Arc::clone(&shops);
        Shops { listener: Listener::serve(move |request| answer(&served, &request, &dice)), shops }
    }

    pub fn lock(&self) -> MutexGuard<'_, Vec<Shop>> {
        self.shops.lock().expect("nobody panics")
    }

    /// Whether a run of this shop's runbook has mended it, as a person would find out who went and looked.
    pub fn was_mended(&self, shop: usize, run: &str) -> bool {
        self.lock()[shop].mended.contains_key(run)
    }

    pub fn definitions(&self) -> Vec<(&'static str, String)> {
        let at = self.listener.address;
        let mut text = String::new();
        for shop in 0..SHOPS {
            let repeat = match repeat_of(shop) {
                Repeat::AfterLookup => format!(
                    "after_lookup\n      lookup: {{ http: {{ url: 'http://{at}/{shop}/mend?${{{{ run.id }}}}', timeout: 1s }} }}"
                ),
                Repeat::AskPerson => "ask_person".to_owned(),
                Repeat::WithKey => "with_key".to_owned(),
            };
            text.push_str(&format!(
                "---
apiVersion: andon/v1
kind: Service
metadata: {{ name: shop-{shop} }}
spec: {{ owner: team:shop, tier: 1, scrape: {{ path: /{shop}/metrics, every: 100ms, targets: ['{at}'] }} }}
---
apiVersion: andon/v1
kind: Runbook
metadata: {{ name: mend-{shop} }}
spec:
  doc: Ask the shop to mend itself.
  owner: team:shop
  on: {{ alert: {{ match: {{ alertname: ShopBroken, service: shop-{shop} }} }} }}
  trust: {{ start: auto, ceiling: auto }}
  steps:
    - id: mend
      uses: http
      with: {{ method: POST, url: 'http://{at}/{shop}/mend?${{{{ run.id }}}}', timeout: 1s }}
      repeat: {repeat}
      verify: {{ query: 'max(shop_broken{{service=\"shop-{shop}\"}})', below: 1, within: 2m, no_data: wait }}
      irreversible: what is mended stays so
"
            ));
        }
        let rules = "groups: [ { name: shops, rules: [ { alert: ShopBroken, expr: shop_broken > 0, \
                     labels: { severity: critical }, annotations: { summary: a shop is broken } } ] } ]\n";
        vec![("shops.yaml", text), ("rules.yaml", rules.to_owned())]
    }
}

fn answer(shops: &Mutex<Vec<Shop>>, request: &Request, dice: &Dice) -> Response {
    let (path, run) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut parts = path.trim_matches('/').split('/');
    let shop: usize = parts.next().and_then(|number| number.parse().ok()).expect("only shops are asked");
    let locked = || shops.lock().expect("nobody panics");
    match (request.method.as_str(), parts.next()) {
        ("GET", Some("metrics")) => {
            let text = format!("# TYPE shop_broken gauge\nshop_broken {}\n", u8::from(locked()[shop].broken));
            Response::new(200, text)
        }
        ("GET", Some("mend")) => {
            let status = if locked()[shop].mended.contains_key(run) { 200 } else { 404 };
            Response::new(status, "")
        }
        ("POST", Some("mend")) => {
            std::thread::sleep(dice.up_to(THINKS));
            let key = request.headers.get("idempotency-key").cloned().unwrap_or_default();
            {
                let mut shops = locked();
                let shop = &mut shops[shop];
                let mended = shop.mended.entry(run.to_owned()).or_default();
                mended.requests += 1;
                // Known by its key, it changes nothing any more: in the meantime the shop may have broken anew.
                if mended.keys.insert(key) {
                    shop.broken = false;
                }
            }
            std::thread::sleep(dice.up_to(THINKS));
            Response::new(200, "mended")
        }
        _ => Response::new(404, ""),
    }
}
